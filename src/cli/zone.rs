//! The machine's time zone, found as Go finds it: templates print dates in it where they name no other.

use std::fs::File;
use std::io::Read as _;

use crate::template::LocalZone;

/// Where systems keep their zone.
const SYSTEM: &str = "/etc/localtime";
/// The largest description of a zone, in bytes; real ones have a few thousand.
const MAX_BYTES: u64 = 1 << 20;

/// The zone that `$TZ` names, or whose file; else that of the system; UTC where it can't be told.
pub(super) fn local() -> LocalZone {
    let found = match std::env::var_os("TZ") {
        None => from_file("Local", SYSTEM),
        Some(named) => named.to_str().and_then(of),
    };
    found.unwrap_or_default()
}

/// The zone of a value of `$TZ`; nothing for UTC and what is unknown.
fn of(named: &str) -> Option<LocalZone> {
    match named.strip_prefix(':').unwrap_or(named) {
        "" | "UTC" => None,
        SYSTEM => from_file("Local", SYSTEM),
        path if path.starts_with('/') => from_file(path, path),
        name => LocalZone::named(name),
    }
}

fn from_file(name: &str, path: &str) -> Option<LocalZone> {
    let mut content = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut content).ok()?;
    LocalZone::from_file(name, &content)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn values_of_tz_are_read_as_go_reads_them() {
        let shown = |named: &str| of(named).map(|zone| format!("{zone:?}"));
        assert_eq!(shown("Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(shown(":America/St_Johns").as_deref(), Some("America/St_Johns"));
        for unknown in ["", ":", "UTC", "Nowhere/Land", "CET-1CEST", "europe/berlin", "../etc/passwd", "/nowhere"] {
            assert_eq!(shown(unknown), None, "{unknown}");
        }
    }
}

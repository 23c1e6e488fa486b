//! Paths as seen from another one: `../name` is the key beside it. Depends on `value` and `error`.

use crate::error::{Error, ErrorKind, Result};
use crate::value::Path;

/// A path relative to the place a rule fired at, in the spelling of folders: `.` is the place itself, `..` the mapping it stands in.
#[derive(Debug, Clone)]
pub(super) struct Relative {
    up: usize,
    keys: Vec<String>,
}

impl Relative {
    /// Reads a relative path.
    ///
    /// # Errors
    /// `Syntax` when a step is empty or `..` follows a key.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut relative = Self { up: 0, keys: Vec::new() };
        for step in text.split('/') {
            match step {
                "." => {}
                ".." if relative.keys.is_empty() => relative.up += 1,
                "" | ".." => return Err(Error::new(ErrorKind::Syntax, format!("the relative path {text:?} can't be read"))),
                key => relative.keys.push(key.to_owned()),
            }
        }
        Ok(relative)
    }

    /// The path it leads to from `place`; `None` above the root.
    pub(super) fn from(&self, place: &Path) -> Option<Path> {
        let mut path = place.clone();
        for _ in 0..self.up {
            path = path.parent()?;
        }
        Some(self.keys.iter().fold(path, |path, key| path.key(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads() {
        let place = Path::keys(["compactor", "serviceAccount", "create"]);
        for (relative, path) in [
            (".", Some("compactor.serviceAccount.create")),
            ("../name", Some("compactor.serviceAccount.name")),
            ("../../automount", Some("compactor.automount")),
            ("../../../x", Some("x")),
            ("../../../../x", None),
        ] {
            assert_eq!(Relative::parse(relative).unwrap().from(&place).map(|path| path.to_string()).as_deref(), path);
        }
        assert!(Relative::parse("a/../b").is_err());
        assert!(Relative::parse("").is_err());
    }
}

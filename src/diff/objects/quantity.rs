//! Amounts as Kubernetes writes them (`apimachinery/pkg/api/resource`): `500m` and `0.5` are one amount, and the API server keeps them as one.
//! Depends on `value` and the tree engine.

use crate::diff::tree::Change;
use crate::value::{Data, Node, Path, Step};

/// Suffixes and their power, of two or of ten.
const SUFFIXES: [(&str, Power); 15] = [
    ("Ki", Power::Two(10)),
    ("Mi", Power::Two(20)),
    ("Gi", Power::Two(30)),
    ("Ti", Power::Two(40)),
    ("Pi", Power::Two(50)),
    ("Ei", Power::Two(60)),
    ("n", Power::Ten(-9)),
    ("u", Power::Ten(-6)),
    ("m", Power::Ten(-3)),
    ("k", Power::Ten(3)),
    ("M", Power::Ten(6)),
    ("G", Power::Ten(9)),
    ("T", Power::Ten(12)),
    ("P", Power::Ten(15)),
    ("E", Power::Ten(18)),
];

#[derive(Clone, Copy)]
enum Power {
    Two(u32),
    Ten(i32),
}

/// An amount in billionths, the finest that Kubernetes knows; `None` for what is none, or too large or too fine to say exactly.
pub(super) fn billionths(node: &Node) -> Option<i128> {
    match &node.data {
        Data::Str(text) => of_text(text),
        Data::Int(number) => i128::from(*number).checked_mul(1_000_000_000),
        Data::Uint(number) => i128::from(*number).checked_mul(1_000_000_000),
        Data::Float(number) => of_text(&number.to_string()),
        _ => None,
    }
}

fn of_text(text: &str) -> Option<i128> {
    let suffix = SUFFIXES.iter().find_map(|(suffix, power)| Some((text.strip_suffix(suffix)?, *power)));
    let (number, power) = match (suffix, text.split_once(['e', 'E'])) {
        (Some(found), _) => found,
        (None, Some((number, exponent))) => (number, Power::Ten(exponent.parse().ok()?)),
        (None, None) => (text, Power::Ten(0)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (negative, whole) = whole.strip_prefix('-').map_or((false, whole.strip_prefix('+').unwrap_or(whole)), |whole| (true, whole));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (factor, tens) = match power {
        Power::Two(bits) => (1_i128 << bits, 0),
        Power::Ten(tens) => (1, tens),
    };
    let scale = tens.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let number = digits.parse::<i128>().ok()?.checked_mul(factor)?;
    let by = 10_i128.checked_pow(scale.unsigned_abs())?;
    let scaled = if scale >= 0 { number.checked_mul(by)? } else { Some(number / by).filter(|_| number % by == 0)? };
    Some(if negative { -scaled } else { scaled })
}

/// Whether a change only writes an amount otherwise: at the fields where Kubernetes has amounts, two that are equal.
pub(super) fn is_respelled(change: &Change<'_>) -> bool {
    let (Some(old), Some(new)) = (change.old, change.new) else { return false };
    is_amount(&change.path) && billionths(old.node).is_some_and(|old| billionths(new.node) == Some(old))
}

/// The fields that hold amounts: what a container or claim asks for and may have, what a volume holds.
fn is_amount(path: &Path) -> bool {
    match path.steps() {
        [.., Step::Key(resources), Step::Key(side), Step::Key(_)] if &**resources == "resources" => {
            matches!(&**side, "requests" | "limits")
        }
        [.., Step::Key(parent), Step::Key(field)] => {
            matches!((&**parent, &**field), ("capacity", "storage") | ("emptyDir", "sizeLimit"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (a, b) in [
            ("500m", "0.5"),
            ("1Gi", "1024Mi"),
            ("1", "1000m"),
            ("0.7", "700m"),
            ("1e3", "1k"),
            ("2E", "2000000000000000000"),
            ("100u", "0.1m"),
            ("-1", "-1000m"),
            ("1.5Gi", "1536Mi"),
            (".5", "500m"),
            ("1.", "1"),
        ] {
            assert_eq!(of_text(a), of_text(b), "{a} and {b}");
            assert!(of_text(a).is_some(), "{a}");
        }
        for (a, b) in [("1Gi", "1G"), ("1", "1m"), ("100M", "100Mi"), ("8Gi", "9Gi")] {
            assert_ne!(of_text(a), of_text(b), "{a} and {b}");
        }
        for none in ["", "m", "Gi", "1 Gi", "1gi", "one", "1e", "1.2.3", "0x10", "--1", "1e999999999999", "1e-40"] {
            assert_eq!(of_text(none), None, "{none}");
        }
    }
}

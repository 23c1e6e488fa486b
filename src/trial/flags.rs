//! Values as Helm's `--set` flags (`pkg/strvals` of Helm 3.17). Depends on `value`.

use serde_json::Value as Json;

use crate::value::{Node, Path, Step};

/// A flag's name and text: `--set` and `serviceAccount.create=false`. `shown` is what stands there of the value; `None` where no flag leads
/// to the path.
///
/// `--set` knows whole numbers, `true`, `false` and `null`; it takes a fraction for text, so that goes as JSON.
pub fn flag(path: &Path, shown: &Json) -> Option<(&'static str, String)> {
    if path.steps().is_empty() || path.steps().iter().any(|step| !matches!(step, Step::Key(_) | Step::Index(_))) {
        return None;
    }
    let (name, value) = match shown {
        Json::String(text) => ("--set-string", text.replace('\\', "\\\\").replace(',', "\\,")),
        Json::Array(_) | Json::Object(_) => ("--set-json", shown.to_string()),
        Json::Number(number) if !number.is_i64() => ("--set-json", shown.to_string()),
        _ => ("--set", shown.to_string()),
    };
    Some((name, format!("{path}={value}")))
}

/// The flag that sets a value.
pub(super) fn of((path, value): &(Path, Node)) -> Option<(&'static str, String)> {
    flag(path, &serde_json::to_value(value).ok()?)
}

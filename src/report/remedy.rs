//! A fix as people use it: YAML at the right nesting, and `--set` flags (Helm `pkg/strvals`). Depends on `classify`, `value` and the
//! escapes.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{redact, safe};
use crate::classify::{Fix, Form};
use crate::trial;
use crate::value::{Node, Path, Source, Step, secrets, yaml};

/// More flags than this are no easier to use than the YAML, and aren't shown next to it.
pub(crate) const FLAGS: usize = 3;

/// The values of a fix as one nested mapping; `None` when a path leads into a list, of which Helm's merge can't set a part.
pub(crate) fn nested(fix: &Fix) -> Option<Map<String, Value>> {
    let mut root = Map::new();
    for (path, node) in &fix.values {
        let mut keys = Vec::new();
        for step in path.steps() {
            let Step::Key(key) = step else { return None };
            keys.push(key.to_string());
        }
        let last = keys.pop()?;
        let mut map = &mut root;
        for key in keys {
            let entry = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
            map = entry.as_object_mut()?;
        }
        map.insert(last, redact::json(path, node));
    }
    Some(root)
}

/// What renders showed of a fix, in a sentence: that it works, the only way in which it does, or why none was found. Carries chart text.
pub(crate) fn proof(fix: &Fix) -> Option<String> {
    if !fix.verified {
        return fix.unverified.as_ref().map(|why| format!("No values are verified: {why}."));
    }
    Some(match fix.only_as {
        None => "Verified by a render.".to_owned(),
        Some(Form::File) => "Verified by a render, as a values file only: as flags the values come out otherwise.".to_owned(),
        Some(Form::Flags) => "Verified by a render, as flags only: your own flags win over a values file.".to_owned(),
    })
}

/// The lines of the same as YAML; empty when there is nothing to show, or they don't work in a values file.
pub(crate) fn yaml(fix: &Fix) -> Vec<String> {
    if fix.only_as == Some(Form::Flags) {
        return Vec::new();
    }
    let Some(values) = nested(fix).filter(|values| !values.is_empty()) else { return Vec::new() };
    yaml_text(&Value::Object(values)).lines().map(str::to_owned).collect()
}

/// A value as YAML that Helm reads back as the same. The writer knows YAML 1.2 and leaves `yes` bare, which YAML 1.1 takes for a boolean:
/// of a mapping that would be misread the keys and values are written as JSON, which is YAML, too.
pub(crate) fn yaml_text(value: &Value) -> String {
    let text = serde_yaml::to_string(value).unwrap_or_default();
    let source = Arc::new(Source { name: String::new(), text });
    let read = yaml::read(&source, &yaml::Limits::default()).ok().and_then(|node| serde_json::to_value(node).ok());
    if read.as_ref() == Some(value) {
        return source.text.clone();
    }
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| format!("{}: {value}\n", Value::from(key.as_str()))).collect(),
        value => format!("{value}\n"),
    }
}

/// A values file with the fix of a whole release: a head that says what it is, then the values. A value that looks secret is left to its
/// owner.
pub(crate) fn file(values: &[(Path, Node)], verified: bool, about: &str) -> String {
    let (hidden, shown): (Vec<_>, Vec<_>) = values.iter().cloned().partition(|(path, _)| secrets::is_secret_path(path));
    let fix = Fix { values: shown, verified, ..Fix::default() };
    let mut out = format!("# Keeps the old behaviour of {}.\n", safe::line(about));
    out.push_str(if verified {
        "# Tried: a render with these values keeps it, and nothing gets worse.\n"
    } else {
        "# Not verified: no render with all of these values was seen to keep it.\n"
    });
    for (path, _) in hidden {
        out.push_str(&format!("# Left out, for it looks secret: {}\n", safe::line(&secrets::path(&path))));
    }
    out.extend(yaml(&fix).into_iter().flat_map(|line| [line, "\n".to_owned()]));
    out
}

/// The same as Helm's flags, one for each value; empty when one of them can't be written as a flag, or they don't work as flags.
pub(crate) fn flags(fix: &Fix) -> Vec<String> {
    if fix.only_as == Some(Form::File) {
        return Vec::new();
    }
    let flags: Option<Vec<String>> = fix.values.iter().map(|(path, node)| flag(path, node)).collect();
    flags.unwrap_or_default()
}

fn flag(path: &Path, node: &Node) -> Option<String> {
    let (name, text) = trial::flag(path, &redact::json(path, node))?;
    Some(format!("{name} {}", safe::shell(&text)?))
}

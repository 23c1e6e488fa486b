//! What `chartshift pin` prints: the settings a release takes from defaults, as YAML to paste, each with what the chart says of it.
//!
//! Depends on `trial`, `value` and the escapes. Values that look secret are not shown.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{redact, remedy, safe};
use crate::trial::{Pinned, Relied};
use crate::value::Step;

/// The longest comment line, in characters.
const COMMENT_WIDTH: usize = 140;

/// The text, comments in front. `chart` is its name and version.
pub fn pinned(pinned: &Pinned, chart: &str) -> String {
    let shown: Vec<&Relied> = pinned.reliance.settings.iter().filter(|one| !pinned.unpinnable.contains(&one.path)).collect();
    let mut out = String::new();
    let count = pinned.reliance.settings.len();
    let settings = if count == 1 { "1 setting" } else { &*format!("{count} settings") };
    comment(&mut out, 0, &format!("This release takes {settings} that decide over identity and security from the defaults of {chart}."));
    if !shown.is_empty() {
        comment(&mut out, 0, "Set like this, they stay when the defaults move. Rendered with them, nothing changes today.");
        nested(&mut out, 0, &shown);
    }
    for path in &pinned.unpinnable {
        comment(&mut out, 0, &format!("Not among them, since setting it changes what is rendered: {path}"));
    }
    safe::terminal(&out)
}

/// The settings that share their first steps, below the key they share.
fn nested(out: &mut String, depth: usize, settings: &[&Relied]) {
    let mut rest = settings;
    while let Some((first, _)) = rest.split_first() {
        let Some(Step::Key(key)) = first.path.steps().get(depth) else { return };
        let shared = rest.iter().take_while(|one| one.path.steps().get(depth) == first.path.steps().get(depth)).count();
        if first.path.steps().len() == depth + 1 {
            if let Some(description) = &first.description {
                comment(out, depth, description);
            }
            let entry = Map::from_iter([(key.to_string(), redact::json(&first.path, &first.value))]);
            indented(out, depth, &yaml(&Value::Object(entry)));
        } else {
            let opened = yaml(&Value::Object(Map::from_iter([(key.to_string(), Value::Null)])));
            indented(out, depth, opened.trim_end().trim_end_matches("null").trim_end());
            nested(out, depth + 1, &rest[..shared]);
        }
        rest = &rest[shared..];
    }
}

fn yaml(value: &Value) -> String {
    remedy::yaml_text(value)
}

fn indented(out: &mut String, depth: usize, text: &str) {
    for line in text.lines() {
        // Writing to a string can't fail.
        let _ = writeln!(out, "{:width$}{line}", "", width = depth * 2);
    }
}

fn comment(out: &mut String, depth: usize, text: &str) {
    let line = safe::line(text);
    let short: String = line.chars().take(COMMENT_WIDTH).collect();
    let dots = if short.len() < line.len() { "…" } else { "" };
    let _ = writeln!(out, "{:width$}# {short}{dots}", "", width = depth * 2);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Reliance;
    use crate::value::{Node, Path, yaml};

    fn relied(path: &[&str], value: &str, description: Option<&str>) -> Relied {
        let source = yaml::source("values.yaml", value.as_bytes()).unwrap();
        let value: Node = yaml::read(&source, &yaml::Limits::default()).unwrap();
        Relied { path: Path::keys(path.iter().copied()), value, description: description.map(str::to_owned), moved: false }
    }

    #[test]
    fn settings_are_yaml_that_reads_back() {
        let settings = vec![
            relied(&["query", "serviceAccount", "create"], "true", Some("Whether an account is made\u{202e}\n- x: y")),
            relied(&["query", "serviceAccount", "name"], "\"\"", None),
            relied(&["query", "on\u{1b}[2J"], "'yes'", None),
            relied(&["rbac", "rules"], "[{apiGroups: ['']}]", None),
        ];
        let unpinnable = vec![Path::keys(["rbac", "odd"])];
        let text = pinned(&Pinned { reliance: Reliance { settings }, values: Vec::new(), unpinnable }, "thanos 12.20.4");
        insta::assert_snapshot!(text, @r##"
        # This release takes 4 settings that decide over identity and security from the defaults of thanos 12.20.4.
        # Set like this, they stay when the defaults move. Rendered with them, nothing changes today.
        query:
          serviceAccount:
            # Whether an account is made\u{202e} - x: y
            create: true
            name: ''
          "on\u001b[2J": "yes"
        rbac:
          rules:
          - apiGroups:
            - ''
        # Not among them, since setting it changes what is rendered: rbac.odd
        "##);
        let read: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(read["query"]["serviceAccount"]["create"], Value::Bool(true));
        assert_eq!(read["rbac"]["rules"][0]["apiGroups"][0], "");
    }
}

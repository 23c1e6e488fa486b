//! A fix as a change of lines in the user's values file, to be taken over with one click. Applying it commits text into their repository, so
//! it is made only of a line that is there already, of keys and a plain value, and only when the file reads the same but for that value.

use std::sync::Arc;

use crate::classify::Finding;
use crate::report::draft::Draft;
use crate::report::safe::{self, Slot};
use crate::value::{Data, Mapping, Node, Path, Source, Step, secrets, yaml};

/// A line to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The line, from 1.
    pub line: u32,
    /// What takes its place: the line with another value, indentation and comment kept.
    pub replacement: String,
    /// The remark as Markdown, with the suggestion in it.
    pub body: String,
}

/// The lines of a values file that a finding's fix changes or adds to. None when one of its settings isn't a boolean, a number or
/// a string of `A-Z a-z 0-9 . _ / : -`, or can't be changed without changing more: half of a fix is no fix.
pub fn suggestions(finding: &Finding, file: &Node) -> Vec<Suggestion> {
    let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.values.is_empty()) else { return Vec::new() };
    let edits: Option<Vec<Option<Edit>>> = fix.values.iter().map(|(path, wanted)| edit(file, path, wanted)).collect();
    let edits: Vec<Edit> = edits.unwrap_or_default().into_iter().flatten().collect();
    let shares_a_line = |edit: &Edit| edits.iter().filter(|other| other.line == edit.line).count() > 1;
    if edits.iter().any(shares_a_line) {
        return Vec::new();
    }
    let alone = edits.len() == 1;
    edits.into_iter().map(|edit| edit.suggest(finding, alone && fix.verified)).collect()
}

/// One line's change.
struct Edit {
    path: String,
    line: u32,
    replacement: String,
}

impl Edit {
    fn suggest(self, finding: &Finding, verified: bool) -> Suggestion {
        let mut draft = Draft::default();
        draft.code(&self.path).own(": ").prose(&finding.title, Slot::Inner).own(". To keep the old behaviour");
        draft.own(if verified { " (verified by a render)" } else { "" }).own(":\n\n");
        draft.out.push_str(&safe::fence("suggestion", self.replacement.split('\n').map(|line| ("", line))));
        Suggestion { line: self.line, replacement: self.replacement, body: draft.out }
    }
}

/// What to change for one setting: `Some(None)` when it is so already, `None` when it can't be done.
fn edit(file: &Node, path: &Path, wanted: &Node) -> Option<Option<Edit>> {
    if secrets::is_secret_path(path) {
        return None;
    }
    let keys: Vec<&str> =
        path.steps().iter().map(|step| if let Step::Key(key) = step { Some(&**key) } else { None }).collect::<Option<_>>()?;
    let Some(there) = file.get_path(keys.iter().copied()) else { return addition(file, path, &keys, wanted).map(Some) };
    if there.same(wanted) {
        return Some(None);
    }
    let source = &file.at.source;
    if !Arc::ptr_eq(&there.at.source, source) || matches!(there.data, Data::List(_) | Data::Map(_) | Data::Null) {
        return None;
    }
    let index = usize::try_from(there.at.line.checked_sub(1)?).ok()?;
    let line = source.text.split('\n').nth(index)?;
    let start = line.char_indices().nth(usize::try_from(there.at.column.checked_sub(1)?).ok()?)?.0;
    let token = token(&line[start..])?;
    let plain = plain(&wanted.data)?;
    let quote = token.chars().next().filter(|first| matches!(first, '"' | '\'') && matches!(wanted.data, Data::Str(_)));
    let spelled = [quote.map(String::from).unwrap_or_default(), "\"".to_owned()].map(|quote| format!("{quote}{plain}{quote}"));
    spelled.into_iter().find_map(|value| {
        let replacement = format!("{}{value}{}", &line[..start], &line[start + token.len()..]);
        let changes_only_that = is_showable(&replacement) && reads_the_same_but(file, index, &replacement, &keys, wanted);
        changes_only_that.then(|| Some(Edit { path: path.to_string(), line: there.at.line, replacement }))
    })
}

/// A setting that the file doesn't have yet: behind the line of the key that it belongs below, or behind the last line. The line itself stays.
fn addition(file: &Node, path: &Path, keys: &[&str], wanted: &Node) -> Option<Edit> {
    let lines: Vec<&str> = file.at.source.text.split('\n').collect();
    let depth = (0..keys.len()).rev().find(|depth| file.get_path(keys[..*depth].iter().copied()).is_some())?;
    let below = file.get_path(keys[..depth].iter().copied())?.as_map()?;
    let (index, indent) = if depth == 0 {
        (lines.iter().rposition(|line| !line.trim().is_empty())?, 0)
    } else {
        let key = &file.get_path(keys[..depth - 1].iter().copied())?.as_map()?.get(keys[depth - 1])?.at;
        let first = &below.values().next()?.at;
        if !Arc::ptr_eq(&key.source, &file.at.source) || first.line <= key.line {
            return None;
        }
        (usize::try_from(key.line.checked_sub(1)?).ok()?, usize::try_from(first.column.checked_sub(1)?).ok()?)
    };
    if !keys.iter().all(|key| plain(&Data::Str(Arc::from(*key))).is_some()) {
        return None;
    }
    let value = plain(&wanted.data)?;
    let quoted = if matches!(wanted.data, Data::Str(_)) { format!("\"{value}\"") } else { value };
    let mut added = vec![(*lines.get(index)?).to_owned()];
    for (level, key) in keys[depth..].iter().enumerate() {
        let last = depth + level + 1 == keys.len();
        added.push(format!("{:width$}{key}:{}", "", if last { format!(" {quoted}") } else { String::new() }, width = indent + 2 * level));
    }
    let replacement = added.join("\n");
    let fits = added.iter().all(|line| is_showable(line)) && reads_the_same_but(file, index, &replacement, keys, wanted);
    fits.then(|| Edit { path: path.to_string(), line: u32::try_from(index + 1).unwrap_or(u32::MAX), replacement })
}

/// The text of a value that may be committed with one click.
fn plain(data: &Data) -> Option<String> {
    match data {
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(value) => Some(value.to_string()),
        Data::Uint(value) => Some(value.to_string()),
        Data::Float(value) if value.is_finite() => Some(value.to_string()),
        Data::Str(text) => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | ':' | '-');
            (!text.is_empty() && text.chars().all(allowed)).then(|| text.to_string())
        }
        _ => None,
    }
}

/// The scalar that the text begins with; `None` for what isn't only a scalar on this line.
fn token(rest: &str) -> Option<&str> {
    let first = rest.chars().next()?;
    let end = match first {
        '"' | '\'' => rest[1..].find(first)? + 2,
        '&' | '*' | '!' | '|' | '>' | '#' => return None,
        _ => {
            let ends = [rest.find(" #"), rest.find([',', '}', ']'])];
            ends.into_iter().flatten().min().unwrap_or(rest.len())
        }
    };
    let token = rest[..end].trim_end();
    (!token.is_empty()).then_some(token)
}

/// Whether a line of a suggestion can be shown exactly as it is: no hidden character, nothing that a forge or a CI log takes for a command,
/// nothing that looks like a secret.
fn is_showable(line: &str) -> bool {
    let start = line.trim_start();
    let is_command = start.starts_with('/') || start.starts_with("::") || line.contains("##");
    !is_command && !line.chars().any(safe::is_hidden) && secrets::scrub(line) == line
}

/// Whether the file with the line replaced says what it said, and `wanted` at the path.
fn reads_the_same_but(file: &Node, index: usize, replacement: &str, keys: &[&str], wanted: &Node) -> bool {
    let source = &file.at.source;
    let lines: Vec<&str> = source.text.split('\n').enumerate().map(|(at, line)| if at == index { replacement } else { line }).collect();
    let changed = Arc::new(Source { name: source.name.clone(), text: lines.join("\n") });
    yaml::read(&changed, &yaml::Limits::default()).is_ok_and(|new| same_but(file, &new, keys, wanted))
}

/// Whether two documents are the same but for the value at a path, which the old one may lack.
fn same_but(old: &Node, new: &Node, keys: &[&str], wanted: &Node) -> bool {
    let Some((key, rest)) = keys.split_first() else { return new.same(wanted) };
    let (Some(old), Some(new)) = (old.as_map(), new.as_map()) else { return false };
    let others =
        |map: &Mapping| map.iter().filter(|(name, _)| ***name != **key).map(|(n, e)| (n.clone(), e.value.clone())).collect::<Vec<_>>();
    let others_are_the_same = {
        let (old, new) = (others(old), others(new));
        old.len() == new.len() && old.iter().zip(&new).all(|((a, old), (b, new))| a == b && old.same(new))
    };
    let Some(new) = new.get(*key) else { return false };
    others_are_the_same
        && match old.get(*key) {
            Some(old) => same_but(&old.value, &new.value, rest, wanted),
            None => holds_only(&new.value, rest, wanted),
        }
}

/// Whether a node is nothing but mappings of one key each that lead to a value.
fn holds_only(node: &Node, keys: &[&str], wanted: &Node) -> bool {
    match keys.split_first() {
        None => node.same(wanted),
        Some((key, rest)) => {
            node.as_map().is_some_and(|map| map.len() == 1 && map.get(*key).is_some_and(|entry| holds_only(&entry.value, rest, wanted)))
        }
    }
}

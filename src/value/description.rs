//! What a chart's comments say of a setting, in the three customs there are.
//!
//! - Bitnami's readme-generator: `## @param a.b.c [type] TEXT`, anywhere in the file;
//! - helm-docs: `# -- (type) TEXT` above the key, going on in the comment lines below it, or `# a.b.c -- TEXT` anywhere;
//! - the comment block above the key.
//!
//! Depends on the value model.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Entry, Path, Source, Step};

/// The descriptions in one values file.
#[derive(Debug, Clone, Default)]
pub struct Descriptions {
    /// By path as the file spells it, such as `compactor.args[0]`.
    params: HashMap<Arc<str>, Arc<str>>,
    /// The same for helm-docs' lines with a path.
    named: HashMap<Arc<str>, Arc<str>>,
}

impl Descriptions {
    /// Collects the lines of a file that name the setting they describe.
    pub fn new(source: &Source) -> Self {
        let mut all = Self::default();
        let dashes = memchr::memmem::Finder::new(" -- ");
        let mut lines = source.text.lines().map(comment_line).peekable();
        while let Some(line) = lines.next() {
            let Some(line) = line else { continue };
            if let Some(param) = line.strip_prefix("@param") {
                let (path, text) = split_word(param.trim_start());
                keep(&mut all.params, path, without_marker(text, '[', ']').to_owned());
            } else if let Some(at) = dashes.find(line.as_bytes()).filter(|&at| is_path(&line[..at])) {
                let (path, text) = (&line[..at], &line[at + " -- ".len()..]);
                let mut text = without_marker(text, '(', ')').to_owned();
                while let Some(Some(more)) = lines.peek().filter(|line| line.is_some_and(continues)) {
                    text.push(' ');
                    text.push_str(more);
                    lines.next();
                }
                keep(&mut all.named, path, text);
            }
        }
        all
    }

    /// What is said of the setting at `path`, whose key is `entry`, as one line. `path` is the way from the file's root.
    pub fn of(&self, path: &Path, entry: &Entry) -> Option<Arc<str>> {
        let name = spelled(path);
        let by_name = |map: &HashMap<_, Arc<str>>| name.as_deref().and_then(|name| map.get(name)).cloned();
        let comment = entry.comment.as_deref();
        by_name(&self.params)
            .or_else(|| comment.and_then(helm_docs).map(Arc::from))
            .or_else(|| by_name(&self.named))
            .or_else(|| comment.and_then(first_sentence).map(Arc::from))
    }
}

fn keep(map: &mut HashMap<Arc<str>, Arc<str>>, path: &str, text: String) {
    let text = text.trim();
    if !path.is_empty() && !text.is_empty() {
        map.insert(path.into(), text.into());
    }
}

/// What a line says when all of it is a comment.
fn comment_line(line: &str) -> Option<&str> {
    line.trim_ascii_start().strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim_ascii())
}

/// Whether a comment line goes on with what was begun above it.
fn continues(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('@') && !line.contains("-- ")
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// A path as comments spell it: no blanks in it, and a letter.
fn is_path(text: &str) -> bool {
    !text.contains(char::is_whitespace) && text.contains(char::is_alphabetic)
}

/// The text without a leading `[…]` or `(…)` that says its type or default.
fn without_marker(text: &str, open: char, close: char) -> &str {
    let text = text.trim();
    if !text.starts_with(open) {
        return text;
    }
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth -= 1;
            if depth == 0 {
                return text[at + close.len_utf8()..].trim_start();
            }
        }
    }
    text
}

/// The path as comments spell it; `None` when it steps to an item by name.
fn spelled(path: &Path) -> Option<String> {
    let mut name = String::new();
    for step in path.steps() {
        match step {
            Step::Key(key) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(key);
            }
            // Writing to a string can't fail.
            Step::Index(index) => drop(write!(name, "[{index}]")),
            Step::Item { .. } => return None,
        }
    }
    Some(name)
}

/// What stands behind the block's last `--`, up to the next `@` line or reference.
fn helm_docs(comment: &str) -> Option<String> {
    let lines: Vec<&str> = comment.lines().map(str::trim).collect();
    let start = lines.iter().rposition(|line| line.strip_prefix("--").is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))?;
    let first = without_marker(&lines[start][2..], '(', ')');
    let more = lines[start + 1..].iter().take_while(|line| !line.starts_with('@') && !is_reference(line)).copied();
    let text = std::iter::once(first).chain(more).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// `Ref: https://…`: where more is said.
fn is_reference(line: &str) -> bool {
    line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("ref:"))
}

/// The first sentence of the block's first paragraph of prose.
fn first_sentence(comment: &str) -> Option<String> {
    let lines = comment.lines().map(|line| line.trim().trim_start_matches('#').trim());
    let prose: Vec<&str> = lines.skip_while(|line| !is_prose(line)).take_while(|line| is_prose(line)).collect();
    let text = without_marker(&prose.join(" "), '[', ']').to_owned();
    let end = text.match_indices(". ").find(|&(at, _)| !text[..at].ends_with("e.g") && !text[..at].ends_with("i.e")).map(|(at, _)| at + 1);
    let sentence = &text[..end.unwrap_or(text.len())];
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

/// Whether a comment line is a sentence's, not a mark for a tool, a rule of dashes, or an example in YAML.
fn is_prose(line: &str) -> bool {
    line.contains(char::is_alphabetic) && !line.starts_with('@') && !line.starts_with("- ") && !is_yaml_key(line)
}

/// Whether a line begins as `key:` does, or `ref:`.
fn is_yaml_key(line: &str) -> bool {
    let (word, _) = split_word(line);
    let Some(key) = word.strip_suffix(':') else { return false };
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Node, yaml};

    const FILE: &str = "\
## @section Images
##
## @param image.tag [string, nullable] The image's tag
## @param image.args[0] [default: [\"a\"]] The first argument
## @skip image.debug
image:
  # the old comment
  tag: v1
  args:
    - x
  debug: false

# server.port -- (int) Where it listens,
# on all interfaces
server:
  port: 80
  # Ignored by helm-docs
  # -- (object) Limits of
  # the server
  # Ref: https://example.com
  # @default -- see values.yaml
  limits: {}
  ## Name of the class, e.g. nginx. Must exist.
  ## ref: https://example.com
  class: \"\"
  # ref: https://example.com
  silent: 1

  ### ------------
  ### A headline
  ##
  ## and more
  headed: 1
  # example:
  #   a: b
  example: {}
";

    fn described(path: &str) -> Option<Arc<str>> {
        let source = yaml::source("values.yaml", FILE.as_bytes()).unwrap();
        let root = yaml::read(&source, &yaml::Limits::default()).unwrap();
        let keys: Vec<&str> = path.split('.').collect();
        let (last, parents) = keys.split_last().unwrap();
        let parent: &Node = root.get_path(parents.iter().copied()).unwrap();
        Descriptions::new(&source).of(&Path::keys(keys.iter().copied()), &parent.as_map().unwrap()[*last])
    }

    #[test]
    fn each_custom_is_understood() {
        for (path, expected) in [
            ("image.tag", Some("The image's tag")),
            ("image", None),
            ("image.args", None),
            ("image.debug", None),
            ("server.port", Some("Where it listens, on all interfaces")),
            ("server.limits", Some("Limits of the server")),
            ("server.class", Some("Name of the class, e.g. nginx.")),
            ("server.silent", None),
            ("server.headed", Some("A headline")),
            ("server.example", None),
        ] {
            assert_eq!(described(path).as_deref(), expected, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_comment_can_be_read(text in "(#|@param|--|\\[|\\(|\\]|\\)|\\.|[a-zé:]| |\n){0,60}") {
            let source = Source { name: "values.yaml".into(), text };
            let text: Arc<str> = source.text.as_str().into();
            let value = Node { data: crate::value::Data::Null, at: span(&source), comment: None };
            let entry = Entry { at: span(&source), comment: Some(text), value };
            let described = Descriptions::new(&source).of(&Path::keys(["a"]), &entry);
            proptest::prop_assert!(described.is_none_or(|text| !text.trim().is_empty()));
        }
    }

    fn span(source: &Source) -> crate::value::Span {
        let source = Source { name: source.name.clone(), text: String::new() };
        crate::value::Span { source: Arc::new(source), line: 1, column: 1 }
    }

    #[test]
    fn a_list_item_is_found_by_its_position() {
        let source = yaml::source("values.yaml", FILE.as_bytes()).unwrap();
        let root = yaml::read(&source, &yaml::Limits::default()).unwrap();
        let entry = &root.get("image").unwrap().as_map().unwrap()["args"];
        let path = Path::keys(["image", "args"]).child(Step::Index(0));
        assert_eq!(Descriptions::new(&source).of(&path, entry).as_deref(), Some("The first argument"));
    }
}

//! The rules there are: those built in, one file each below `src/rules/<pack>/`, and a user's own. Depends on `rule` and `error`.

use std::collections::BTreeSet;

use include_dir::{Dir, include_dir};
use serde::Deserialize as _;

use super::rule::{On, Rule, RuleText};
use crate::error::{Context as _, Error, ErrorKind, Place, Result};

/// The rule packs, compiled in: a new file is a new rule.
static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/rules");

/// How many rule ids an error about an unknown one proposes.
const PROPOSED_IDS: usize = 3;

/// A set of rules, each id once, in the order of their ids.
#[derive(Debug, Default)]
pub struct Catalogue {
    rules: Vec<Rule>,
}

impl Catalogue {
    /// The rules that come with chartshift.
    ///
    /// # Errors
    /// `Syntax` when one of them is malformed; the tests load them all.
    pub fn built_in() -> Result<Self> {
        let mut catalogue = Self::default();
        for pack in PACKS.dirs() {
            let name = pack.path().to_string_lossy().into_owned();
            for file in pack.files().filter(|file| file.path().extension().is_some_and(|extension| extension == "yaml")) {
                let path = file.path().to_string_lossy().into_owned();
                let text = file.contents_utf8().ok_or_else(|| Error::new(ErrorKind::Corrupt, format!("{path} is not UTF-8")))?;
                let rule = serde_yaml::from_str(text).map_err(|error| malformed(&error, &path, text))?;
                catalogue.add(rule, &name).doing(|| format!("cannot read the rule in {path}"))?;
            }
        }
        catalogue.rules.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(catalogue)
    }

    /// The same catalogue with the rules of a user's file, whose stem names their pack. `text` is its content: one rule a document, or
    /// lists of rules; the format is that of the built-in ones. Conditions are compiled at once.
    ///
    /// # Errors
    /// `Syntax`, with the file and where possible line and column, when it can't be read or an id is taken already.
    pub fn with_file(mut self, name: &str, text: &str) -> Result<Self> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let pack = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        for rule in read_rules(text, name)? {
            let id = rule.id.clone();
            let added = self.add(rule, pack).and_then(Rule::check);
            added.doing(|| format!("cannot use the rule {id} in {name}"))?;
        }
        self.rules.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(self)
    }

    /// The rules, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether a rule looks at single rendered objects, and at nothing else.
    pub fn is_on_objects(&self, id: &str) -> bool {
        self.rules().iter().any(|rule| rule.id() == id && rule.text.on == On::Object)
    }

    /// The rules of some packs only.
    ///
    /// # Errors
    /// `NotFound` when one of them has no rules; the hint names those that have.
    pub fn only(mut self, packs: &[String]) -> Result<Self> {
        let known: BTreeSet<&str> = self.rules.iter().map(|rule| &*rule.pack).collect();
        if let Some(pack) = packs.iter().find(|pack| !known.contains(pack.as_str())) {
            let unknown = Error::new(ErrorKind::NotFound, format!("there is no rule pack {pack:?}"));
            return Err(unknown.hint(format!("there are {}", known.into_iter().collect::<Vec<_>>().join(", "))));
        }
        self.rules.retain(|rule| packs.contains(&rule.pack));
        Ok(self)
    }

    /// The rule of this id.
    ///
    /// # Errors
    /// `NotFound`; the hint names those most alike.
    pub fn rule(&self, id: &str) -> Result<&Rule> {
        self.rules.iter().find(|rule| rule.id() == id).ok_or_else(|| {
            let mut alike: Vec<&str> = self.rules.iter().map(Rule::id).collect();
            alike.sort_by_key(|known| std::cmp::Reverse(shared_words(known, id)));
            alike.truncate(PROPOSED_IDS);
            let unknown = Error::new(ErrorKind::NotFound, format!("there is no rule {id:?}"));
            unknown.hint(format!("the most alike are {}; `chartshift rules` lists all", alike.join(", ")))
        })
    }

    fn add(&mut self, text: RuleText, pack: &str) -> Result<&Rule> {
        if let Some(taken) = self.rules.iter().find(|rule| rule.id() == text.id) {
            let taken = format!("the id {} is taken by a rule of the pack {}", text.id, taken.pack);
            return Err(Error::new(ErrorKind::Syntax, taken).hint("give it another id; levels and ignores change a built-in rule"));
        }
        let at = self.rules.len();
        self.rules.push(Rule::new(text, pack)?);
        Ok(&self.rules[at])
    }
}

/// Reads rules: one a document, or lists of them.
fn read_rules(text: &str, file: &str) -> Result<Vec<RuleText>> {
    let refuse = |error: serde_yaml::Error| malformed(&error, file, text);
    let mut rules = Vec::new();
    let shapes = serde_yaml::Deserializer::from_str(text);
    for (shape, document) in shapes.zip(serde_yaml::Deserializer::from_str(text)) {
        match serde_yaml::Value::deserialize(shape).map_err(refuse)? {
            serde_yaml::Value::Null => {}
            serde_yaml::Value::Sequence(_) => rules.extend(Vec::<RuleText>::deserialize(document).map_err(refuse)?),
            _ => rules.push(RuleText::deserialize(document).map_err(refuse)?),
        }
    }
    Ok(rules)
}

/// What the reader of a file of ours says, at its place and with the line.
pub(crate) fn malformed(error: &serde_yaml::Error, file: &str, text: &str) -> Error {
    let message = error.to_string();
    let clause = message.split(" at line ").next().unwrap_or_default();
    let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
    let place =
        Place { file: file.to_owned(), line: u32::try_from(line).unwrap_or_default(), column: u32::try_from(column).unwrap_or_default() };
    let refused = Error::new(ErrorKind::Syntax, clause).at(place);
    match text.lines().nth(line.saturating_sub(1)) {
        Some(excerpt) if line > 0 => refused.excerpt(excerpt),
        _ => refused,
    }
    .context(format!("cannot read {file}"))
}

fn shared_words(known: &str, asked: &str) -> usize {
    known.split('-').filter(|word| asked.split('-').any(|other| other == *word)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "{id: own-rule, title: T, since: '1', on: value, severity: low, message: '{path}', why: w}";

    #[test]
    fn reads_documents_and_lists() {
        let text = format!("{RULE}\n---\n- {}\n- {}\n---\n", RULE.replace("own-rule", "rule-b"), RULE.replace("own-rule", "rule-a"));
        let catalogue = Catalogue::default().with_file("rules/own.yaml", &text).unwrap();
        let ids: Vec<(&str, &str)> = catalogue.rules().iter().map(|rule| (rule.id(), &*rule.pack)).collect();
        assert_eq!(ids, [("own-rule", "own"), ("rule-a", "own"), ("rule-b", "own")]);
        assert!(catalogue.only(&["other".to_owned()]).is_err());
    }

    #[test]
    fn refuses_and_says_where() {
        let cases = [
            (RULE.replace("why: w", "why: w, wy: w"), "unknown field `wy`"),
            (RULE.replace("own-rule", "Own"), "an id is words"),
            (RULE.replace("{path}", "{pth}"), "no placeholder {pth}"),
            (RULE.replace("why: w", "why: w, when: 'old =='"), "can't be read"),
            (RULE.replace("why: w", "why: w, when: 'olt == 1'"), "`olt`"),
            (RULE.replace("severity: low, ", ""), "either a `severity` or `cases`"),
            (RULE.replace("on: value", "on: template"), "in `text` which lines"),
            (RULE.replace("why: w", "why: w, text: '('"), "`text` can't be read"),
            (format!("{RULE}\n---\n{RULE}"), "is taken"),
            ("id: [".to_owned(), "own.yaml"),
        ];
        for (text, message) in cases {
            let error = Catalogue::default().with_file("own.yaml", &text).unwrap_err();
            assert!(error.report().contains(message) && error.report().contains("own.yaml"), "{message}: {}", error.report());
        }
    }

    #[test]
    fn proposes_rules() {
        let catalogue = Catalogue::default().with_file("own.yaml", RULE).unwrap();
        assert!(catalogue.rule("own-rul").unwrap_err().hints()[0].contains("own-rule"));
    }
}

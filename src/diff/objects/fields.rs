//! The changed fields of one object as they are reported: noise folded, Secrets withheld, texts looked into.
//!
//! Depends on `object`, `value` and the tree engine.

use std::collections::BTreeSet;
use std::time::Instant;

use super::embedded::{self, Inside};
use super::{Blocked, ChangeKind, FieldDiff, Missing, Noise, keys, noise, secrecy};
use crate::diff::text::TOO_LATE;
use crate::diff::tree::{Change, Side};
use crate::object::Object;
use crate::value::{Data, Node, Path, Step};

/// More fields of one object are counted only. The largest CRDs stay below it.
const MOST_FIELDS: usize = 5_000;

/// Makes the fields of one object after the other.
#[derive(Debug)]
pub(super) struct Fields {
    /// The largest text that is looked into, in bytes.
    text_bytes: usize,
    /// When to give up comparing lines.
    deadline: Instant,
    /// What was left out.
    pub(super) missing: Vec<Missing>,
}

/// A pair of objects and what of them may be kept.
struct Pair<'a> {
    old: &'a Node,
    new: &'a Node,
    is_secret: bool,
    /// Whether a Secret's manifest stands somewhere within.
    holds_secret: bool,
    shares_text: bool,
    is_config_map: bool,
    label: String,
}

impl Fields {
    /// Looks into texts of at most `text_bytes`; gives up comparing their lines at the deadline.
    pub(super) fn new(text_bytes: usize, deadline: Instant) -> Self {
        Self { text_bytes, deadline, missing: Vec::new() }
    }

    /// The fields that differ, and the noise that was folded. Noise in a field that can't be changed is none.
    pub(super) fn of(
        &mut self,
        old: &Object<'_>,
        new: &Object<'_>,
        changes: Vec<Change<'_>>,
        blocked: &[Blocked],
    ) -> (Vec<FieldDiff>, BTreeSet<Noise>) {
        if changes.is_empty() {
            return (Vec::new(), BTreeSet::new());
        }
        let pair = Pair {
            old: old.node,
            new: new.node,
            is_secret: secrecy::is_secret(&new.id),
            holds_secret: secrecy::holds_secret(old.node) || secrecy::holds_secret(new.node),
            shares_text: secrecy::shares_text_with_secret(old) || secrecy::shares_text_with_secret(new),
            is_config_map: new.id.group.is_empty() && new.id.kind == "ConfigMap",
            label: new.id.label(),
        };
        let is_blocked = |path: &Path| blocked.iter().any(|blocked| path.steps().starts_with(blocked.path.steps()));
        let (mut found, mut folded, mut untold) = (Vec::new(), BTreeSet::new(), 0_usize);
        for change in changes {
            match noise::at(&change.path).filter(|_| !is_blocked(&change.path)) {
                Some(noise) => {
                    folded.insert(noise);
                }
                None if found.len() >= MOST_FIELDS => untold += 1,
                None => self.add(&mut found, &pair, change),
            }
        }
        if untold > 0 {
            self.missing
                .push(Missing { part: pair.label, reason: format!("{untold} more fields differ than the {MOST_FIELDS} that are told") });
        }
        (found, folded)
    }

    fn add(&mut self, found: &mut Vec<FieldDiff>, pair: &Pair<'_>, change: Change<'_>) {
        if pair.withholds(&change) {
            found.push(withheld(change));
            return;
        }
        let texts = match (change.old.map(|side| &side.node.data), change.new.map(|side| &side.node.data)) {
            (Some(Data::Str(old)), Some(Data::Str(new))) if pair.may_embed(&change.path) => Some((old, new)),
            _ => None,
        };
        let Some((old, new)) = texts else {
            found.push(pair.field(change));
            return;
        };
        let name = change.path.last_key().unwrap_or_default();
        match embedded::compare(name, old, new, self.text_bytes, self.deadline) {
            Inside::Changes(inner) => found.extend(inner.into_iter().map(|inner| pair.embedded(&change, inner))),
            Inside::Lines(removed, added) => found.push(FieldDiff { lines: Some((removed, added)), ..pair.field(change) }),
            Inside::Plain => found.push(pair.field(change)),
            Inside::TooLate => {
                self.missing.push(Missing { part: format!("{}: {}", pair.label, change.path), reason: TOO_LATE.to_owned() });
                found.push(pair.field(change));
            }
        }
    }
}

impl Pair<'_> {
    fn withholds(&self, change: &Change<'_>) -> bool {
        if self.is_secret && secrecy::is_value_of_secret(&change.path) {
            return true;
        }
        let holds = |side: Option<Side<'_>>| side.is_some_and(|side| secrecy::holds_secret(side.node));
        let leads = |root| secrecy::leads_into_secret(root, &change.path);
        self.holds_secret && !self.is_secret && (holds(change.old) || holds(change.new) || leads(self.old) || leads(self.new))
    }

    /// Whether the text at a path may be a document of its own.
    fn may_embed(&self, path: &Path) -> bool {
        match path.steps() {
            [Step::Key(data), Step::Key(_)] => self.is_config_map && &**data == "data",
            [.., Step::Key(annotations), Step::Key(_)] => &**annotations == "annotations" && !self.is_secret,
            _ => false,
        }
    }

    fn field(&self, change: Change<'_>) -> FieldDiff {
        let keep =
            |side: Option<Side<'_>>| side.map(|side| if self.shares_text { secrecy::without_text(side.node) } else { side.node.clone() });
        let kind = if change.kind == ChangeKind::Reordered && keys::is_ordered(&change.path) { ChangeKind::Modified } else { change.kind };
        FieldDiff {
            kind,
            old: keep(change.old),
            new: keep(change.new),
            embedded: None,
            lines: None,
            line: line(&change),
            secret: false,
            path: change.path,
        }
    }

    fn embedded(&self, outer: &Change<'_>, inner: embedded::Change) -> FieldDiff {
        let begins = outer.new.map(|side| embedded::first_line(side.node, side.at)).filter(|_| inner.new.is_some() || inner.old.is_none());
        let line_inside = begins.flatten().zip(inner.line).map(|(first, line)| first + line - 1);
        let keep = |node: Option<Node>| node.map(|node| if self.shares_text { secrecy::without_text(&node) } else { node });
        FieldDiff {
            path: outer.path.clone(),
            kind: inner.kind,
            old: keep(inner.old),
            new: keep(inner.new),
            embedded: Some(inner.path),
            lines: None,
            line: line_inside.or_else(|| line(outer)),
            secret: false,
        }
    }
}

fn withheld(change: Change<'_>) -> FieldDiff {
    FieldDiff { line: line(&change), path: change.path, kind: change.kind, old: None, new: None, embedded: None, lines: None, secret: true }
}

/// Where the new side stands, else the old.
fn line(change: &Change<'_>) -> Option<u32> {
    change.new.or(change.old).map(|side| side.at.line)
}

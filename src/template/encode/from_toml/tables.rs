//! What a TOML document has defined so far, and what it may not define again.

use std::collections::{BTreeMap, HashSet};

use super::list_of_tables;
use crate::template::profile::Toml;
use crate::template::value::{Table, Text, Value};

/// What a key stands for.
pub(super) enum Slot {
    Leaf(Value),
    Table(BTreeMap<String, Slot>),
    /// `[[name]]`: the last one is the one that keys go into.
    Tables(Vec<BTreeMap<String, Slot>>),
}

/// The document's tables, and where in them the next key belongs.
#[derive(Default)]
pub(super) struct Tables {
    root: BTreeMap<String, Slot>,
    /// The table that keys belong to.
    pub(super) context: Vec<String>,
    /// The last part of the key whose value is being read.
    pub(super) key: String,
    /// Tables that were only named on the way to others: they may still be defined.
    implicit: HashSet<String>,
    arrays: HashSet<String>,
    /// An array may take the place of what its key stood for (before version 1.6).
    arrays_replace: bool,
}

impl Tables {
    /// No tables yet, of a document read as this version of the library does.
    pub(super) fn new(library: Toml) -> Self {
        Self { arrays_replace: library < Toml::V1_6, ..Self::default() }
    }

    /// The key that is being read, as errors show it.
    pub(super) fn current(&self) -> String {
        match (self.key.is_empty(), self.context.is_empty()) {
            (true, _) => shown(&self.context),
            (false, true) => self.key.clone(),
            (false, false) => format!("{}.{}", shown(&self.context), self.key),
        }
    }

    /// Notes whether a key of this table is an array; without a key, whether the table is.
    pub(super) fn note_array(&mut self, key: &str, is_array: bool) {
        let mut path = self.context.clone();
        if !key.is_empty() {
            path.push(key.to_owned());
        }
        let path = shown(&path);
        if is_array {
            self.arrays.insert(path);
        } else {
            self.arrays.remove(&path);
        }
    }

    /// The same of a part of a dotted key.
    ///
    /// # Errors
    /// See [`Tables::enter`].
    pub(super) fn enter_implicitly(&mut self, part: &str) -> Result<(), String> {
        let path = [&self.context[..], &[part.to_owned()]].concat();
        self.implicit.insert(shown(&path));
        self.enter(&path, false)
    }

    /// The table in braces that a key stands for; in an array one more of them.
    ///
    /// # Errors
    /// See [`Tables::enter`].
    pub(super) fn enter_inline(&mut self, key: &str, in_array: bool) -> Result<(), String> {
        let path = [&self.context[..], &[key.to_owned()]].concat();
        self.context.clone_from(&path);
        self.implicit.insert(shown(&path));
        self.enter(&path, in_array)
    }

    /// Makes a new table the one that keys belong to, and those on the way to it, where they are missing.
    ///
    /// # Errors
    /// The key is something else already.
    pub(super) fn enter(&mut self, path: &[String], in_array: bool) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        for length in 1..=parents.len() {
            let Some(table) = table_at(&mut self.root, &parents[..length - 1]) else { continue };
            let name = &parents[length - 1];
            match table.get(name) {
                Some(Slot::Leaf(_)) => return Err(format!("Key '{}' was already created as a hash.", shown(&parents[..length]))),
                Some(_) => {}
                None => {
                    table.insert(name.clone(), Slot::Table(BTreeMap::new()));
                    self.implicit.insert(shown(&parents[..length]));
                }
            }
        }
        self.context = parents.to_vec();
        if in_array {
            let table = table_at(&mut self.root, parents).ok_or_else(String::new)?;
            match table.entry(last.clone()).or_insert_with(|| Slot::Tables(Vec::new())) {
                Slot::Tables(tables) => tables.push(BTreeMap::new()),
                _ => return Err(format!("Key '{}' was already created and cannot be used as an array.", shown(path))),
            }
        } else {
            self.set(last, Slot::Table(BTreeMap::new()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Sets a key of this table.
    ///
    /// # Errors
    /// It is set already.
    pub(super) fn set(&mut self, key: &str, slot: Slot) -> Result<(), String> {
        let path = [&self.context[..], &[key.to_owned()]].concat();
        let defined = |path: &[String]| format!("Key '{}' has already been defined.", shown(path));
        let Some(table) = table_at(&mut self.root, &self.context) else { return Err(defined(&self.context)) };
        if !table.contains_key(key) {
            table.insert(key.to_owned(), slot);
            return Ok(());
        }
        let name = shown(&path);
        if self.arrays.contains(&name) && (self.implicit.contains(&name) || self.arrays_replace) {
            self.implicit.remove(&name);
            table.insert(key.to_owned(), slot);
            return Ok(());
        }
        if self.implicit.remove(&name) { Ok(()) } else { Err(defined(&path)) }
    }

    /// The whole document.
    pub(super) fn into_table(self) -> Table {
        finished(self.root)
    }
}

/// The table at a path, the last one of an array of them; nothing where something else is in the way.
fn table_at<'r>(root: &'r mut BTreeMap<String, Slot>, path: &[String]) -> Option<&'r mut BTreeMap<String, Slot>> {
    let mut table = root;
    for name in path {
        table = match table.get_mut(name)? {
            Slot::Table(inner) => inner,
            Slot::Tables(inner) => inner.last_mut()?,
            Slot::Leaf(_) => return None,
        };
    }
    Some(table)
}

fn finished(table: BTreeMap<String, Slot>) -> Table {
    let value = |slot| match slot {
        Slot::Leaf(value) => value,
        Slot::Table(inner) => Value::map(finished(inner)),
        Slot::Tables(inner) => list_of_tables(inner.into_iter().map(|table| Value::map(finished(table))).collect()),
    };
    table.into_iter().map(|(key, slot)| (Text::from(key), value(slot))).collect()
}

/// A path with dots, its parts in quotes where they must be.
pub(super) fn shown(path: &[String]) -> String {
    let part = |part: &String| {
        let is_bare = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if is_bare { part.clone() } else { crate::template::encode::toml::quoted(&Text::from(part.as_str())) }
    };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

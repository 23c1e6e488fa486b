//! Values over defaults (Helm `pkg/chartutil/coalesce.go`, in Helm 4 `pkg/chart/common/util/coalesce.go`): user values win, null deletes,
//! globals flow down.
//!
//! Works on maps with Go's reference semantics, because Helm shares some of them between charts and templates can see that: where Helm
//! writes into what it merges from, so does this. The three ways of [`Coalescing`] differ in what becomes of nulls.

use super::dependencies::Mount;
use super::notes::Notes;
use crate::error::{Error, ErrorKind, Result};
use crate::template::Coalescing;
use crate::template::value::{Map, Table, Text, Value};

/// How one merge goes.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) variant: Coalescing,
    /// Nulls are kept: Helm's `MergeValues`, else its `CoalesceValues`.
    pub(super) keeps_nulls: bool,
}

/// A chart's values: a copy of the given ones over the defaults of the chart and of its subcharts.
///
/// # Errors
/// [`ErrorKind::Chart`] when a subchart's values are not a table, [`ErrorKind::Limit`] for values nested too deep.
pub(super) fn coalesce_values(mount: &Mount<'_>, given: &Map, manner: Manner, notes: &mut Notes<'_>) -> Result<Map> {
    let values = copy(given)?;
    chart(mount, &values, "", manner, notes)?;
    Ok(values)
}

fn chart(mount: &Mount<'_>, values: &Map, above: &str, manner: Manner, notes: &mut Notes<'_>) -> Result<()> {
    let path = joined(above, &mount.name);
    defaults(mount, values, &path, manner, notes)?;
    for child in &mount.children {
        let key = Text::from(&*child.name);
        if !values.contains(&key) {
            values.set(key.clone(), Value::map(Table::new()));
        }
        let below = match values.get(&key) {
            Some(Value::Map(below)) => below,
            other => {
                let found = other.unwrap_or(Value::Nil);
                return Err(Error::new(ErrorKind::Chart, format!("type mismatch on {}: {}", child.name, wrong_verb(&found))));
            }
        };
        globals(&below, values, &path, manner.variant, notes);
        chart(child, &below, &path, manner, notes)?;
    }
    Ok(())
}

/// The chart's own defaults under what is there.
fn defaults(mount: &Mount<'_>, values: &Map, path: &str, manner: Manner, notes: &mut Notes<'_>) -> Result<()> {
    let drops_nulls = manner.variant == Coalescing::DropsDefaultNulls;
    for (key, default) in copy(&mount.defaults)?.snapshot() {
        match (values.get(&key), &default) {
            (None, default) => {
                if drops_nulls && !manner.keeps_nulls {
                    match default {
                        Value::Nil => continue,
                        Value::Map(table) => without_nulls(table),
                        _ => {}
                    }
                }
                values.set(key, default.clone());
            }
            (Some(Value::Nil), _) if !manner.keeps_nulls => values.remove(&key),
            (Some(Value::Map(table)), Value::Map(default)) => {
                let is_subchart = mount.children.iter().any(|child| child.name.as_bytes() == &*key);
                let manner = Manner { keeps_nulls: manner.keeps_nulls || is_subchart, ..manner };
                if drops_nulls && !manner.keeps_nulls {
                    without_nulls(default);
                }
                tables(&table, default, &joined(path, &key.lossy()), manner, notes);
            }
            (Some(Value::Map(_)), default) if !matches!(default, Value::Nil) => {
                notes.log(format!("warning: skipped value for {}: Not a table.", joined(path, &key.lossy())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A copy that shares nothing.
///
/// # Errors
/// [`ErrorKind::Limit`] for values nested too deep.
pub(super) fn copy(map: &Map) -> Result<Map> {
    match Value::Map(map.clone()).deep_copy() {
        Some(Value::Map(ref copy)) => Ok(copy.clone()),
        _ => Err(Error::new(ErrorKind::Limit, "the values are nested too deep")),
    }
}

/// Go's `%!t(type=value)` for a value that is no boolean.
fn wrong_verb(value: &Value) -> String {
    String::from_utf8_lossy(&crate::template::printf(b"%t", std::slice::from_ref(value))).into_owned()
}

/// Takes the nulls out of a table and of those in it.
fn without_nulls(map: &Map) {
    if map.as_frozen().is_some_and(|frozen| !frozen.has_nulls()) {
        return;
    }
    for (key, value) in map.snapshot() {
        match value {
            Value::Nil => map.remove(&key),
            Value::Map(inner) => without_nulls(&inner),
            _ => {}
        }
    }
}

/// What `target` lacks comes from `source`. Later variants write the nulls of `target` into `source`, which others may share.
pub(super) fn tables(target: &Map, source: &Map, path: &str, manner: Manner, notes: &mut Notes<'_>) {
    let offered = source.snapshot();
    if manner.variant != Coalescing::KeepsUnknownNulls {
        for (key, value) in target.snapshot() {
            if matches!(value, Value::Nil) {
                source.set(key, Value::Nil);
            }
        }
    }
    let was_offered = |key: &Text| match offered.binary_search_by(|(known, _)| known.cmp(key)) {
        Ok(at) => !matches!(offered[at].1, Value::Nil),
        Err(_) => false,
    };
    let deletes = |key: &Text| manner.variant != Coalescing::DropsDefaultNulls || was_offered(key);
    for (key, new) in source.snapshot() {
        match (target.get(&key), new) {
            (Some(Value::Nil), _) if !manner.keeps_nulls && deletes(&key) => target.remove(&key),
            (None, new) => {
                target.set(key, new);
            }
            (Some(Value::Map(old)), Value::Map(new)) => tables(&old, &new, &joined(path, &key.lossy()), manner, notes),
            (Some(_), table @ Value::Map(_)) => {
                let (place, table) = (joined(path, &key.lossy()), crate::template::shown(&table));
                notes.log(format!("warning: cannot overwrite table with non table for {place} ({table})"));
            }
            (Some(Value::Map(_)), new) if !matches!(new, Value::Nil) => {
                let (place, new) = (joined(path, &key.lossy()), crate::template::shown(&new));
                notes.log(format!("warning: destination for {place} is a table. Ignoring non-table value ({new})"));
            }
            _ => {}
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The parent's globals win over the child's; maps below the first level are shared between the two, as in Helm.
fn globals(child: &Map, parent: &Map, path: &str, variant: Coalescing, notes: &mut Notes<'_>) {
    let table = |values: &Map| match values.get(b"global") {
        None => Some(Map::new(Table::new())),
        Some(Value::Map(map)) => Some(map),
        Some(_) => None,
    };
    let Some(own) = table(child) else {
        notes.log("warning: skipping globals because destination global is not a table.".into());
        return;
    };
    let Some(inherited) = table(parent) else {
        notes.log("warning: skipping globals because source global is not a table.".into());
        return;
    };
    for (key, value) in inherited.snapshot() {
        match (value, own.get(&key)) {
            (Value::Map(map), None) => {
                own.set(key, Value::Map(shallow_copy(&map)));
            }
            (Value::Map(map), Some(Value::Map(old))) => {
                let merged = shallow_copy(&map);
                tables(&merged, &old, &joined(path, &key.lossy()), Manner { variant, keeps_nulls: true }, notes);
                own.set(key, Value::Map(merged));
            }
            (Value::Map(_), Some(_)) => {
                let key = crate::template::quote(&key);
                notes.log(format!("Conflict: cannot merge map onto non-map for {key}. Skipping."));
            }
            (_, Some(Value::Map(_))) => notes.log(format!("key {} is table. Skipping", key.lossy())),
            (value, _) => {
                own.set(key, value);
            }
        }
    }
    child.set(Text::from("global"), Value::Map(own));
}

fn shallow_copy(map: &Map) -> Map {
    Map::new(map.snapshot().into_iter().collect())
}

//! Values over defaults (Helm 3.17.3 `pkg/chartutil/coalesce.go`): user values win, null deletes, globals flow down.
//! Works on maps with Go's reference semantics, because Helm shares some of them between charts and templates can see that.

use super::dependencies::Mount;
use crate::error::{Error, ErrorKind, Result};
use crate::template::value::{Map, Table, Text, Value};

/// A chart's values: a copy of the given ones over the defaults of the chart and of its subcharts. `merge` keeps nulls.
///
/// # Errors
/// [`ErrorKind::Chart`] when a subchart's values are not a table.
pub(super) fn coalesce_values(mount: &Mount<'_>, given: &Map, merge: bool, warnings: &mut Vec<String>) -> Result<Map> {
    let values = copy(given)?;
    let mut coalescing = Coalescing { merge, warnings };
    coalescing.chart(mount, &values, &[])?;
    Ok(values)
}

struct Coalescing<'w> {
    merge: bool,
    warnings: &'w mut Vec<String>,
}

impl Coalescing<'_> {
    fn chart(&mut self, mount: &Mount<'_>, values: &Map, path: &[&str]) -> Result<()> {
        self.defaults(mount, values, path)?;
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
            let path: Vec<&str> = path.iter().copied().chain([&*mount.name]).collect();
            globals(&below, values, &path, self.warnings);
            self.chart(child, &below, &path)?;
        }
        Ok(())
    }

    /// The chart's own defaults under what is there.
    fn defaults(&mut self, mount: &Mount<'_>, values: &Map, path: &[&str]) -> Result<()> {
        let defaults = copy(&mount.defaults)?;
        for (key, default) in defaults.snapshot() {
            match (values.get(&key), &default) {
                (None, _) => {
                    values.set(key, default);
                }
                (Some(Value::Nil), _) if !self.merge => remove(values, &key),
                (Some(Value::Map(table)), Value::Map(default)) => {
                    let of_subchart = mount.children.iter().any(|child| child.name.as_bytes() == &*key);
                    let mut place = place(path, mount, &key);
                    tables(&table, default, self.merge || of_subchart, &mut place, self.warnings);
                }
                (Some(Value::Map(_)), default) if !matches!(default, Value::Nil) => {
                    let place = place(path, mount, &key).join(".");
                    self.warnings.push(format!("warning: skipped value for {place}: Not a table."));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Where a key of a chart stands, as Helm's warnings say it: the names of the charts above, its own, the key.
fn place(above: &[&str], mount: &Mount<'_>, key: &Text) -> Vec<String> {
    above.iter().copied().chain([&*mount.name, &*key.lossy()]).map(str::to_owned).collect()
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

fn remove(map: &Map, key: &[u8]) {
    if let Some(table) = &map.table {
        table.borrow_mut().remove(key);
    }
}

/// What `target` lacks comes from `source`; a null in `target` deletes, unless `merge`.
pub(super) fn tables(target: &Map, source: &Map, merge: bool, path: &mut Vec<String>, warnings: &mut Vec<String>) {
    for (key, new) in source.snapshot() {
        match (target.get(&key), new) {
            (Some(Value::Nil), _) if !merge => remove(target, &key),
            (None, new) => {
                target.set(key, new);
            }
            (Some(Value::Map(old)), Value::Map(new)) => {
                path.push(key.lossy().into_owned());
                tables(&old, &new, merge, path, warnings);
                path.pop();
            }
            (Some(Value::Map(_)), Value::Nil) => {}
            (Some(_), new @ Value::Map(_)) => {
                let place = join(path, &key);
                warnings.push(format!("warning: cannot overwrite table with non table for {place} ({})", crate::template::shown(&new)));
            }
            (Some(Value::Map(_)), new) => {
                let place = join(path, &key);
                let new = crate::template::shown(&new);
                warnings.push(format!("warning: destination for {place} is a table. Ignoring non-table value ({new})"));
            }
            _ => {}
        }
    }
}

fn join(path: &[String], key: &Text) -> String {
    path.iter().map(String::as_str).chain([&*key.lossy()]).collect::<Vec<_>>().join(".")
}

/// The parent's globals win over the child's; maps below the first level are shared between the two, as in Helm.
fn globals(child: &Map, parent: &Map, path: &[&str], warnings: &mut Vec<String>) {
    let table = |values: &Map| match values.get(b"global") {
        None => Some(Map::new(Table::new())),
        Some(Value::Map(map)) => Some(map),
        Some(_) => None,
    };
    let (own, inherited) = match (table(child), table(parent)) {
        (Some(own), Some(inherited)) => (own, inherited),
        (own, _) => {
            let wrong = if own.is_none() { "destination" } else { "source" };
            warnings.push(format!("warning: skipping globals because {wrong} global is not a table."));
            return;
        }
    };
    for (key, value) in inherited.snapshot() {
        let there = own.get(&key);
        match (value, there) {
            (Value::Map(map), None) => {
                own.set(key, Value::map(map.snapshot().into_iter().collect()));
            }
            (Value::Map(map), Some(Value::Map(old))) => {
                let copy = Map::new(map.snapshot().into_iter().collect());
                let mut place: Vec<String> = path.iter().copied().chain([&*key.lossy()]).map(str::to_owned).collect();
                tables(&copy, &old, true, &mut place, warnings);
                own.set(key, Value::Map(copy));
            }
            (Value::Map(_), Some(_)) => {
                let key = crate::template::printf(b"%q", &[Value::Str(key)]);
                warnings.push(format!("Conflict: cannot merge map onto non-map for {}. Skipping.", String::from_utf8_lossy(&key)));
            }
            (_, Some(Value::Map(_))) => {
                warnings.push(format!("key {} is table. Skipping", key.lossy()));
            }
            (value, _) => {
                own.set(key, value);
            }
        }
    }
    child.set(Text::from("global"), Value::Map(own));
}

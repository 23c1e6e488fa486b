//! Dictionaries (sprig `dict.go`) and mergo 1.0.1's way of merging them, as far as maps of anything go.

use std::collections::BTreeSet;

use super::types::empty;
use super::{Args, Function, Outcome, Param, fixed, open, to_text};
use crate::template::exec::{Call, Fail};
use crate::template::value::{MAX_DEPTH, Map, MapKind, Table, Text, Value};
use Param::{Any, Map as MapParam, Str};

pub(super) const ROWS: &[Function] = &[
    open("dict", &[], Any, dict),
    fixed("get", &[MapParam, Str], |_, args| Ok(args.map(0).get(args.text(1)).unwrap_or_else(|| Value::text("")))),
    fixed("set", &[MapParam, Str, Any], set),
    fixed("unset", &[MapParam, Str], unset),
    fixed("hasKey", &[MapParam, Str], |_, args| Ok(Value::Bool(args.map(0).contains(args.text(1))))),
    open("pluck", &[Str], MapParam, pluck),
    open("keys", &[], MapParam, keys),
    fixed("values", &[MapParam], |_, args| Ok(Value::list(args.map(0).snapshot().into_iter().map(|(_, value)| value).collect()))),
    open("pick", &[MapParam], Str, pick),
    open("omit", &[MapParam], Str, omit),
    open("dig", &[], Any, dig),
    open("merge", &[MapParam], MapParam, |_, args| merge_all(args, false, false)).walking(),
    open("mustMerge", &[MapParam], MapParam, |_, args| merge_all(args, false, true)).walking(),
    open("mergeOverwrite", &[MapParam], MapParam, |_, args| merge_all(args, true, false)).walking(),
    open("mustMergeOverwrite", &[MapParam], MapParam, |_, args| merge_all(args, true, true)).walking(),
];

fn dict(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let values = args.values(0);
    let pairs = values.chunks(2).map(|pair| {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::text(""));
        (to_text(&pair[0]), value)
    });
    Ok(Value::map(pairs.collect()))
}

/// What Go returns: the same map, of the plain type.
fn plain(map: Map) -> Value {
    Value::Map(map.with_kind(MapKind::Any))
}

fn key(args: Args<'_>, index: usize) -> Text {
    to_text(args.any(index))
}

fn set(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0);
    if !map.set(key(args, 1), args.any(2).clone()) {
        return Err("assignment to entry in nil map".into());
    }
    Ok(plain(map))
}

fn unset(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0);
    map.remove(args.text(1));
    Ok(plain(map))
}

fn pluck(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let maps = (1..args.len()).map(|index| args.map(index));
    Ok(Value::list(maps.filter_map(|map| map.get(args.text(0))).collect()))
}

fn keys(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let maps = (0..args.len()).map(|index| args.map(index));
    Ok(Value::texts(maps.flat_map(|map| map.snapshot()).map(|(key, _)| key)))
}

fn pick(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0);
    let picked = (1..args.len()).filter_map(|index| map.get(args.text(index)).map(|value| (key(args, index), value)));
    Ok(Value::map(picked.collect()))
}

fn omit(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let omitted: BTreeSet<&[u8]> = (1..args.len()).map(|index| args.text(index)).collect();
    let kept = args.map(0).snapshot().into_iter().filter(|(key, _)| !omitted.contains(&**key));
    Ok(Value::map(kept.collect()))
}

fn dig(_: &Call<'_>, args: Args<'_>) -> Outcome {
    if args.len() < 3 {
        return Err("dig needs at least three arguments".into());
    }
    let (default, mut value) = (args.any(args.len() - 2), args.any(args.len() - 1).clone());
    let mut path = Vec::new();
    plain_map(&value)?;
    for index in 0..args.len() - 2 {
        match args.any(index) {
            Value::Str(key) => path.push(key),
            other => return Err(format!("interface conversion: interface {{}} is {}, not string", type_of(other)).into()),
        }
    }
    for key in path {
        match plain_map(&value)?.get(key) {
            Some(found) => value = found,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

fn type_of(value: &Value) -> String {
    if let Value::Nil = value { "nil".into() } else { value.type_name() }
}

/// The map when its type is exactly `map[string]interface {}`.
fn plain_map(value: &Value) -> Result<Map, Fail> {
    match value {
        Value::Map(map) if map.kind == MapKind::Any => Ok(map.clone()),
        other => Err(format!("interface conversion: interface {{}} is {}, not map[string]interface {{}}", type_of(other)).into()),
    }
}

fn merge_all(args: Args<'_>, overwrite: bool, must: bool) -> Outcome {
    let mut target = args.map(0);
    for index in 1..args.len() {
        let source = args.map(index);
        if target.is_nil() && !source.is_empty() {
            target = Map::new(Table::new());
        }
        match merge(&target, &source, overwrite, 0) {
            Ok(()) => {}
            Err(Clash::NoFields(kind)) => return Err(format!("reflect: call of reflect.Value.Field on {kind} Value").into()),
            Err(Clash::Types) if must => return Err("src and dst must be of same type".into()),
            Err(Clash::Types) => return Ok(Value::text("")),
        }
    }
    Ok(plain(target))
}

/// Merges into `target`: what it has and is not empty stays, unless `overwrite`. Nested maps and lists of `source` are shared afterwards.
fn merge(target: &Map, source: &Map, overwrite: bool, depth: usize) -> Result<(), Clash> {
    if target.same(source) || depth > MAX_DEPTH {
        return Ok(());
    }
    for (key, new) in source.snapshot() {
        let old = target.get(&key);
        if let (Value::Map(new), Some(Value::Map(old))) = (&new, &old) {
            if !(old.is_nil() || new.is_empty() && old.is_empty()) {
                merge(old, new, overwrite, depth + 1)?;
            }
            if !old.is_empty() {
                continue;
            }
        }
        old.as_ref().map_or(Ok(()), |old| check_types(old, &new, overwrite))?;
        let nothing_there = old.as_ref().is_none_or(empty);
        if overwrite || (nothing_there && !matches!(new, Value::Nil)) {
            target.set(key, new);
        }
    }
    Ok(())
}

/// Why a value can't be laid over another.
enum Clash {
    /// They have different types: `merge` then returns an empty text, `mustMerge` says so.
    Types,
    /// Go looks for the fields of a struct in what has none, and fails.
    NoFields(&'static str),
}

/// Whether Go can lay a value over one that is a struct or a pointer to one, which then stays as it is.
fn check_types(old: &Value, new: &Value, overwrite: bool) -> Result<(), Clash> {
    if !matches!(new.kind_name(), "struct" | "ptr" | "map") || matches!(new, Value::Map(map) if map.is_nil()) {
        return Ok(());
    }
    let kind = new.kind_name();
    let has_fields = matches!(old, Value::Struct(object) if object.of.fields.iter().any(|field| !field.json.is_empty()));
    match old.kind_name() {
        "ptr" if !overwrite && kind != "ptr" && old.type_name().strip_prefix('*') != Some(&*new.type_name()) => Err(Clash::Types),
        "struct" if has_fields && kind != "struct" => Err(Clash::NoFields(kind)),
        _ => Ok(()),
    }
}

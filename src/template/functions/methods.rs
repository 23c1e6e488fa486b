//! Methods of Go's types: `.Capabilities.APIVersions.Has`, `.Files.Get`, `.Values.AsMap`, those of versions; those of times are in `times`.
//! Each is a function whose first parameter is the receiver.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::encoding::to_yaml;
use super::{Args, Function, NIL_DEREFERENCE, Outcome, Param, fixed, paths, times};
use crate::template::exec::{Call, Fail};
use crate::template::glob::Glob;
use crate::template::object::Struct;
use crate::template::profile::Profile;
use crate::template::value::{Elem, List, Map, MapKind, Table, Text, Value};
use crate::version::Version;
use Param::{Any, Str};

/// The method of a value, when its type has it.
pub(crate) fn find(receiver: &Value, name: &[u8], profile: &Profile) -> Option<&'static Function> {
    let rows = match receiver {
        Value::Map(Map { kind: MapKind::Values(_), .. }) => VALUES,
        Value::Map(Map { kind: MapKind::Files, .. }) => FILES,
        Value::List(List { elem: Elem::Versions(_), .. }) => VERSION_SET,
        Value::Version(_) if VERSION_POINTER.iter().any(|row| row.name.as_bytes() == name) => VERSION_POINTER,
        Value::Version(_) | Value::VersionCopy(_) => VERSION,
        Value::Time(_) => times::TIME,
        Value::Duration(_) => times::DURATION,
        Value::Ordinal(..) | Value::Location(_) => times::NAMED,
        Value::Struct(object) if object.of.action_prints.is_some() => KUBE_VERSION,
        _ => return None,
    };
    rows.iter().find(|row| row.name.as_bytes() == name && (row.exists)(profile))
}

/// `chartutil.Values`.
const VALUES: &[Function] = &[
    fixed("AsMap", &[Any], |_, args| {
        let map = map_of(args);
        Ok(Value::Map(if map.is_nil() { Map::new(Table::new()) } else { map.with_kind(MapKind::Any) }))
    }),
    fixed("YAML", &[Any], |call, args| Ok(Value::text(to_yaml(call, args.any(0))?.unwrap_or_default() + "\n"))),
    fixed("Table", &[Any, Str], |_, args| table(map_of(args), &args.str(1))),
    fixed("PathValue", &[Any, Str], |_, args| path_value(map_of(args), &args.str(1))),
];

/// `engine.files`.
const FILES: &[Function] = &[
    fixed("Get", &[Any, Str], |_, args| Ok(Value::Str(file(args)))),
    fixed("GetBytes", &[Any, Str], |_, args| Ok(Value::Bytes(file(args)))),
    fixed("Glob", &[Any, Str], glob),
    fixed("AsConfig", &[Any], |call, args| by_base_name(call, args, |bytes| Value::Str(bytes.clone()))),
    fixed("AsSecrets", &[Any], |call, args| by_base_name(call, args, |bytes| Value::text(data_encoding::BASE64.encode(bytes)))),
    fixed("Lines", &[Any, Str], lines),
];

/// `chartutil.VersionSet`.
const VERSION_SET: &[Function] = &[fixed("Has", &[Any, Str], |_, args| {
    let known = match args.any(0) {
        Value::List(list) => list.items().iter().any(|item| matches!(item, Value::Str(text) if **text == *args.text(1))),
        _ => false,
    };
    Ok(Value::Bool(known))
})];

/// `*chartutil.KubeVersion`: `String` is what an action prints, `GitVersion` the first field.
const KUBE_VERSION: &[Function] = &[
    fixed("String", &[Any], |_, args| Ok(kube_version(args, |object| object.action_text()))),
    fixed("GitVersion", &[Any], |_, args| Ok(kube_version(args, |object| object.fields.first()))),
];

/// `semver.Version`.
const VERSION: &[Function] = &[
    fixed("Major", &[Any], |_, args| version(args, |version| Value::Uint64(version.major))),
    fixed("Minor", &[Any], |_, args| version(args, |version| Value::Uint64(version.minor))),
    fixed("Patch", &[Any], |_, args| version(args, |version| Value::Uint64(version.patch))),
    fixed("Prerelease", &[Any], |_, args| version(args, |version| Value::text(&*version.prerelease))),
    fixed("Metadata", &[Any], |_, args| version(args, |version| Value::text(&*version.metadata))),
    fixed("String", &[Any], |_, args| version(args, |version| Value::text(version.to_string()))),
    fixed("Value", &[Any], |_, args| version(args, |version| Value::text(version.to_string()))),
    fixed("MarshalText", &[Any], |_, args| version(args, |version| Value::Bytes(version.to_string().into()))),
    fixed("MarshalJSON", &[Any], |_, args| version(args, |version| Value::Bytes(format!("\"{version}\"").into()))),
    fixed("SetPrerelease", &[Any, Str], |_, args| changed(args, |version, text| version.with_suffixes(text, &version.metadata))),
    fixed("SetMetadata", &[Any, Str], |_, args| changed(args, |version, text| version.with_suffixes(&version.prerelease, text))),
    fixed("IncMajor", &[Any], |_, args| next_version(args, |v| (v.major.wrapping_add(1), 0, 0))),
    fixed("IncMinor", &[Any], |_, args| next_version(args, |v| (v.major, v.minor.wrapping_add(1), 0))),
    fixed("IncPatch", &[Any], |_, args| {
        next_version(args, |v| (v.major, v.minor, v.patch.wrapping_add(u64::from(v.prerelease.is_empty()))))
    }),
];

/// What `*semver.Version` has besides.
const VERSION_POINTER: &[Function] = &[
    fixed("Original", &[Any], |_, args| version(args, |version| Value::text(version.original()))),
    fixed("Compare", &[Any, Param::Version], |_, args| compared(args, |order| Value::Int(order as i64))),
    fixed("LessThan", &[Any, Param::Version], |_, args| compared(args, |order| Value::Bool(order.is_lt()))),
    fixed("LessThanEqual", &[Any, Param::Version], |_, args| compared(args, |order| Value::Bool(order.is_le()))),
    fixed("GreaterThan", &[Any, Param::Version], |_, args| compared(args, |order| Value::Bool(order.is_gt()))),
    fixed("GreaterThanEqual", &[Any, Param::Version], |_, args| compared(args, |order| Value::Bool(order.is_ge()))),
    fixed("Equal", &[Any, Param::Version], |_, args| compared(args, |order| Value::Bool(order.is_eq()))),
];

fn map_of(args: Args<'_>) -> Map {
    args.map(0)
}

fn no_table(path: &str) -> Fail {
    format!("{} is not a table", crate::template::fmt::quote(path.as_bytes())).into()
}

/// The table at a dotted path.
fn table(mut map: Map, path: &str) -> Outcome {
    let kind = map.kind;
    for key in path.split('.') {
        match map.get(key.as_bytes()) {
            Some(Value::Map(inner)) => map = inner,
            _ => return Err(no_table(key)),
        }
    }
    Ok(Value::Map(map.with_kind(kind)))
}

/// The value at a dotted path that is not a table.
fn path_value(mut map: Map, path: &str) -> Outcome {
    if path.is_empty() {
        return Err("YAML path cannot be empty".into());
    }
    let (front, last) = path.rsplit_once('.').map_or((None, path), |(front, last)| (Some(front), last));
    for key in front.into_iter().flat_map(|front| front.split('.')) {
        match map.get(key.as_bytes()) {
            Some(Value::Map(inner)) => map = inner,
            _ => return Err(format!("{} is not a value", crate::template::fmt::quote(last.as_bytes())).into()),
        }
    }
    match map.get(last.as_bytes()) {
        Some(Value::Map(_)) | None => Err(format!("{} is not a value", crate::template::fmt::quote(last.as_bytes())).into()),
        Some(value) => Ok(value),
    }
}

fn file(args: Args<'_>) -> Text {
    match args.map(0).get(args.text(1)) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => Text::from(""),
    }
}

fn glob(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let pattern = Glob::new(&args.str(1));
    let matching = args.map(0).snapshot().into_iter().filter(|(name, _)| pattern.matches(&name.lossy()));
    Ok(Value::Map(Map::of(MapKind::Files, matching.collect())))
}

fn by_base_name(call: &Call<'_>, args: Args<'_>, content: impl Fn(&Text) -> Value) -> Outcome {
    let mut named = BTreeMap::new();
    for (name, value) in args.map(0).snapshot() {
        if let Value::Bytes(bytes) = value {
            named.insert(Text::from(paths::base(&name)), content(&bytes));
        }
    }
    Ok(Value::text(to_yaml(call, &Value::map(named))?.unwrap_or_default()))
}

fn lines(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0);
    if !map.contains(args.text(1)) {
        return Ok(Value::texts::<Text>([]));
    }
    let text = file(args);
    if text.is_empty() {
        return Err("runtime error: index out of range [-1]".into());
    }
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    Ok(Value::texts(text.split(|byte| *byte == b'\n')))
}

fn kube_version(args: Args<'_>, text: impl FnOnce(&Struct) -> Option<&Value>) -> Value {
    match args.any(0) {
        Value::Struct(object) => text(object).cloned().unwrap_or(Value::Nil),
        _ => Value::Nil,
    }
}

fn version(args: Args<'_>, get: impl FnOnce(&crate::version::Version) -> Value) -> Outcome {
    match args.any(0) {
        Value::Version(version) | Value::VersionCopy(version) => Ok(get(version)),
        _ => Ok(Value::Nil),
    }
}

fn compared(args: Args<'_>, get: impl FnOnce(Ordering) -> Value) -> Outcome {
    match args.any(1) {
        Value::Version(other) => version(args, |version| get(version.cmp(other))),
        _ => Err(NIL_DEREFERENCE.into()),
    }
}

/// The version with another text behind its numbers.
fn changed(args: Args<'_>, change: impl FnOnce(&Version, &str) -> crate::error::Result<Version>) -> Outcome {
    let (Value::Version(version) | Value::VersionCopy(version)) = args.any(0) else { return Ok(Value::Nil) };
    let changed = change(version, &args.str(1)).map_err(|error| error.to_string())?;
    Ok(Value::VersionCopy(std::rc::Rc::new(changed)))
}

/// The version with other numbers and nothing behind them.
fn next_version(args: Args<'_>, numbers: impl FnOnce(&Version) -> (u64, u64, u64)) -> Outcome {
    let (Value::Version(version) | Value::VersionCopy(version)) = args.any(0) else { return Ok(Value::Nil) };
    let lead = if version.original().starts_with('v') { "v" } else { "" };
    let (major, minor, patch) = numbers(version);
    let next = Version::parse(&format!("{lead}{major}.{minor}.{patch}")).map_err(|error| error.to_string())?;
    Ok(Value::VersionCopy(std::rc::Rc::new(next)))
}

//! Methods of Go's types: `.Capabilities.APIVersions.Has`, `.Files.Get`, `.Values.AsMap`, those of versions and times. Each is a function
//! whose first parameter is the receiver.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::encoding::to_yaml;
use super::{Args, Function, Outcome, Param, dates, fixed, open, paths};
use crate::template::exec::{Call, Fail};
use crate::template::glob::Glob;
use crate::template::object::{Ordinal, Struct};
use crate::template::value::{Elem, List, Map, MapKind, Table, Text, Value};
use crate::version::Version;
use Param::{Any, Int, Str};

/// The method of a value, when its type has it.
pub(crate) fn find(receiver: &Value, name: &[u8]) -> Option<&'static Function> {
    let rows = match receiver {
        Value::Map(Map { kind: MapKind::Values(_), .. }) => VALUES,
        Value::Map(Map { kind: MapKind::Files, .. }) => FILES,
        Value::List(List { elem: Elem::Versions(_), .. }) => VERSION_SET,
        Value::Version(_) => VERSION,
        Value::Time(_) => TIME,
        Value::Duration(_) => DURATION,
        Value::Ordinal(..) => ORDINAL,
        Value::Struct(object) if object.of.action_prints.is_some() => KUBE_VERSION,
        _ => return None,
    };
    rows.iter().find(|row| row.name.as_bytes() == name)
}

/// `chartutil.Values`.
const VALUES: &[Function] = &[
    fixed("AsMap", &[Any], |_, args| {
        let map = map_of(args);
        Ok(Value::Map(if map.table.is_some() { map.with_kind(MapKind::Any) } else { Map::new(Table::new()) }))
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

/// `*semver.Version`.
const VERSION: &[Function] = &[
    fixed("Major", &[Any], |_, args| version(args, |version| Value::Uint64(version.major))),
    fixed("Minor", &[Any], |_, args| version(args, |version| Value::Uint64(version.minor))),
    fixed("Patch", &[Any], |_, args| version(args, |version| Value::Uint64(version.patch))),
    fixed("Prerelease", &[Any], |_, args| version(args, |version| Value::text(&*version.prerelease))),
    fixed("Metadata", &[Any], |_, args| version(args, |version| Value::text(&*version.metadata))),
    fixed("Original", &[Any], |_, args| version(args, |version| Value::text(version.original()))),
    fixed("String", &[Any], |_, args| version(args, |version| Value::text(version.to_string()))),
    fixed("Value", &[Any], |_, args| version(args, |version| Value::text(version.to_string()))),
    fixed("MarshalText", &[Any], |_, args| version(args, |version| Value::Bytes(version.to_string().into()))),
    fixed("MarshalJSON", &[Any], |_, args| version(args, |version| Value::Bytes(format!("\"{version}\"").into()))),
    fixed("SetPrerelease", &[Any, Str], |_, args| changed(args, |version, text| version.with_suffixes(text, &version.metadata))),
    fixed("SetMetadata", &[Any, Str], |_, args| changed(args, |version, text| version.with_suffixes(&version.prerelease, text))),
    fixed("Compare", &[Any, Any], |_, args| compared(args, |order| Value::Int(order as i64))),
    fixed("LessThan", &[Any, Any], |_, args| compared(args, |order| Value::Bool(order.is_lt()))),
    fixed("LessThanEqual", &[Any, Any], |_, args| compared(args, |order| Value::Bool(order.is_le()))),
    fixed("GreaterThan", &[Any, Any], |_, args| compared(args, |order| Value::Bool(order.is_gt()))),
    fixed("GreaterThanEqual", &[Any, Any], |_, args| compared(args, |order| Value::Bool(order.is_ge()))),
    fixed("Equal", &[Any, Any], |_, args| compared(args, |order| Value::Bool(order.is_eq()))),
    fixed("IncMajor", &[Any], |_, args| next_version(args, |v| (v.major.wrapping_add(1), 0, 0))),
    fixed("IncMinor", &[Any], |_, args| next_version(args, |v| (v.major, v.minor.wrapping_add(1), 0))),
    fixed("IncPatch", &[Any], |_, args| {
        next_version(args, |v| (v.major, v.minor, v.patch.wrapping_add(u64::from(v.prerelease.is_empty()))))
    }),
];

/// `time.Time`.
const TIME: &[Function] = &[
    fixed("Format", &[Any, Str], |_, args| time(args, |time| Value::text(dates::layout(time, &args.str(1))))),
    fixed("String", &[Any], |_, args| Ok(Value::text(crate::template::fmt::shown(args.any(0))))),
    fixed("GoString", &[Any], |_, args| Ok(Value::text(crate::template::fmt::printf(b"%#v", &args.values(0))))),
    fixed("Unix", &[Any], |_, args| time(args, |time| Value::Int64(time.timestamp().as_second()))),
    fixed("UnixNano", &[Any], |_, args| time(args, |time| Value::Int64(time.timestamp().as_nanosecond() as i64))),
    fixed("UnixMilli", &[Any], |_, args| time(args, |time| Value::Int64(time.timestamp().as_millisecond()))),
    fixed("UnixMicro", &[Any], |_, args| time(args, |time| Value::Int64(time.timestamp().as_microsecond()))),
    fixed("Nanosecond", &[Any], |_, args| time(args, |time| Value::Int(time.subsec_nanosecond().into()))),
    fixed("Year", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.year())))),
    fixed("YearDay", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.day_of_year())))),
    fixed("Day", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.day())))),
    fixed("Hour", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.hour())))),
    fixed("Minute", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.minute())))),
    fixed("Second", &[Any], |_, args| time(args, |time| Value::Int(i64::from(time.second())))),
    fixed("Month", &[Any], |_, args| time(args, |time| Value::Ordinal(Ordinal::Month, time.month().into()))),
    fixed("Weekday", &[Any], |_, args| time(args, |time| Value::Ordinal(Ordinal::Weekday, time.weekday().to_sunday_zero_offset().into()))),
    fixed("IsZero", &[Any], |_, args| time(args, |time| Value::Bool(dates::is_zero(time)))),
    fixed("Before", &[Any, Param::Time], |_, args| two_times(args, |a, b| a < b)),
    fixed("After", &[Any, Param::Time], |_, args| two_times(args, |a, b| a > b)),
    fixed("Equal", &[Any, Param::Time], |_, args| two_times(args, |a, b| a == b)),
    fixed("Compare", &[Any, Param::Time], |_, args| times(args, |a, b| Value::Int(a.cmp(&b) as i64))),
    fixed("Sub", &[Any, Param::Time], |_, args| times(args, |a, b| Value::Duration(difference(a, b)))),
    fixed("MarshalText", &[Any], |_, args| time(args, |time| Value::Bytes(dates::rfc3339_nano(time).into()))),
    fixed("MarshalJSON", &[Any], |_, args| time(args, |time| Value::Bytes(format!("\"{}\"", dates::rfc3339_nano(time)).into()))),
    fixed("UTC", &[Any], |_, args| Ok(args.any(0).clone())),
    fixed("Local", &[Any], |_, args| Ok(args.any(0).clone())),
    fixed("AddDate", &[Any, Int, Int, Int], add_date),
];

/// `time.Duration`.
const DURATION: &[Function] = &[
    fixed("Hours", &[Any], |_, args| Ok(Value::Float(nanoseconds(args) as f64 / 3.6e12))),
    fixed("Minutes", &[Any], |_, args| Ok(Value::Float(nanoseconds(args) as f64 / 6e10))),
    fixed("Seconds", &[Any], |_, args| Ok(Value::Float(nanoseconds(args) as f64 / 1e9))),
    fixed("Nanoseconds", &[Any], |_, args| Ok(Value::Int64(nanoseconds(args)))),
    fixed("Microseconds", &[Any], |_, args| Ok(Value::Int64(nanoseconds(args) / 1_000))),
    fixed("Abs", &[Any], |_, args| Ok(Value::Duration(nanoseconds(args).saturating_abs()))),
    fixed("Milliseconds", &[Any], |_, args| Ok(Value::Int64(nanoseconds(args) / 1_000_000))),
    open("String", &[Any], Any, |_, args| Ok(Value::text(crate::template::fmt::shown(args.any(0))))),
];

/// `time.Month`, `time.Weekday`.
const ORDINAL: &[Function] = &[fixed("String", &[Any], |_, args| Ok(Value::text(crate::template::fmt::shown(args.any(0)))))];

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
        Value::Version(version) => Ok(get(version)),
        _ => Ok(Value::Nil),
    }
}

fn compared(args: Args<'_>, get: impl FnOnce(Ordering) -> Value) -> Outcome {
    match args.any(1) {
        Value::Version(other) => version(args, |version| get(version.cmp(other))),
        other => Err(format!("wrong type for value; expected *semver.Version; got {}", other.type_name()).into()),
    }
}

/// The version with another text behind its numbers.
fn changed(args: Args<'_>, change: impl FnOnce(&Version, &str) -> crate::error::Result<Version>) -> Outcome {
    let Value::Version(version) = args.any(0) else { return Ok(Value::Nil) };
    let changed = change(version, &args.str(1)).map_err(|error| error.to_string())?;
    Ok(Value::Version(std::rc::Rc::new(changed)))
}

/// The version with other numbers and nothing behind them.
fn next_version(args: Args<'_>, numbers: impl FnOnce(&Version) -> (u64, u64, u64)) -> Outcome {
    let Value::Version(version) = args.any(0) else { return Ok(Value::Nil) };
    let lead = if version.original().starts_with('v') { "v" } else { "" };
    let (major, minor, patch) = numbers(version);
    let next = Version::parse(&format!("{lead}{major}.{minor}.{patch}")).map_err(|error| error.to_string())?;
    Ok(Value::Version(std::rc::Rc::new(next)))
}

fn two_times(args: Args<'_>, compare: impl FnOnce(jiff::Timestamp, jiff::Timestamp) -> bool) -> Outcome {
    times(args, |a, b| Value::Bool(compare(a, b)))
}

fn times(args: Args<'_>, get: impl FnOnce(jiff::Timestamp, jiff::Timestamp) -> Value) -> Outcome {
    match (args.any(0), args.any(1)) {
        (Value::Time(a), Value::Time(b)) => Ok(get(a.zoned.timestamp(), b.zoned.timestamp())),
        _ => Ok(Value::Nil),
    }
}

/// The nanoseconds from the second moment to the first; the longest durations there are where there are too many.
fn difference(a: jiff::Timestamp, b: jiff::Timestamp) -> i64 {
    let exact = a.as_nanosecond() - b.as_nanosecond();
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

fn time(args: Args<'_>, get: impl FnOnce(&jiff::ZonedDateTime) -> Value) -> Outcome {
    match args.any(0) {
        Value::Time(time) => Ok(get(&time.zoned)),
        _ => Ok(Value::Nil),
    }
}

fn nanoseconds(args: Args<'_>) -> i64 {
    match args.any(0) {
        Value::Duration(nanoseconds) => *nanoseconds,
        _ => 0,
    }
}

/// Go adds to the fields and lets what overflows carry over: a month after January 31 is March 2 or 3.
fn add_date(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let Value::Time(time) = args.any(0) else { return Ok(Value::Nil) };
    let moved = || {
        let (zoned, months) = (&time.zoned, i64::from(time.zoned.month()) - 1 + args.int(2));
        let year = i64::from(zoned.year()).checked_add(args.int(1))?.checked_add(months.div_euclid(12))?;
        let first = jiff::civil::Date::new(i16::try_from(year).ok()?, months.rem_euclid(12) as i8 + 1, 1).ok()?;
        let days = jiff::Span::new().try_days(i64::from(zoned.day()) - 1 + args.int(3)).ok()?;
        first.checked_add(days).ok()?.to_datetime(zoned.time()).to_zoned_datetime(zoned.time_zone().clone()).ok()
    };
    match moved() {
        Some(zoned) => Ok(Value::Time(std::rc::Rc::new(crate::template::object::Time { zoned, monotonic: false, local: None }))),
        None => Err("time out of range".into()),
    }
}

//! The structs that Go has behind values that usually print as text: what the forms of misuse and verbs for numbers show of them.

use std::rc::Rc;

use super::super::object::{Field, Struct, StructType, Time};
use super::super::value::{Elem, List, Value};
use crate::version::Version;

/// Seconds from Go's first year to 1970.
const UNIX_EPOCH: i64 = 62_135_596_800;

/// A field that only printing shows.
const fn hidden(name: &'static str) -> Field {
    Field { name, json: "", omit_empty: false, embedded: false }
}

static VERSION: StructType = StructType {
    name: "semver.Version",
    pointer: true,
    fields: &[hidden("major"), hidden("minor"), hidden("patch"), hidden("pre"), hidden("metadata"), hidden("original")],
    action_prints: None,
};

static TIME: StructType =
    StructType { name: "time.Time", pointer: false, fields: &[hidden("wall"), hidden("ext"), hidden("loc")], action_prints: None };

static LOCATION: StructType = StructType {
    name: "time.Location",
    pointer: true,
    fields: &[
        hidden("name"),
        hidden("zone"),
        hidden("tx"),
        hidden("extend"),
        hidden("cacheStart"),
        hidden("cacheEnd"),
        hidden("cacheZone"),
    ],
    action_prints: None,
};

/// The struct, with fields that templates cannot reach; `None` for values of other types than times and versions.
pub(crate) fn inside(value: &Value) -> Option<Rc<Struct>> {
    let of = match value {
        Value::Version(version) => version_struct(version),
        Value::Time(time) => time_struct(time),
        _ => return None,
    };
    match of {
        Value::Struct(object) => Some(object),
        _ => None,
    }
}

fn version_struct(version: &Version) -> Value {
    let texts = [&*version.prerelease, &*version.metadata, version.original()].map(Value::text);
    let numbers = [version.major, version.minor, version.patch].map(Value::Uint64);
    Struct::value(&VERSION, numbers.into_iter().chain(texts).collect())
}

/// The moment as it is without a reading of the machine's other clock.
fn time_struct(time: &Time) -> Value {
    let moment = time.zoned.timestamp();
    let nanoseconds = moment.as_nanosecond().rem_euclid(1_000_000_000);
    let seconds = moment.as_nanosecond().div_euclid(1_000_000_000);
    let seconds = i64::try_from(seconds).unwrap_or_default().saturating_add(UNIX_EPOCH);
    let no_list = || Value::List(List::nil(Elem::Any));
    let zone = super::super::functions::dates::layout(&time.zoned, "MST");
    let location = vec![Value::text(zone), no_list(), no_list(), Value::text(""), Value::Int(0), Value::Int(0), Value::Nil];
    Struct::value(&TIME, vec![Value::Uint64(nanoseconds as u64), Value::Int64(seconds), Struct::value(&LOCATION, location)])
}

/// `time.Time.GoString`. A zone is told by its name, UTC as the machine's own.
pub(super) fn go_time(time: &Time) -> String {
    let zoned = &time.zoned;
    let month = super::super::functions::dates::layout(zoned, "January");
    let zone = super::super::functions::dates::layout(zoned, "MST");
    let zone = if zone == "UTC" { "time.Local".to_owned() } else { format!("time.Location({})", super::quote(zone.as_bytes())) };
    let (hour, minute, second) = (zoned.hour(), zoned.minute(), zoned.second());
    let clock = format!("{hour}, {minute}, {second}, {}", zoned.subsec_nanosecond());
    format!("time.Date({}, time.{month}, {}, {clock}, {zone})", zoned.year(), zoned.day())
}

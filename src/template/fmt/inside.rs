//! The structs that Go has behind values that usually print as text: what the forms of misuse and verbs for numbers show of them.

use std::rc::Rc;

use crate::template::object::{Field, Struct, StructType};
use crate::template::time::{Time, UNIX_EPOCH, Zone};
use crate::template::value::{Elem, List, Value};
use crate::version::Version;

/// A field that only printing shows.
const fn hidden(name: &'static str) -> Field {
    Field { name, json: "", omit_empty: false, embedded: false }
}

const fn version(pointer: bool) -> StructType {
    const FIELDS: &[Field] = &[hidden("major"), hidden("minor"), hidden("patch"), hidden("pre"), hidden("metadata"), hidden("original")];
    StructType { name: "semver.Version", pointer, fields: FIELDS, action_prints: None }
}

static VERSION: StructType = version(true);

static VERSION_COPY: StructType = version(false);

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

/// The struct, with fields that templates cannot reach; `None` for values of other types than times, zones and versions.
pub(crate) fn inside(value: &Value) -> Option<Rc<Struct>> {
    let of = match value {
        Value::Version(version) => version_struct(version, &VERSION),
        Value::VersionCopy(version) => version_struct(version, &VERSION_COPY),
        Value::Location(zone) => location(zone),
        Value::Time(time) => time_struct(time),
        _ => return None,
    };
    match of {
        Value::Struct(object) => Some(object),
        _ => None,
    }
}

fn version_struct(version: &Version, of: &'static StructType) -> Value {
    let texts = [&*version.prerelease, &*version.metadata, version.original()].map(Value::text);
    let numbers = [version.major, version.minor, version.patch].map(Value::Uint64);
    Struct::value(of, numbers.into_iter().chain(texts).collect())
}

/// The moment as it is without a reading of the machine's other clock.
fn time_struct(time: &Time) -> Value {
    let nothing = || Value::Struct(Rc::new(Struct { of: &LOCATION, fields: Vec::new() }));
    let zone = if time.zone == Zone::Utc { nothing() } else { location(&time.zone) };
    let seconds = time.seconds.wrapping_add(UNIX_EPOCH);
    Struct::value(&TIME, vec![Value::Uint64(time.nanosecond.into()), Value::Int64(seconds), zone])
}

/// A zone without what it is made of.
fn location(zone: &Zone) -> Value {
    let no_list = || Value::List(List::nil(Elem::Any));
    let fields = vec![Value::text(zone.name()), no_list(), no_list(), Value::text(""), Value::Int(0), Value::Int(0), Value::Nil];
    Struct::value(&LOCATION, fields)
}

//! The methods of Go's `time.Time`, `Duration`, `Month`, `Weekday` and `*Location`.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Args, Function, Outcome, Param, fixed, unfit};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::shown;
use crate::template::object::Ordinal;
use crate::template::time::{Civil, Time, Zone, duration};
use crate::template::value::Value;
use Param::{Any, Bytes, Duration as DurationParam, Int, Location, Str, Time as TimeParam};

/// `time.Time`.
pub(super) const TIME: &[Function] = &[
    fixed("Format", &[Any, Str], |_, args| Ok(Value::text(args.time(0).format(&args.str(1))))),
    fixed("AppendFormat", &[Any, Bytes, Str], |_, args| appended(args, args.time(0).format(&args.str(2)).as_bytes())),
    fixed("AppendText", &[Any, Bytes], |_, args| appended(args, text(args, "AppendText")?.as_bytes())).when(|profile| profile.times_append),
    fixed("AppendBinary", &[Any, Bytes], |_, args| appended(args, &args.time(0).binary()?)).when(|profile| profile.times_append),
    fixed("String", &[Any], |_, args| Ok(Value::text(shown(args.any(0))))),
    fixed("GoString", &[Any], |_, args| Ok(Value::text(args.time(0).go_text()))),
    fixed("Unix", &[Any], |_, args| Ok(Value::Int64(args.time(0).seconds))),
    fixed("UnixMilli", &[Any], |_, args| Ok(unix(args, 1_000))),
    fixed("UnixMicro", &[Any], |_, args| Ok(unix(args, 1_000_000))),
    fixed("UnixNano", &[Any], |_, args| Ok(unix(args, duration::SECOND))),
    fixed("Nanosecond", &[Any], |_, args| Ok(Value::Int(args.time(0).nanosecond.into()))),
    fixed("Year", &[Any], |_, args| civil(args, |civil| Value::Int(civil.date.year))),
    fixed("YearDay", &[Any], |_, args| civil(args, |civil| Value::Int(civil.year_day))),
    fixed("Day", &[Any], |_, args| civil(args, |civil| Value::Int(civil.date.day))),
    fixed("Hour", &[Any], |_, args| civil(args, |civil| Value::Int(civil.hour))),
    fixed("Minute", &[Any], |_, args| civil(args, |civil| Value::Int(civil.minute))),
    fixed("Second", &[Any], |_, args| civil(args, |civil| Value::Int(civil.second))),
    fixed("Month", &[Any], |_, args| civil(args, |civil| Value::Ordinal(Ordinal::Month, civil.date.month))),
    fixed("Weekday", &[Any], |_, args| civil(args, |civil| Value::Ordinal(Ordinal::Weekday, civil.weekday))),
    fixed("IsZero", &[Any], |_, args| Ok(Value::Bool(args.time(0).compare(&Time::zero()).is_eq()))),
    fixed("IsDST", &[Any], |_, args| Ok(Value::Bool(args.time(0).zone.at(args.time(0).seconds).is_summer))),
    fixed("Before", &[Any, TimeParam], |_, args| compared(args, |order| Value::Bool(order.is_lt()))),
    fixed("After", &[Any, TimeParam], |_, args| compared(args, |order| Value::Bool(order.is_gt()))),
    fixed("Equal", &[Any, TimeParam], |_, args| compared(args, |order| Value::Bool(order.is_eq()))),
    fixed("Compare", &[Any, TimeParam], |_, args| compared(args, |order| Value::Int(order as i64))),
    fixed("Sub", &[Any, TimeParam], |_, args| Ok(Value::Duration(args.time(0).since(&args.time(1))))),
    fixed("Add", &[Any, DurationParam], |_, args| Ok(args.time(0).plus(args.duration(1)).into())),
    fixed("AddDate", &[Any, Int, Int, Int], |_, args| Ok(args.time(0).plus_date(args.int(1), args.int(2), args.int(3)).into())),
    fixed("Truncate", &[Any, DurationParam], |_, args| Ok(args.time(0).to_multiple(args.duration(1), false).into())),
    fixed("Round", &[Any, DurationParam], |_, args| Ok(args.time(0).to_multiple(args.duration(1), true).into())),
    fixed("MarshalText", &[Any], |_, args| Ok(Value::Bytes(text(args, "MarshalText")?.into()))),
    fixed("MarshalJSON", &[Any], |_, args| Ok(Value::Bytes(format!("\"{}\"", text(args, "MarshalJSON")?).into()))),
    fixed("MarshalBinary", &[Any], |_, args| Ok(Value::Bytes(args.time(0).binary()?.into()))),
    fixed("GobEncode", &[Any], |_, args| Ok(Value::Bytes(args.time(0).binary()?.into()))),
    fixed("UTC", &[Any], |_, args| Ok(args.time(0).in_zone(Zone::Utc).into())),
    fixed("Local", &[Any], |call, args| Ok(args.time(0).in_zone(call.local_zone()).into())),
    fixed("Location", &[Any], |_, args| Ok(Value::Location(Rc::new(args.time(0).zone.clone())))),
    fixed("In", &[Any, Location], in_zone),
    unfit("Date", "function Date has 3 return values; should be 1 or 2"),
    unfit("Clock", "function Clock has 3 return values; should be 1 or 2"),
    unfit("ISOWeek", "invalid function signature for ISOWeek: second return value should be error; is int"),
    unfit("Zone", "invalid function signature for Zone: second return value should be error; is int"),
    unfit("ZoneBounds", "invalid function signature for ZoneBounds: second return value should be error; is time.Time"),
];

/// `time.Duration`.
pub(super) const DURATION: &[Function] = &[
    fixed("Hours", &[Any], |_, args| Ok(in_units(args, duration::HOUR))),
    fixed("Minutes", &[Any], |_, args| Ok(in_units(args, duration::MINUTE))),
    fixed("Seconds", &[Any], |_, args| Ok(in_units(args, duration::SECOND))),
    fixed("Milliseconds", &[Any], |_, args| Ok(Value::Int64(args.duration(0) / 1_000_000))),
    fixed("Microseconds", &[Any], |_, args| Ok(Value::Int64(args.duration(0) / 1_000))),
    fixed("Nanoseconds", &[Any], |_, args| Ok(Value::Int64(args.duration(0)))),
    fixed("Abs", &[Any], |_, args| Ok(Value::Duration(args.duration(0).saturating_abs()))),
    fixed("Truncate", &[Any, DurationParam], |_, args| Ok(multiple(args, false))),
    fixed("Round", &[Any, DurationParam], |_, args| Ok(multiple(args, true))),
    fixed("String", &[Any], |_, args| Ok(Value::text(shown(args.any(0))))),
];

/// `time.Month`, `time.Weekday` and `*time.Location`.
pub(super) const NAMED: &[Function] = &[fixed("String", &[Any], |_, args| Ok(Value::text(shown(args.any(0)))))];

fn civil(args: Args<'_>, get: impl FnOnce(Civil) -> Value) -> Outcome {
    Ok(get(args.time(0).civil()))
}

fn compared(args: Args<'_>, get: impl FnOnce(Ordering) -> Value) -> Outcome {
    Ok(get(args.time(0).compare(&args.time(1))))
}

/// The time since 1970, of which a second has so many.
fn unix(args: Args<'_>, per_second: i64) -> Value {
    let time = args.time(0);
    let fraction = i64::from(time.nanosecond) / (duration::SECOND / per_second);
    Value::Int64(time.seconds.wrapping_mul(per_second).wrapping_add(fraction))
}

fn text(args: Args<'_>, method: &str) -> Result<String, Fail> {
    args.time(0).marshalled().map_err(|problem| Fail::text(format!("Time.{method}: {problem}")))
}

/// The bytes that were given, and these.
fn appended(args: Args<'_>, bytes: &[u8]) -> Outcome {
    let given = match args.any(1) {
        Value::Bytes(given) => given,
        _ => &[][..],
    };
    Ok(Value::Bytes([given, bytes].concat().into()))
}

fn in_zone(_: &Call<'_>, args: Args<'_>) -> Outcome {
    match args.any(1) {
        Value::Location(zone) => Ok(args.time(0).in_zone(Zone::clone(zone)).into()),
        _ => Err("time: missing Location in call to Time.In".into()),
    }
}

/// The duration as a number of units.
fn in_units(args: Args<'_>, unit: i64) -> Value {
    let duration = args.duration(0);
    Value::Float((duration / unit) as f64 + (duration % unit) as f64 / unit as f64)
}

fn multiple(args: Args<'_>, nearest: bool) -> Value {
    Value::Duration(duration::to_multiple(args.duration(0), args.duration(1), nearest))
}

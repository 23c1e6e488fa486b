//! Dates and durations (sprig `date.go` over Go `time`): layouts by example, zones by name, and where no zone is named the local one.

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::Call;
use crate::template::time::duration::{HOUR, MINUTE};
use crate::template::time::parse::parse;
use crate::template::time::{SECOND, Time, Zone, duration};
use crate::template::value::Value;
use Param::{Any, Str, Time as TimeParam};

pub(super) const ROWS: &[Function] = &[
    fixed("now", &[], |call, _| Ok(now(call).into())),
    fixed("date", &[Str, Any], |call, args| Ok(in_zone(call, &args.str(0), args.any(1), "Local"))),
    fixed("dateInZone", &[Str, Any, Str], |call, args| Ok(in_zone(call, &args.str(0), args.any(1), &args.str(2)))),
    fixed("date_in_zone", &[Str, Any, Str], |call, args| Ok(in_zone(call, &args.str(0), args.any(1), &args.str(2)))),
    fixed("htmlDate", &[Any], |call, args| Ok(in_zone(call, HTML_DATE, args.any(0), "Local"))),
    fixed("htmlDateInZone", &[Any, Str], |call, args| Ok(in_zone(call, HTML_DATE, args.any(0), &args.str(1)))),
    fixed("dateModify", &[Str, TimeParam], |_, args| modify(args).or_else(|_| Ok(args.any(1).clone()))),
    fixed("date_modify", &[Str, TimeParam], |_, args| modify(args).or_else(|_| Ok(args.any(1).clone()))),
    fixed("mustDateModify", &[Str, TimeParam], |_, args| modify(args).map_err(Into::into)),
    fixed("must_date_modify", &[Str, TimeParam], |_, args| modify(args).map_err(Into::into)),
    fixed("ago", &[Any], ago),
    fixed("duration", &[Any], |_, args| Ok(Value::text(duration::text(seconds(args.any(0)).wrapping_mul(SECOND))))),
    fixed("durationRound", &[Any], duration_round),
    fixed("toDate", &[Str, Str], |call, args| Ok(read(call, args).unwrap_or_else(|_| Time::zero()).into())),
    fixed("mustToDate", &[Str, Str], |call, args| Ok(read(call, args)?.into())),
    fixed("unixEpoch", &[TimeParam], |_, args| Ok(Value::text(args.time(0).seconds.to_string()))),
];

const HTML_DATE: &str = "2006-01-02";
/// 2020-01-01, the time of stable renders.
const STABLE_NOW: i64 = 1_577_836_800;
const DAY: i64 = 24 * HOUR;

fn now(call: &Call<'_>) -> Time {
    call.impure();
    if call.is_stable() {
        return Time { monotonic: true, ..Time::from_unix(STABLE_NOW, Zone::Utc) };
    }
    Time::now(call.local_zone())
}

/// What sprig takes for a moment: times and integers; anything else is now.
fn moment(call: &Call<'_>, value: &Value) -> Time {
    match value {
        Value::Time(time) => Time::clone(time),
        Value::Int(seconds) | Value::Int64(seconds) => Time::from_unix(*seconds, call.local_zone()),
        _ => now(call),
    }
}

/// The moment as clocks of a zone show it; of an unknown zone as those of UTC.
fn in_zone(call: &Call<'_>, layout: &str, value: &Value, zone: &str) -> Value {
    let zone = call.load_zone(zone).unwrap_or(Zone::Utc);
    Value::text(moment(call, value).in_zone(zone).format(layout))
}

fn read(call: &Call<'_>, args: Args<'_>) -> Result<Time, String> {
    let local = call.local();
    parse(&args.str(0), args.text(1), &Zone::Local(local.clone()), local)
}

fn modify(args: Args<'_>) -> Result<Value, String> {
    Ok(args.time(1).plus(duration::parse(&args.str(0))?).into())
}

/// The nanoseconds from a moment to now.
fn passed(call: &Call<'_>, then: &Time) -> i64 {
    now(call).since(then)
}

fn ago(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let passed = passed(call, &moment(call, args.any(0)));
    Ok(Value::text(duration::text(duration::to_multiple(passed, SECOND, true))))
}

/// What `duration` takes for a number of seconds.
fn seconds(value: &Value) -> i64 {
    match value {
        Value::Str(text) => {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            text.lossy().parse::<i64>().unwrap_or_else(|error| match error.kind() {
                PosOverflow => i64::MAX,
                NegOverflow => i64::MIN,
                _ => 0,
            })
        }
        Value::Int64(seconds) => *seconds,
        _ => 0,
    }
}

fn duration_round(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let nanoseconds = match args.any(0) {
        Value::Str(text) => duration::parse(&text.lossy()).unwrap_or(0),
        Value::Int64(nanoseconds) => *nanoseconds,
        Value::Time(time) => passed(call, time),
        _ => 0,
    };
    let magnitude = nanoseconds.unsigned_abs();
    let units = [(365 * DAY, "y"), (30 * DAY, "mo"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    let largest = units.iter().find(|(unit, _)| magnitude > unit.unsigned_abs());
    Ok(Value::text(largest.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", magnitude / unit.unsigned_abs()))))
}

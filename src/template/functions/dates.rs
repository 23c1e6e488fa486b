//! Dates and durations (sprig `date.go` over Go `time`): layouts by example, zones by name. The local zone is UTC: a render must not depend
//! on the machine.

use std::rc::Rc;

use jiff::civil::Weekday;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use super::date_layout::{self, Piece};
use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::Call;
use crate::template::object::{Ordinal, Time, TomlLocal};
use crate::template::value::Value;
use Param::{Any, Str, Time as TimeParam};

pub(super) const ROWS: &[Function] = &[
    fixed("now", &[], |call, _| Ok(time_value(now(call), true))),
    fixed("date", &[Str, Any], |call, args| Ok(Value::text(layout(&moment(call, args.any(1)), &args.str(0))))),
    fixed("dateInZone", &[Str, Any, Str], |call, args| Ok(in_zone(call, &args.str(0), args.any(1), &args.str(2)))),
    fixed("date_in_zone", &[Str, Any, Str], |call, args| Ok(in_zone(call, &args.str(0), args.any(1), &args.str(2)))),
    fixed("htmlDate", &[Any], |call, args| Ok(Value::text(layout(&moment(call, args.any(0)), HTML_DATE)))),
    fixed("htmlDateInZone", &[Any, Str], |call, args| Ok(in_zone(call, HTML_DATE, args.any(0), &args.str(1)))),
    fixed("dateModify", &[Str, TimeParam], |_, args| modify(args).or_else(|_| Ok(args.any(1).clone()))),
    fixed("date_modify", &[Str, TimeParam], |_, args| modify(args).or_else(|_| Ok(args.any(1).clone()))),
    fixed("mustDateModify", &[Str, TimeParam], |_, args| modify(args).map_err(Into::into)),
    fixed("must_date_modify", &[Str, TimeParam], |_, args| modify(args).map_err(Into::into)),
    fixed("ago", &[Any], ago),
    fixed("duration", &[Any], |_, args| Ok(Value::text(duration_text(seconds(args.any(0)).wrapping_mul(SECOND))))),
    fixed("durationRound", &[Any], duration_round),
    fixed("toDate", &[Str, Str], |_, args| {
        Ok(date_layout::parse(&args.str(0), &args.str(1)).map_or_else(|_| zero_time(), |t| time_value(t, false)))
    }),
    fixed("mustToDate", &[Str, Str], |_, args| Ok(time_value(date_layout::parse(&args.str(0), &args.str(1))?, false))),
    fixed("unixEpoch", &[TimeParam], |_, args| Ok(Value::text(unix(args).to_string()))),
];

const HTML_DATE: &str = "2006-01-02";
/// 2020-01-01, the time of stable renders.
const STABLE_NOW: i64 = 1_577_836_800;
const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn time_value(zoned: ZonedDateTime, monotonic: bool) -> Value {
    Value::Time(Rc::new(Time { zoned, monotonic, local: None }))
}

/// Go's zero time.
fn zero_time() -> Value {
    let zero = jiff::civil::date(1, 1, 1).to_zoned_datetime(TimeZone::UTC).unwrap_or_default();
    time_value(zero, false)
}

/// A TOML date, time or both; without an offset it is in UTC.
pub(crate) fn from_toml(moment: &toml::value::Datetime) -> Value {
    let date = moment.date.map_or((0, 1, 1), |date| (date.year as i16, date.month as i8, date.day as i8));
    let time = moment.time.map_or((0, 0, 0, 0), |time| {
        (time.hour as i8, time.minute as i8, time.second.unwrap_or(0).min(59) as i8, time.nanosecond.unwrap_or(0) as i32)
    });
    let local = match (moment.date, moment.time, moment.offset) {
        (_, _, Some(_)) => None,
        (Some(_), Some(_), None) => Some(TomlLocal::DateTime),
        (Some(_), None, None) => Some(TomlLocal::Date),
        (None, ..) => Some(TomlLocal::Time),
    };
    let minutes = match moment.offset {
        Some(toml::value::Offset::Custom { minutes }) => i32::from(minutes),
        _ => 0,
    };
    let zone = if minutes == 0 { TimeZone::UTC } else { Offset::from_seconds(minutes * 60).map_or(TimeZone::UTC, TimeZone::fixed) };
    let civil = jiff::civil::DateTime::new(date.0, date.1, date.2, time.0, time.1, time.2, time.3);
    civil
        .and_then(|civil| civil.to_zoned_datetime(zone))
        .map_or_else(|_| zero_time(), |zoned| Value::Time(Rc::new(Time { zoned, monotonic: false, local })))
}

/// Whether it is Go's zero time.
pub(super) fn is_zero(zoned: &ZonedDateTime) -> bool {
    matches!(zero_time(), Value::Time(zero) if zero.zoned.timestamp() == zoned.timestamp())
}

fn now(call: &Call<'_>) -> ZonedDateTime {
    call.impure();
    if call.is_stable() {
        return from_unix(STABLE_NOW);
    }
    Timestamp::now().to_zoned_datetime(TimeZone::UTC)
}

/// What sprig takes for a moment: times and integers; anything else is now.
fn moment(call: &Call<'_>, value: &Value) -> ZonedDateTime {
    match value {
        Value::Time(time) => time.zoned.with_time_zone(TimeZone::UTC),
        Value::Int(seconds) | Value::Int64(seconds) => from_unix(*seconds),
        _ => now(call),
    }
}

fn from_unix(seconds: i64) -> ZonedDateTime {
    Timestamp::from_second(seconds).unwrap_or_default().to_zoned_datetime(TimeZone::UTC)
}

fn in_zone(call: &Call<'_>, format: &str, value: &Value, zone: &str) -> Value {
    let zone = match zone {
        "" | "UTC" | "Local" => TimeZone::UTC,
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    };
    Value::text(layout(&moment(call, value).with_time_zone(zone), format))
}

fn modify(args: Args<'_>) -> Result<Value, String> {
    let nanoseconds = parse_duration(&args.str(0))?;
    let Value::Time(time) = args.any(1) else { return Ok(args.any(1).clone()) };
    let moved = time.zoned.checked_add(SignedDuration::from_nanos(nanoseconds)).map_err(|_| "time out of range".to_owned())?;
    Ok(Value::Time(Rc::new(Time { zoned: moved, ..Time::clone(time) })))
}

fn unix(args: Args<'_>) -> i64 {
    match args.any(0) {
        Value::Time(time) => time.zoned.timestamp().as_second(),
        _ => 0,
    }
}

fn ago(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let then = match args.any(0) {
        Value::Time(time) => time.zoned.clone(),
        Value::Int(seconds) | Value::Int64(seconds) => from_unix(*seconds),
        _ => now(call),
    };
    let passed = now(call).timestamp().as_second() - then.timestamp().as_second();
    Ok(Value::text(duration_text(passed.saturating_mul(SECOND))))
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
        Value::Str(text) => parse_duration(&text.lossy()).unwrap_or(0),
        Value::Int64(nanoseconds) => *nanoseconds,
        Value::Time(time) => {
            let passed = now(call).timestamp().as_second() - time.zoned.timestamp().as_second();
            passed.saturating_mul(SECOND)
        }
        _ => 0,
    };
    let magnitude = nanoseconds.unsigned_abs();
    let units = [(365 * DAY, "y"), (30 * DAY, "mo"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    let largest = units.iter().find(|(unit, _)| magnitude > unit.unsigned_abs());
    Ok(Value::text(largest.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", magnitude / unit.unsigned_abs()))))
}

/// Go's `Duration.String`: `1h2m3.5s`.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let part = |value: u64, unit: u64| {
        let text = format!("{}.{:0width$}", value / unit, value % unit, width = unit.ilog10() as usize);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match magnitude {
        0 => "0s".into(),
        1..1_000 => format!("{sign}{magnitude}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", part(magnitude, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", part(magnitude, 1_000_000)),
        _ => {
            let (minute, hour) = (MINUTE.unsigned_abs(), HOUR.unsigned_abs());
            let seconds = part(magnitude % minute, SECOND.unsigned_abs());
            let (hours, minutes) = (magnitude / hour, magnitude % hour / minute);
            match (hours, minutes) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// Go's `time.ParseDuration`, in nanoseconds.
pub(super) fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", crate::template::fmt::quote(text.as_bytes()));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let mut points = 0;
        let ends = |c: char| {
            points += usize::from(c == '.');
            (!c.is_ascii_digit() && c != '.') || points > 1
        };
        let digits = rest.find(ends).unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "" => return Err(format!("time: missing unit in duration {}", crate::template::fmt::quote(text.as_bytes()))),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            unknown => {
                let (unknown, text) = (crate::template::fmt::quote(unknown.as_bytes()), crate::template::fmt::quote(text.as_bytes()));
                return Err(format!("time: unknown unit {unknown} in duration {text}"));
            }
        };
        total += number * unit as f64;
        rest = &rest[end..];
    }
    if total > i64::MAX as f64 {
        return Err(invalid());
    }
    Ok(if negative { -(total as i64) } else { total as i64 })
}

/// `2006-01-02T15:04:05.999999999Z07:00`.
pub(crate) fn rfc3339_nano(zoned: &ZonedDateTime) -> String {
    layout(zoned, "2006-01-02T15:04:05.999999999Z07:00")
}

/// Go's `Time.Format`.
pub(crate) fn layout(zoned: &ZonedDateTime, format: &str) -> String {
    let mut out = String::with_capacity(format.len() + 10);
    for piece in date_layout::pieces(format) {
        push_piece(&mut out, zoned, &piece);
    }
    out
}

fn push_piece(out: &mut String, zoned: &ZonedDateTime, piece: &Piece<'_>) {
    use std::fmt::Write as _;
    let hour12 = if zoned.hour() % 12 == 0 { 12 } else { zoned.hour() % 12 };
    let _ = match piece {
        Piece::Literal(text) => write!(out, "{text}"),
        Piece::Year => write!(out, "{:04}", zoned.year()),
        Piece::ShortYear => write!(out, "{:02}", zoned.year().rem_euclid(100)),
        Piece::LongMonth => write!(out, "{}", date_layout::MONTHS[zoned.month() as usize - 1]),
        Piece::ShortMonth => write!(out, "{}", &date_layout::MONTHS[zoned.month() as usize - 1][..3]),
        Piece::Month { padded } => write_number(out, zoned.month(), if *padded { Some('0') } else { None }),
        Piece::LongWeekday => write!(out, "{}", weekday(zoned.weekday())),
        Piece::ShortWeekday => write!(out, "{}", &weekday(zoned.weekday())[..3]),
        Piece::Day { fill } => write_number(out, zoned.day(), *fill),
        Piece::YearDay { fill } => match fill {
            Some('_') => write!(out, "{:3}", zoned.day_of_year()),
            _ => write!(out, "{:03}", zoned.day_of_year()),
        },
        Piece::Hour24 => write!(out, "{:02}", zoned.hour()),
        Piece::Hour12 { padded } => write_number(out, hour12, if *padded { Some('0') } else { None }),
        Piece::Minute { padded } => write_number(out, zoned.minute(), if *padded { Some('0') } else { None }),
        Piece::Second { padded } => write_number(out, zoned.second(), if *padded { Some('0') } else { None }),
        Piece::HalfDay { upper } => write!(
            out,
            "{}",
            match (zoned.hour() >= 12, upper) {
                (true, true) => "PM",
                (true, false) => "pm",
                (false, true) => "AM",
                (false, false) => "am",
            }
        ),
        Piece::ZoneName => write!(out, "{}", zone_name(zoned)),
        Piece::Offset { colons, seconds, minutes, zulu } => {
            push_offset(out, zoned.offset().seconds(), (*colons, *minutes, *seconds, *zulu));
            Ok(())
        }
        Piece::Fraction { point, digits, trims } => {
            let all = format!("{:09}", zoned.subsec_nanosecond());
            let shown = &all[..(*digits).min(9)];
            let shown = if *trims { shown.trim_end_matches('0') } else { shown };
            if shown.is_empty() { Ok(()) } else { write!(out, "{point}{shown}") }
        }
    };
}

fn write_number(out: &mut String, number: i8, fill: Option<char>) -> std::fmt::Result {
    use std::fmt::Write as _;
    match fill {
        Some('0') => write!(out, "{number:02}"),
        Some(_) => write!(out, "{number:2}"),
        None => write!(out, "{number}"),
    }
}

/// The name of a month or a day of the week.
pub(crate) fn ordinal_name(of: Ordinal, number: i64) -> &'static str {
    let (names, first): (&[&'static str], i64) = match of {
        Ordinal::Month => (&date_layout::MONTHS, 1),
        Ordinal::Weekday => (&date_layout::WEEKDAYS, 0),
    };
    usize::try_from(number - first).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

fn weekday(day: Weekday) -> &'static str {
    date_layout::WEEKDAYS[day.to_sunday_zero_offset() as usize]
}

fn zone_name(zoned: &ZonedDateTime) -> String {
    let info = zoned.time_zone().to_offset_info(zoned.timestamp());
    let abbreviation = info.abbreviation();
    let is_nameless = abbreviation.starts_with(['+', '-']) && zoned.time_zone().iana_name().is_none();
    if !is_nameless {
        return abbreviation.to_owned();
    }
    let minutes = info.offset().seconds() / 60;
    format!("{}{:02}{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

fn push_offset(out: &mut String, offset: i32, (colons, minutes, seconds, zulu): (bool, bool, bool, bool)) {
    use std::fmt::Write as _;
    if zulu && offset == 0 {
        out.push('Z');
        return;
    }
    let colon = if colons { ":" } else { "" };
    let magnitude = offset.abs();
    let _ = write!(out, "{}{:02}", if offset < 0 { '-' } else { '+' }, magnitude / 3600);
    if minutes {
        let _ = write!(out, "{colon}{:02}", magnitude % 3600 / 60);
    }
    if seconds {
        let _ = write!(out, "{colon}{:02}", magnitude % 60);
    }
}

#[cfg(test)]
mod tests {
    use super::{duration_text, parse_duration};

    #[test]
    fn durations_print_as_they_are_written() {
        for text in ["0s", "1ns", "1.5µs", "2ms", "1s", "1m0s", "1h0m0.5s", "-2h45m0s"] {
            assert_eq!(parse_duration(text).map(duration_text).as_deref(), Ok(text));
        }
    }
}

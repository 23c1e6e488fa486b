//! Go's layouts: a date written as `Mon Jan 2 15:04:05 MST 2006` shows how to write others.

use std::fmt::Write as _;

use super::{Civil, Time};

/// How times are written in JSON.
pub(crate) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";
pub(crate) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
pub(crate) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A part of a layout. `fill` is what a number is padded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'f> {
    Literal(&'f str),
    Year,
    ShortYear,
    LongMonth,
    ShortMonth,
    Month { padded: bool },
    LongWeekday,
    ShortWeekday,
    Day { fill: Option<char> },
    YearDay { fill: Option<char> },
    Hour24,
    Hour12 { padded: bool },
    Minute { padded: bool },
    Second { padded: bool },
    HalfDay { upper: bool },
    ZoneName,
    Offset { colons: bool, minutes: bool, seconds: bool, zulu: bool },
    Fraction { point: char, digits: usize, trims: bool },
}

/// The words of layouts, longer ones before their beginnings.
const WORDS: &[(&str, Piece<'static>)] = &[
    ("January", Piece::LongMonth),
    ("Monday", Piece::LongWeekday),
    ("MST", Piece::ZoneName),
    ("01", Piece::Month { padded: true }),
    ("002", Piece::YearDay { fill: Some('0') }),
    ("02", Piece::Day { fill: Some('0') }),
    ("03", Piece::Hour12 { padded: true }),
    ("04", Piece::Minute { padded: true }),
    ("05", Piece::Second { padded: true }),
    ("06", Piece::ShortYear),
    ("15", Piece::Hour24),
    ("1", Piece::Month { padded: false }),
    ("2006", Piece::Year),
    ("2", Piece::Day { fill: None }),
    ("__2", Piece::YearDay { fill: Some('_') }),
    ("_2", Piece::Day { fill: Some(' ') }),
    ("3", Piece::Hour12 { padded: false }),
    ("4", Piece::Minute { padded: false }),
    ("5", Piece::Second { padded: false }),
    ("PM", Piece::HalfDay { upper: true }),
    ("pm", Piece::HalfDay { upper: false }),
    ("-070000", Piece::Offset { colons: false, minutes: true, seconds: true, zulu: false }),
    ("-07:00:00", Piece::Offset { colons: true, minutes: true, seconds: true, zulu: false }),
    ("-0700", Piece::Offset { colons: false, minutes: true, seconds: false, zulu: false }),
    ("-07:00", Piece::Offset { colons: true, minutes: true, seconds: false, zulu: false }),
    ("-07", Piece::Offset { colons: false, minutes: false, seconds: false, zulu: false }),
    ("Z070000", Piece::Offset { colons: false, minutes: true, seconds: true, zulu: true }),
    ("Z07:00:00", Piece::Offset { colons: true, minutes: true, seconds: true, zulu: true }),
    ("Z0700", Piece::Offset { colons: false, minutes: true, seconds: false, zulu: true }),
    ("Z07:00", Piece::Offset { colons: true, minutes: true, seconds: false, zulu: true }),
    ("Z07", Piece::Offset { colons: false, minutes: false, seconds: false, zulu: true }),
];

/// Cuts a layout into its parts.
pub(super) fn pieces(format: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut literal, mut at) = (0, 0);
    while at < format.len() {
        match piece_at(format, at) {
            Some((piece, length)) => {
                if literal < at {
                    pieces.push(Piece::Literal(&format[literal..at]));
                }
                pieces.push(piece);
                at += length;
                literal = at;
            }
            None => at += format[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if literal < at {
        pieces.push(Piece::Literal(&format[literal..]));
    }
    pieces
}

pub(super) fn piece_at(format: &str, at: usize) -> Option<(Piece<'static>, usize)> {
    let rest = &format[at..];
    if rest.starts_with("_2006") {
        // The underscore is literal there, the year follows.
        return None;
    }
    if let Some((word, piece)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
        return Some((*piece, word.len()));
    }
    let not_lower = |length: usize| !rest[length..].starts_with(|c: char| c.is_ascii_lowercase());
    if rest.starts_with("Jan") && not_lower(3) {
        return Some((Piece::ShortMonth, 3));
    }
    if rest.starts_with("Mon") && not_lower(3) {
        return Some((Piece::ShortWeekday, 3));
    }
    fraction(rest)
}

/// `.000` or `,999`, not followed by another digit.
fn fraction(rest: &str) -> Option<(Piece<'static>, usize)> {
    let point = rest.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = rest[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let digits = rest[1..].chars().take_while(|c| *c == digit).count();
    let more = rest[1 + digits..].starts_with(|c: char| c.is_ascii_digit());
    (!more).then_some((Piece::Fraction { point, digits, trims: digit == '9' }, 1 + digits))
}

impl Time {
    /// Go's `Time.Format`.
    pub(crate) fn format(&self, layout: &str) -> String {
        let (civil, offset) = (self.civil(), self.zone.at(self.seconds));
        let mut out = String::with_capacity(layout.len() + 10);
        for piece in pieces(layout) {
            // Writing to memory can't fail.
            let _ = match piece {
                Piece::ZoneName if offset.abbreviation.is_empty() => write_offset(&mut out, offset.seconds, (false, true, false, false)),
                Piece::ZoneName => out.write_str(&offset.abbreviation),
                Piece::Offset { colons, minutes, seconds, zulu } => {
                    write_offset(&mut out, offset.seconds, (colons, minutes, seconds, zulu))
                }
                Piece::Fraction { point, digits, trims } => write_fraction(&mut out, self.nanosecond, point, digits, trims),
                piece => write_civil(&mut out, &civil, &piece),
            };
        }
        out
    }
}

fn write_civil(out: &mut String, civil: &Civil, piece: &Piece<'_>) -> std::fmt::Result {
    let Civil { date, hour, minute, second, weekday, year_day } = *civil;
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let filled = |padded: bool| padded.then_some('0');
    let (month, weekday) = (MONTHS[date.month as usize - 1], WEEKDAYS[weekday as usize]);
    match piece {
        Piece::Literal(text) => out.write_str(text),
        Piece::Year if date.year < 0 => write!(out, "-{:04}", date.year.unsigned_abs()),
        Piece::Year => write!(out, "{:04}", date.year),
        Piece::ShortYear => write!(out, "{:02}", date.year.unsigned_abs() % 100),
        Piece::LongMonth => out.write_str(month),
        Piece::ShortMonth => out.write_str(&month[..3]),
        Piece::Month { padded } => write_number(out, date.month, filled(*padded)),
        Piece::LongWeekday => out.write_str(weekday),
        Piece::ShortWeekday => out.write_str(&weekday[..3]),
        Piece::Day { fill } => write_number(out, date.day, *fill),
        Piece::YearDay { fill: Some('_') } => write!(out, "{year_day:3}"),
        Piece::YearDay { .. } => write!(out, "{year_day:03}"),
        Piece::Hour24 => write!(out, "{hour:02}"),
        Piece::Hour12 { padded } => write_number(out, hour12, filled(*padded)),
        Piece::Minute { padded } => write_number(out, minute, filled(*padded)),
        Piece::Second { padded } => write_number(out, second, filled(*padded)),
        Piece::HalfDay { upper: true } => out.write_str(if hour >= 12 { "PM" } else { "AM" }),
        Piece::HalfDay { upper: false } => out.write_str(if hour >= 12 { "pm" } else { "am" }),
        Piece::ZoneName | Piece::Offset { .. } | Piece::Fraction { .. } => Ok(()),
    }
}

fn write_number(out: &mut String, number: i64, fill: Option<char>) -> std::fmt::Result {
    match fill {
        Some('0') => write!(out, "{number:02}"),
        Some(_) => write!(out, "{number:2}"),
        None => write!(out, "{number}"),
    }
}

fn write_fraction(out: &mut String, nanosecond: u32, point: char, digits: usize, trims: bool) -> std::fmt::Result {
    let all = format!("{nanosecond:09}");
    let shown = &all[..digits.min(9)];
    let shown = if trims { shown.trim_end_matches('0') } else { shown };
    if shown.is_empty() { Ok(()) } else { write!(out, "{point}{shown}") }
}

fn write_offset(out: &mut String, offset: i32, (colons, minutes, seconds, zulu): (bool, bool, bool, bool)) -> std::fmt::Result {
    if zulu && offset == 0 {
        return out.write_str("Z");
    }
    let colon = if colons { ":" } else { "" };
    // Less than a minute west of Greenwich is east for Go.
    let (whole, magnitude) = (offset / 60, offset.unsigned_abs());
    write!(out, "{}{:02}", if whole < 0 { '-' } else { '+' }, magnitude / 3600)?;
    if minutes {
        write!(out, "{colon}{:02}", magnitude % 3600 / 60)?;
    }
    if seconds {
        let rest = if whole < 0 { offset.abs() % 60 } else { offset % 60 };
        write!(out, "{colon}{}{:02}", if rest < 0 { "-" } else { "" }, rest.abs())?;
    }
    Ok(())
}

//! Go's layouts: a date written as `Mon Jan 2 15:04:05 MST 2006` shows how to write others, and how to read them.

use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::template::fmt::quote;

pub(super) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

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

fn piece_at(format: &str, at: usize) -> Option<(Piece<'static>, usize)> {
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

/// The fields read so far.
struct Found {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    afternoon: Option<bool>,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset: Option<i32>,
}

/// Reads a date as a layout shows it; without a zone it is UTC.
///
/// # Errors
/// Go's message: `parsing time "x" as "2006": cannot parse "x" as "2006"`.
pub(super) fn parse(format: &str, text: &str) -> Result<ZonedDateTime, String> {
    let mut found = Found { year: 0, month: 1, day: 1, hour: 0, afternoon: None, minute: 0, second: 0, nanosecond: 0, offset: None };
    let mut rest = text;
    let mut at = 0;
    let lead = || format!("parsing time {} as {}: ", quote(text.as_bytes()), quote(format.as_bytes()));
    for piece in pieces(format) {
        let shown = &format[at..];
        let length = match piece {
            Piece::Literal(literal) => literal.len(),
            _ => piece_at(format, at).map_or(0, |(_, length)| length),
        };
        rest = read(&mut found, &piece, rest).ok_or_else(|| {
            let element = if matches!(piece, Piece::Literal(_)) { shown } else { &shown[..length] };
            format!("{}cannot parse {} as {}", lead(), quote(rest.as_bytes()), quote(element.as_bytes()))
        })?;
        at += length;
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(text.as_bytes()), quote(rest.as_bytes())));
    }
    found.moment().ok_or_else(|| format!("parsing time {}: day out of range", quote(text.as_bytes())))
}

impl Found {
    fn moment(&self) -> Option<ZonedDateTime> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let written = DateTime::new(self.year, self.month, self.day, hour, self.minute, self.second, self.nanosecond).ok()?;
        let zone = match self.offset {
            None | Some(0) => TimeZone::UTC,
            Some(seconds) => TimeZone::fixed(Offset::from_seconds(seconds).ok()?),
        };
        written.to_zoned_datetime(zone).ok()
    }
}

/// A number of `least` to `most` digits, and what follows.
fn number(text: &str, least: usize, most: usize) -> Option<(i32, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let value = text.get(..digits).filter(|_| digits >= least)?.parse().ok()?;
    Some((value, &text[digits..]))
}

fn name<'t>(text: &'t str, names: &[&str], length: Option<usize>) -> Option<(usize, &'t str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = length.map_or(*name, |length| &name[..length]);
        let found = text.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
        Some((index, &text[found.len()..]))
    })
}

fn small(value: i32, range: std::ops::RangeInclusive<i32>) -> Option<i8> {
    range.contains(&value).then(|| i8::try_from(value).ok())?
}

fn read<'t>(found: &mut Found, piece: &Piece<'_>, text: &'t str) -> Option<&'t str> {
    let two = |padded: bool| number(text, if padded { 2 } else { 1 }, 2);
    let rest = match piece {
        Piece::Literal(literal) => return text.strip_prefix(literal),
        Piece::Year => {
            let (year, rest) = number(text, 4, 4)?;
            found.year = i16::try_from(year).ok()?;
            rest
        }
        Piece::ShortYear => {
            let (year, rest) = two(true)?;
            found.year = i16::try_from(if year >= 69 { 1900 + year } else { 2000 + year }).ok()?;
            rest
        }
        Piece::LongMonth | Piece::ShortMonth => {
            let (index, rest) = name(text, &MONTHS, matches!(piece, Piece::ShortMonth).then_some(3))?;
            found.month = index as i8 + 1;
            rest
        }
        Piece::LongWeekday => name(text, &WEEKDAYS, None)?.1,
        Piece::ShortWeekday => name(text, &WEEKDAYS, Some(3))?.1,
        Piece::Month { padded } => {
            let (month, rest) = two(*padded)?;
            found.month = small(month, 1..=12)?;
            rest
        }
        Piece::Day { fill } => {
            let (day, rest) = number(text.trim_start_matches(' '), if *fill == Some('0') { 2 } else { 1 }, 2)?;
            found.day = small(day, 1..=31)?;
            rest
        }
        Piece::YearDay { .. } => number(text.trim_start(), 1, 3)?.1,
        Piece::Hour24 => {
            let (hour, rest) = two(true)?;
            found.hour = small(hour, 0..=23)?;
            rest
        }
        Piece::Hour12 { padded } => {
            let (hour, rest) = two(*padded)?;
            found.hour = small(hour, 0..=12)?;
            rest
        }
        Piece::Minute { padded } => {
            let (minute, rest) = two(*padded)?;
            found.minute = small(minute, 0..=59)?;
            rest
        }
        Piece::Second { padded } => {
            let (second, rest) = two(*padded)?;
            found.second = small(second, 0..=59)?;
            read_fraction(found, rest).unwrap_or(rest)
        }
        Piece::HalfDay { .. } => {
            let half = text.get(..2)?;
            found.afternoon = Some(half.eq_ignore_ascii_case("pm"));
            (half.eq_ignore_ascii_case("pm") || half.eq_ignore_ascii_case("am")).then_some(&text[2..])?
        }
        Piece::ZoneName => {
            let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
            (letters >= 3).then_some(&text[letters..])?
        }
        Piece::Offset { colons, minutes, zulu, .. } => return read_offset(found, text, *colons, *minutes, *zulu),
        Piece::Fraction { .. } => read_fraction(found, text).unwrap_or(text),
    };
    Some(rest)
}

fn read_fraction<'t>(found: &mut Found, text: &'t str) -> Option<&'t str> {
    let digits = text.strip_prefix(['.', ','])?;
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    found.nanosecond = format!("{:0<9}", &digits[..count])[..9].parse().ok()?;
    Some(&digits[count..])
}

fn read_offset<'t>(found: &mut Found, text: &'t str, colons: bool, minutes: bool, zulu: bool) -> Option<&'t str> {
    if zulu && let Some(rest) = text.strip_prefix('Z') {
        found.offset = Some(0);
        return Some(rest);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, mut rest) = number(&text[1..], 2, 2)?;
    let mut offset = hours * 3600;
    if minutes {
        rest = if colons { rest.strip_prefix(':')? } else { rest };
        let (minutes, after) = number(rest, 2, 2)?;
        offset += minutes * 60;
        rest = after;
    }
    found.offset = Some(sign * offset);
    Some(rest)
}

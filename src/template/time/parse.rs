//! Reading dates as a layout shows them (`time.ParseInLocation`).

use super::layout::{MONTHS, Piece, WEEKDAYS, piece_at, pieces};
use super::{Date, LocalZone, Time, Zone, quoted};

/// The days before each month of a year without a leap day, and of the whole year.
const DAYS_BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// What was read so far.
#[derive(Default)]
struct Found {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    /// Whether `PM` stood there, or `AM`.
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    nanosecond: i64,
    is_utc: bool,
    offset: Option<i32>,
    /// The abbreviation of a zone.
    zone: Option<String>,
}

/// Why a part can't be read.
enum Fault {
    Unreadable,
    /// The part whose number is too large.
    OutOfRange(&'static str),
}

type Rest<'t> = Result<&'t [u8], Fault>;

/// Reads a date as a layout shows it; without a zone it is in `otherwise`. A zone that the local one has at that time is the local one.
///
/// # Errors
/// Go's message: `parsing time "x" as "2006": cannot parse "x" as "2006"`.
pub(crate) fn parse(layout: &str, text: &[u8], otherwise: &Zone, local: &LocalZone) -> Result<Time, String> {
    let mut found = Found::default();
    let (mut rest, mut at) = (text, 0);
    let about = |message: &str| format!("parsing time {}{message}", quoted(text));
    let pieces = pieces(layout);
    for (index, piece) in pieces.iter().enumerate() {
        let length = match piece {
            Piece::Literal(literal) => literal.len(),
            _ => piece_at(layout, at).map_or(0, |(_, length)| length),
        };
        let unreadable = |rest: &[u8]| {
            let (layout, shown) = (quoted(layout.as_bytes()), quoted(&layout.as_bytes()[at..at + length]));
            about(&format!(" as {layout}: cannot parse {} as {shown}", quoted(rest)))
        };
        let next = pieces[index + 1..].iter().find(|piece| !matches!(piece, Piece::Literal(_)));
        rest = match piece {
            Piece::Literal(literal) => skip(literal.as_bytes(), rest).map_err(unreadable)?,
            piece => found.read(piece, rest, matches!(next, Some(Piece::Fraction { .. }))).map_err(|fault| match fault {
                Fault::Unreadable => unreadable(rest),
                Fault::OutOfRange(part) => about(&format!(": {part} out of range")),
            })?,
        };
        at += length;
    }
    if !rest.is_empty() {
        return Err(about(&format!(": extra text: {}", quoted(rest))));
    }
    let date = found.date().map_err(|problem| about(&format!(": {problem}")))?;
    Ok(found.moment(date, otherwise, local))
}

/// What follows the literal; a space in it stands for any number of them. What is left, where it doesn't fit.
fn skip<'t>(mut literal: &[u8], mut text: &'t [u8]) -> Result<&'t [u8], &'t [u8]> {
    while let [first, others @ ..] = literal {
        if *first == b' ' {
            if !text.is_empty() && text[0] != b' ' {
                return Err(text);
            }
            (literal, text) = (without_spaces(literal), without_spaces(text));
        } else {
            text = text.strip_prefix(&[*first]).ok_or(text)?;
            literal = others;
        }
    }
    Ok(text)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| **byte == b' ').count()..]
}

/// How many of the first `most` bytes are digits in a row.
fn digits(text: &[u8], most: usize) -> usize {
    text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count()
}

/// A number of `least` to `most` digits, and what follows.
fn number(text: &[u8], least: usize, most: usize) -> Result<(i64, &[u8]), Fault> {
    let count = digits(text, most);
    if count < least.max(1) {
        return Err(Fault::Unreadable);
    }
    let (number, rest) = text.split_at(count);
    Ok((number.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')), rest))
}

/// A whole text that is a number, perhaps with a sign (`time.atoi`).
fn signed(text: &[u8]) -> Result<i64, Fault> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    match number(digits, 1, digits.len())? {
        (value, []) => Ok(sign * value),
        _ => Err(Fault::Unreadable),
    }
}

fn within(value: i64, range: std::ops::RangeInclusive<i64>, part: &'static str) -> Result<i64, Fault> {
    if range.contains(&value) { Ok(value) } else { Err(Fault::OutOfRange(part)) }
}

/// The place of the name that a text begins with, and what follows. `length` cuts the names.
fn name<'t>(text: &'t [u8], names: &[&str], length: usize) -> Result<(i64, &'t [u8]), Fault> {
    let found = names.iter().zip(0..).find_map(|(name, index)| {
        let name = &name.as_bytes()[..name.len().min(length)];
        let (start, rest) = text.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some((index, rest))
    });
    found.ok_or(Fault::Unreadable)
}

impl Found {
    /// Reads one part and returns what follows it.
    fn read<'t>(&mut self, piece: &Piece<'_>, text: &'t [u8], fraction_follows: bool) -> Rest<'t> {
        let two = |padded: bool| number(text, if padded { 2 } else { 1 }, 2);
        let rest = match *piece {
            Piece::Literal(literal) => return skip(literal.as_bytes(), text).map_err(|_| Fault::Unreadable),
            Piece::Year => {
                let (year, rest) = number(text, 4, 4)?;
                self.year = year;
                rest
            }
            Piece::ShortYear => {
                let (year, rest) = text.split_at_checked(2).ok_or(Fault::Unreadable)?;
                let year = signed(year)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
                rest
            }
            Piece::LongMonth | Piece::ShortMonth => {
                let (index, rest) = name(text, &MONTHS, if matches!(piece, Piece::ShortMonth) { 3 } else { usize::MAX })?;
                self.month = Some(index + 1);
                rest
            }
            Piece::LongWeekday => name(text, &WEEKDAYS, usize::MAX)?.1,
            Piece::ShortWeekday => name(text, &WEEKDAYS, 3)?.1,
            Piece::Month { padded } => {
                let (month, rest) = two(padded)?;
                self.month = Some(within(month, 1..=12, "month")?);
                rest
            }
            Piece::Day { fill } => {
                let text = if fill == Some(' ') { text.strip_prefix(b" ").unwrap_or(text) } else { text };
                let (day, rest) = number(text, if fill == Some('0') { 2 } else { 1 }, 2)?;
                self.day = Some(day);
                rest
            }
            Piece::YearDay { fill } => {
                let spaces = if fill == Some('_') { text.iter().take(2).take_while(|byte| **byte == b' ').count() } else { 0 };
                let (day, rest) = number(&text[spaces..], if fill == Some('_') { 1 } else { 3 }, 3)?;
                self.year_day = Some(day);
                rest
            }
            Piece::Hour24 => {
                let (hour, rest) = two(false)?;
                self.hour = within(hour, 0..=23, "hour")?;
                rest
            }
            Piece::Hour12 { padded } => {
                let (hour, rest) = two(padded)?;
                self.hour = within(hour, 0..=12, "hour")?;
                rest
            }
            Piece::Minute { padded } => {
                let (minute, rest) = two(padded)?;
                self.minute = within(minute, 0..=59, "minute")?;
                rest
            }
            Piece::Second { padded } => {
                let (second, rest) = two(padded)?;
                self.second = within(second, 0..=59, "second")?;
                if fraction_follows { rest } else { self.read_fraction(rest)? }
            }
            Piece::HalfDay { upper } => {
                let (half, rest) = text.split_at_checked(2).ok_or(Fault::Unreadable)?;
                self.afternoon = Some(match (half, upper) {
                    (b"PM", true) | (b"pm", false) => true,
                    (b"AM", true) | (b"am", false) => false,
                    _ => return Err(Fault::Unreadable),
                });
                rest
            }
            Piece::ZoneName => return self.read_zone(text),
            Piece::Offset { zulu: true, .. } if text.starts_with(b"Z") => {
                self.is_utc = true;
                &text[1..]
            }
            Piece::Offset { colons, minutes, seconds, .. } => return self.read_offset(text, colons, minutes, seconds),
            Piece::Fraction { trims: true, .. } => return self.read_fraction(text),
            Piece::Fraction { digits, .. } => {
                let (fraction, rest) = text.split_at_checked(1 + digits).ok_or(Fault::Unreadable)?;
                self.set_fraction(fraction)?;
                rest
            }
        };
        Ok(rest)
    }

    /// A point or comma and digits, when they stand there.
    fn read_fraction<'t>(&mut self, text: &'t [u8]) -> Rest<'t> {
        match text {
            [b'.' | b',', after @ ..] if after.first().is_some_and(u8::is_ascii_digit) => {
                let (fraction, rest) = text.split_at(1 + digits(after, usize::MAX));
                self.set_fraction(fraction)?;
                Ok(rest)
            }
            text => Ok(text),
        }
    }

    /// A point or comma and what should be digits, of which nine count.
    fn set_fraction(&mut self, fraction: &[u8]) -> Result<(), Fault> {
        let [b'.' | b',', number @ ..] = fraction else { return Err(Fault::Unreadable) };
        let number = &number[..number.len().min(9)];
        let value = within(signed(number)?, 0..=i64::MAX, "fractional second")?;
        self.nanosecond = (number.len()..9).fold(value, |value, _| value * 10);
        Ok(())
    }

    fn read_zone<'t>(&mut self, text: &'t [u8]) -> Rest<'t> {
        if let Some(rest) = text.strip_prefix(b"UTC") {
            self.is_utc = true;
            return Ok(rest);
        }
        let length = zone_length(text).ok_or(Fault::Unreadable)?;
        self.zone = Some(String::from_utf8_lossy(&text[..length]).into_owned());
        Ok(&text[length..])
    }

    fn read_offset<'t>(&mut self, text: &'t [u8], colons: bool, minutes: bool, seconds: bool) -> Rest<'t> {
        let step = if colons { 3 } else { 2 };
        let length = 3 + step * (usize::from(minutes) + usize::from(seconds));
        let (offset, rest) = text.split_at_checked(length).ok_or(Fault::Unreadable)?;
        let has_colon = |at: usize| !colons || offset.get(at).is_none_or(|byte| *byte == b':');
        if !has_colon(3) || !has_colon(6) {
            return Err(Fault::Unreadable);
        }
        let part = |index: usize| {
            offset.get(1 + step * index..).filter(|part| !part.is_empty()).map_or(Ok((0, &b""[..])), |part| number(part, 2, 2))
        };
        let hours = within(part(0)?.0, 0..=24, "time zone offset hour")?;
        let minutes = within(part(1)?.0, 0..=60, "time zone offset minute")?;
        let seconds = within(part(2)?.0, 0..=60, "time zone offset second")?;
        let magnitude = ((hours * 60 + minutes) * 60 + seconds) as i32;
        self.offset = match offset[0] {
            b'+' => Some(magnitude),
            // Go keeps this very number for no offset at all.
            b'-' if magnitude == 1 => None,
            b'-' => Some(-magnitude),
            _ => return Err(Fault::Unreadable),
        };
        Ok(rest)
    }

    /// The day that was read.
    fn date(&mut self) -> Result<Date, &'static str> {
        if let Some(year_day) = self.year_day {
            let (month, day) = self.of_year_day(year_day).ok_or("day-of-year out of range")?;
            if self.month.is_some_and(|read| read != month) {
                return Err("day-of-year does not match month");
            }
            if self.day.is_some_and(|read| read != day) {
                return Err("day-of-year does not match day");
            }
            (self.month, self.day) = (Some(month), Some(day));
        }
        let date = Date { year: self.year, month: self.month.unwrap_or(1), day: self.day.unwrap_or(1) };
        if (1..=Date::days_of_month(date.year, date.month)).contains(&date.day) { Ok(date) } else { Err("day out of range") }
    }

    /// The month and the day of it.
    fn of_year_day(&self, day: i64) -> Option<(i64, i64)> {
        let day = match day {
            60 if Date::is_leap(self.year) => return Some((2, 29)),
            61.. if Date::is_leap(self.year) => day - 1,
            day => day,
        };
        let month = DAYS_BEFORE.windows(2).position(|days| (days[0] + 1..=days[1]).contains(&day))?;
        Some((month as i64 + 1, day - DAYS_BEFORE[month]))
    }

    fn moment(&self, date: Date, otherwise: &Zone, local: &LocalZone) -> Time {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let of = |zone| Time::of_civil(date, hour * 3600 + self.minute * 60 + self.second, self.nanosecond as u32, zone);
        let shown = of(Zone::Utc);
        if self.is_utc {
            return shown;
        }
        let here = Zone::Local(local.clone());
        if let Some(offset) = self.offset {
            let moment = Time { seconds: shown.seconds - i64::from(offset), ..shown };
            let at = here.at(moment.seconds);
            let is_here = at.seconds == offset && self.zone.as_ref().is_none_or(|zone| *zone == at.abbreviation);
            let zone = if is_here { here } else { Zone::fixed(self.zone.as_deref().unwrap_or_default(), offset) };
            return Time { zone, ..moment };
        }
        match &self.zone {
            Some(zone) => match here.offset_of_name(zone, shown.seconds) {
                Some(offset) => Time { seconds: shown.seconds - i64::from(offset), zone: here, ..shown },
                // Of a zone it doesn't know, Go keeps the name alone; the clock is taken for one of UTC.
                None => Time { zone: Zone::fixed(zone, hours_of_gmt(zone) * 3600), ..shown },
            },
            None => of(otherwise.clone()),
        }
    }
}

/// How much of a text is the abbreviation of a zone: three to five capital letters, `GMT+3`, `+03`.
fn zone_length(text: &[u8]) -> Option<usize> {
    match text {
        [b'C', b'h', b'S', b'T', ..] | [b'M', b'e', b'S', b'T', ..] => return Some(4),
        [b'G', b'M', b'T', hours @ ..] => return Some(3 + hours_length(hours)),
        [b'+' | b'-', _, _, ..] => return Some(hours_length(text)).filter(|length| *length > 0),
        _ => {}
    }
    match text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        3 => Some(3),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        5 if text[4] == b'T' => Some(5),
        _ => None,
    }
}

/// How much of a text is a sign and up to 23 hours.
fn hours_length(text: &[u8]) -> usize {
    let [b'+' | b'-', hours @ ..] = text else { return 0 };
    let count = digits(hours, usize::MAX);
    let value = std::str::from_utf8(&hours[..count]).ok().and_then(|hours| hours.parse::<u64>().ok());
    if value.is_some_and(|hours| hours <= 23) { 1 + count } else { 0 }
}

/// The hours behind `GMT`.
fn hours_of_gmt(zone: &str) -> i32 {
    zone.strip_prefix("GMT").and_then(|hours| hours.parse().ok()).unwrap_or(0)
}

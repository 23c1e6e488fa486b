//! Go's `time` as templates see it: moments of any year in a zone, layouts by example, durations. The crate `jiff` knows the world's zones;
//! the calendar is here, since Go's has no first and no last year. Depends on nothing.

mod calendar;
pub(crate) mod duration;
pub(crate) mod layout;
pub(crate) mod parse;
mod zone;

use std::fmt;

pub(crate) use calendar::{Date, SECONDS_PER_DAY};
pub(crate) use duration::SECOND;
pub use zone::{LocalZone, TomlLocal, Zone};

/// Seconds from Go's first year to 1970.
pub(crate) const UNIX_EPOCH: i64 = 62_135_596_800;

/// Seconds from the first day that Go's calendar has to 1970; what is earlier is far in the future for it.
const YEARS_BEGIN: i64 = 9_223_372_028_715_321_600;

/// A moment in a time zone; `Display` is Go's `time.Time.String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970.
    pub(crate) seconds: i64,
    /// Nanoseconds of the second.
    pub(crate) nanosecond: u32,
    /// Where clocks are read.
    pub(crate) zone: Zone,
    /// Whether it came from the clock: Go then also has the seconds since the process began, and prints them as `m=+0.1`.
    pub(crate) monotonic: bool,
}

/// What clocks and calendars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) date: Date,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// From 0 for Sunday.
    pub(crate) weekday: i64,
    /// From 1.
    pub(crate) year_day: i64,
}

impl Time {
    /// Go's zero time.
    pub(crate) fn zero() -> Self {
        Self { seconds: -UNIX_EPOCH, nanosecond: 0, zone: Zone::Utc, monotonic: false }
    }

    /// So many seconds after 1970 began.
    pub(crate) fn from_unix(seconds: i64, zone: Zone) -> Self {
        Self { seconds, nanosecond: 0, zone, monotonic: false }
    }

    /// What the clock shows.
    pub(crate) fn now(zone: Zone) -> Self {
        let nanoseconds = jiff::Timestamp::now().as_nanosecond();
        let seconds = i64::try_from(nanoseconds.div_euclid(i128::from(SECOND))).unwrap_or(0);
        Self { seconds, nanosecond: nanoseconds.rem_euclid(i128::from(SECOND)) as u32, zone, monotonic: true }
    }

    /// The moment when clocks in a zone show this many seconds of this day; of two such moments or none, the one Go takes.
    pub(crate) fn of_civil(date: Date, clock: i64, nanosecond: u32, zone: Zone) -> Self {
        let shown = date.days().wrapping_mul(SECONDS_PER_DAY).wrapping_add(clock);
        let near = shown.wrapping_sub(zone.at(shown).seconds.into());
        let seconds = shown.wrapping_sub(zone.at(near).seconds.into());
        Self { seconds, nanosecond, zone, monotonic: false }
    }

    /// What clocks and calendars show in its zone.
    pub(crate) fn civil(&self) -> Civil {
        let shown = self.seconds.wrapping_add(self.offset().into()).wrapping_add(YEARS_BEGIN) as u64;
        let (days, clock) = (shown / SECONDS_PER_DAY as u64, shown % SECONDS_PER_DAY as u64);
        let (days, clock) = (days as i64 - YEARS_BEGIN / SECONDS_PER_DAY, clock as i64);
        let date = Date::of_days(days);
        Civil {
            date,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            // 1970 began on a Thursday.
            weekday: (days + 4).rem_euclid(7),
            year_day: days - Date { month: 1, day: 1, ..date }.days() + 1,
        }
    }

    /// Seconds east of Greenwich.
    pub(crate) fn offset(&self) -> i32 {
        self.zone.at(self.seconds).seconds
    }

    /// The seconds since Go's first year and the nanoseconds: what orders moments.
    fn instant(&self) -> (i64, u32) {
        (self.seconds.wrapping_add(UNIX_EPOCH), self.nanosecond)
    }

    /// Whether both are the same, and their zones alike.
    pub(crate) fn is_deeply(&self, other: &Self) -> bool {
        (self.instant(), self.monotonic) == (other.instant(), other.monotonic) && self.zone.is_like(&other.zone)
    }

    /// The order of two moments, whatever their zones.
    pub(crate) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.instant().cmp(&other.instant())
    }

    /// The moment so many nanoseconds later.
    #[must_use]
    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        let fraction = i64::from(self.nanosecond) + nanoseconds % SECOND;
        let seconds = (nanoseconds / SECOND).wrapping_add(fraction.div_euclid(SECOND));
        let nanosecond = fraction.rem_euclid(SECOND) as u32;
        // Go stops at the first and last second that its count from its first year has.
        let since_first = self.seconds.wrapping_add(UNIX_EPOCH).saturating_add(seconds);
        Self { seconds: since_first.wrapping_sub(UNIX_EPOCH), nanosecond, ..self.clone() }
    }

    /// The nanoseconds since another moment; the longest durations there are where there are too many.
    pub(crate) fn since(&self, earlier: &Self) -> i64 {
        let of = |time: &Self| i128::from(time.instant().0) * i128::from(SECOND) + i128::from(time.nanosecond);
        let exact = of(self) - of(earlier);
        i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
    }

    /// The same clock time other years, months and days later. What overflows carries over: a month after January 31 is March 2 or 3.
    #[must_use]
    pub(crate) fn plus_date(&self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let months = (civil.date.month - 1).wrapping_add(months);
        let year = civil.date.year.wrapping_add(years).wrapping_add(months.div_euclid(12));
        let date = Date { year, month: months.rem_euclid(12) + 1, day: civil.date.day.wrapping_add(days) };
        let clock = civil.hour * 3600 + civil.minute * 60 + civil.second;
        Self::of_civil(date, clock, self.nanosecond, self.zone.clone())
    }

    /// The same moment elsewhere.
    #[must_use]
    pub(crate) fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, monotonic: false, ..self.clone() }
    }

    /// The last multiple of a duration since Go's first year, or the nearest one.
    #[must_use]
    pub(crate) fn to_multiple(&self, of: i64, nearest: bool) -> Self {
        let bare = Self { monotonic: false, ..self.clone() };
        if of <= 0 {
            return bare;
        }
        let (seconds, nanosecond) = self.instant();
        let since_first = i128::from(seconds) * i128::from(SECOND) + i128::from(nanosecond);
        let over = since_first.rem_euclid(of.into()) as i64;
        if nearest && !duration::is_less_than_half(over, of) { bare.plus(of - over) } else { bare.plus(-over) }
    }

    /// RFC 3339 as `MarshalText` writes it.
    ///
    /// # Errors
    /// Go's message for a year or an offset that has no place in it.
    pub(crate) fn marshalled(&self) -> Result<String, &'static str> {
        if !(0..=9999).contains(&self.civil().date.year) {
            return Err("year outside of range [0,9999]");
        }
        if self.offset().abs() / 60 >= 24 * 60 {
            return Err("timezone hour outside of range [0,23]");
        }
        Ok(self.format(layout::RFC3339_NANO))
    }

    /// `Time.MarshalBinary`.
    ///
    /// # Errors
    /// Go's message for an offset that has no place in it.
    pub(crate) fn binary(&self) -> Result<Vec<u8>, &'static str> {
        let offset = self.offset();
        let (version, minutes) = match self.zone {
            Zone::Utc => (1, -1),
            _ if offset / 60 == -1 => return Err("Time.MarshalBinary: unexpected zone offset"),
            _ => (if offset % 60 == 0 { 1 } else { 2 }, offset / 60),
        };
        let (seconds, nanosecond) = self.instant();
        let minutes = i16::try_from(minutes).map_err(|_| "Time.MarshalBinary: unexpected zone offset")?;
        let mut bytes = vec![version];
        bytes.extend(seconds.to_be_bytes());
        bytes.extend(nanosecond.to_be_bytes());
        bytes.extend(minutes.to_be_bytes());
        if version == 2 {
            bytes.push((offset % 60) as u8);
        }
        Ok(bytes)
    }

    /// `Time.GoString`.
    pub(crate) fn go_text(&self) -> String {
        let Civil { date, hour, minute, second, .. } = self.civil();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local(_) => "time.Local".to_owned(),
            zone => format!("time.Location({})", quoted(zone.name().as_bytes())),
        };
        let month = layout::MONTHS[date.month as usize - 1];
        format!("time.Date({}, time.{month}, {}, {hour}, {minute}, {second}, {}, {zone})", date.year, date.day, self.nanosecond)
    }
}

/// A text between quotation marks as Go's `time` shows it.
fn quoted(text: &[u8]) -> String {
    use fmt::Write as _;
    let mut out = String::from('"');
    for &byte in text {
        // Writing to memory can't fail.
        let _ = match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte)),
            b' '..=b'\x7f' => write!(out, "{}", char::from(byte)),
            byte => write!(out, "\\x{byte:02x}"),
        };
    }
    out + "\""
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))?;
        if self.monotonic { f.write_str(" m=+0.000000001") } else { Ok(()) }
    }
}

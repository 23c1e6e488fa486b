//! The Gregorian calendar, carried on for ever in both directions.

/// Seconds of a day.
pub(crate) const SECONDS_PER_DAY: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;
/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: i64 = 719_468;

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// From 1 to 12.
    pub(crate) month: i64,
    /// From 1; more than the month has leads into the next.
    pub(crate) day: i64,
}

impl Date {
    /// The date so many days after the first of January 1970. Years begin in March here, so that a leap day is their last.
    pub(crate) fn of_days(days: i64) -> Self {
        let days = days.wrapping_add(DAYS_TO_1970);
        let (cycle, in_cycle) = (days.div_euclid(DAYS_PER_CYCLE), days.rem_euclid(DAYS_PER_CYCLE));
        let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / (DAYS_PER_CYCLE - 1)) / 365;
        let in_year = in_cycle - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let day = in_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: cycle * 400 + year + carry, month, day }
    }

    /// The days since the first of January 1970.
    pub(crate) fn days(self) -> i64 {
        let (year, month) = if self.month > 2 { (self.year, self.month - 3) } else { (self.year.wrapping_sub(1), self.month + 9) };
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let in_year = (153 * month + 2) / 5;
        let in_cycle = 365 * year + year / 4 - year / 100 + in_year;
        cycle.wrapping_mul(DAYS_PER_CYCLE).wrapping_add(in_cycle - DAYS_TO_1970 - 1).wrapping_add(self.day)
    }

    /// Whether the year has a 29th of February.
    pub(crate) fn is_leap(year: i64) -> bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// How many days the month has.
    pub(crate) fn days_of_month(year: i64, month: i64) -> i64 {
        match month {
            2 => 28 + i64::from(Self::is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_and_dates_lead_to_each_other() {
        assert_eq!(Date { year: 1970, month: 1, day: 1 }.days(), 0);
        assert_eq!(Date { year: 2024, month: 2, day: 29 }.days(), 19_782);
        let days = (-1_000_000..1_000_000).step_by(97).chain([-800_000_000_000, 800_000_000_000]);
        for day in days {
            assert_eq!(Date::of_days(day).days(), day);
        }
        assert_eq!(Date { year: 2023, month: 1, day: 60 }.days(), Date { year: 2023, month: 3, day: 1 }.days());
    }
}

//! Durations, in nanoseconds (`time.Duration`).

use super::quoted;

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// `Duration.Truncate`, or `Duration.Round`.
pub(crate) fn to_multiple(duration: i64, of: i64, nearest: bool) -> i64 {
    if of <= 0 {
        return duration;
    }
    let over = duration % of;
    let nearer_to_zero = duration - over;
    if !nearest || is_less_than_half(over.abs(), of) { nearer_to_zero } else { nearer_to_zero.saturating_add(of * duration.signum()) }
}

/// Whether a remainder is less than half of what it is of.
pub(crate) fn is_less_than_half(rest: i64, of: i64) -> bool {
    rest.unsigned_abs() * 2 < of.unsigned_abs()
}

/// Go's `Duration.String`: `1h2m3.5s`.
pub(crate) fn text(nanoseconds: i64) -> String {
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

/// The most nanoseconds either way, the fewest being one more than the most.
const MOST: u64 = 1 << 63;

/// Go's `time.ParseDuration`, in nanoseconds.
///
/// # Errors
/// Go's message.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quoted(text.as_bytes()));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let unit = unit(&after[..end], text)?;
        let part = in_unit(whole, fraction, unit).ok_or_else(invalid)?;
        total = total.checked_add(part).filter(|total| *total <= MOST).ok_or_else(invalid)?;
        rest = &after[end..];
    }
    if total == MOST && !negative {
        return Err(invalid());
    }
    Ok(if negative { (total as i64).wrapping_neg() } else { total as i64 })
}

/// The digits a text begins with, and what follows.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// The nanoseconds of a unit.
fn unit(name: &str, text: &str) -> Result<u64, String> {
    let text = || quoted(text.as_bytes());
    Ok(match name {
        "" => return Err(format!("time: missing unit in duration {}", text())),
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND.unsigned_abs(),
        "m" => MINUTE.unsigned_abs(),
        "h" => HOUR.unsigned_abs(),
        unknown => return Err(format!("time: unknown unit {} in duration {}", quoted(unknown.as_bytes()), text())),
    })
}

/// The nanoseconds of a number of units; nothing where they are too many. Of a fraction count the digits that fit, as in Go.
fn in_unit(whole: &str, fraction: &str, unit: u64) -> Option<u64> {
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok().filter(|number| *number <= MOST)? };
    let (mut digits, mut scale) = (0_u64, 1_f64);
    for digit in fraction.bytes() {
        let Some(more) = digits.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0'))).filter(|more| *more <= MOST)
        else {
            break;
        };
        (digits, scale) = (more, scale * 10.0);
    }
    let fraction = (digits as f64 * (unit as f64 / scale)) as u64;
    whole.checked_mul(unit)?.checked_add(fraction).filter(|part| *part <= MOST)
}

#[cfg(test)]
mod tests {
    use super::{parse, text, to_multiple};

    #[test]
    fn durations_print_as_they_are_written() {
        for written in ["0s", "1ns", "1.5µs", "2ms", "1s", "1m0s", "1h0m0.5s", "-2h45m0s"] {
            assert_eq!(parse(written).map(text).as_deref(), Ok(written));
        }
    }

    #[test]
    fn multiples_are_nearer_to_zero_or_nearest() {
        for (duration, of, truncated, rounded) in
            [(25, 10, 20, 30), (-25, 10, -20, -30), (24, 10, 20, 20), (5, 0, 5, 5), (i64::MAX, 10, i64::MAX - 7, i64::MAX)]
        {
            assert_eq!((to_multiple(duration, of, false), to_multiple(duration, of, true)), (truncated, rounded));
        }
    }
}

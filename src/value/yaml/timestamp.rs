//! Whether a text is a timestamp: the four layouts that go-yaml v2 tries with Go's `time.Parse`.
//!
//! It matters only under the tag `!!timestamp`; without it a timestamp is text like any other.

/// Reads `2001-1-2`, `2001-1-2 3:4:5.6` and `2001-1-2T3:4:5.6Z` (or `t`, or an offset such as `+01:00`).
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut rest = text;
    date(&mut rest).is_some()
        && match rest.as_bytes().first() {
            None => true,
            Some(b' ') => {
                rest = &rest[1..];
                time(&mut rest).is_some() && rest.is_empty()
            }
            Some(b'T' | b't') => {
                rest = &rest[1..];
                time(&mut rest).is_some() && is_offset(rest)
            }
            Some(_) => false,
        }
}

/// Takes between `min` and `max` digits.
fn digits(rest: &mut &str, min: usize, max: usize) -> Option<u32> {
    let length = rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
    if length < min {
        return None;
    }
    let (number, behind) = rest.split_at(length);
    *rest = behind;
    number.parse().ok()
}

fn sign(rest: &mut &str, sign: char) -> Option<()> {
    *rest = rest.strip_prefix(sign)?;
    Some(())
}

fn date(rest: &mut &str) -> Option<()> {
    let year = digits(rest, 4, 4)?;
    sign(rest, '-')?;
    let month = digits(rest, 1, 2)?;
    sign(rest, '-')?;
    let day = digits(rest, 1, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=last).contains(&day).then_some(())
}

fn time(rest: &mut &str) -> Option<()> {
    let hour = digits(rest, 1, 2)?;
    sign(rest, ':')?;
    let minute = digits(rest, 1, 2)?;
    sign(rest, ':')?;
    let second = digits(rest, 1, 2)?;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take(9).take_while(u8::is_ascii_digit).count();
        if length > 0 {
            *rest = &fraction[length..];
        }
    }
    (hour < 24 && minute < 60 && second < 60).then_some(())
}

fn is_offset(text: &str) -> bool {
    let Some(mut rest) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let hours = digits(&mut rest, 2, 2);
    let colon = sign(&mut rest, ':');
    let minutes = digits(&mut rest, 2, 2);
    rest.is_empty() && colon.is_some() && hours.is_some_and(|hours| hours <= 24) && minutes.is_some_and(|minutes| minutes < 60)
}

//! `strconv.FormatFloat`: Rust finds the digits, this lays them out as Go does.

/// `%v` of a float64: the shortest digits, with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn general(value: f64) -> String {
    layout_general(value, None, 'e')
}

/// `%g` and `%G`: `precision` significant digits, or the shortest; `mark` is `e` or `E`.
pub(super) fn layout_general(value: f64, precision: Option<usize>, mark: char) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let wanted = precision.map(|wanted| wanted.max(1));
    let (sign, digits, exponent) = decompose(value, wanted.map(|wanted| wanted - 1));
    let trimmed = digits.trim_end_matches('0');
    let digits = if trimmed.is_empty() { "0" } else { trimmed };
    let count = digits.len() as i32;
    let threshold = match wanted.map(|wanted| wanted as i32) {
        None => 6,
        Some(wanted) if wanted > count && count > exponent => count,
        Some(wanted) => wanted,
    };
    if exponent < -4 || exponent >= threshold {
        return format!("{sign}{}", scientific_text(digits, exponent, mark));
    }
    format!("{sign}{}", place_point(digits, exponent))
}

/// `%f` with `precision` digits after the point.
pub(super) fn fixed(value: f64, precision: usize) -> String {
    special(value).map_or_else(|| format!("{value:.precision$}"), Into::into)
}

/// `%e` and `%E`.
pub(super) fn scientific(value: f64, precision: usize, mark: char) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let (sign, digits, exponent) = decompose(value, Some(precision));
    format!("{sign}{}", scientific_text(&digits, exponent, mark))
}

/// `%x`: hexadecimal digits with a binary exponent; `precision` of them after the point, or as many as there are.
pub(super) fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    const FRACTION_BITS: u32 = 52;
    if let Some(text) = special(value) {
        return text.into();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (mut mantissa, mut exponent) = mantissa_and_exponent(value);
    if mantissa != 0 {
        let shift = mantissa.leading_zeros() - (63 - FRACTION_BITS);
        mantissa <<= shift;
        exponent += FRACTION_BITS as i32 - shift as i32;
    } else {
        exponent = 0;
    }
    let mut digits = 13;
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        let dropped = 4 * (13 - precision as u32);
        let (half, rest) = (1 << (dropped - 1), mantissa & ((1 << dropped) - 1));
        mantissa >>= dropped;
        mantissa += u64::from(rest > half || (rest == half && mantissa & 1 == 1));
        digits = precision;
    }
    let fraction_bits = 4 * digits as u32;
    let (whole, fraction) = (mantissa >> fraction_bits, mantissa & ((1 << fraction_bits) - 1));
    let mut shown = if digits > 0 { format!("{fraction:0digits$x}") } else { String::new() };
    match precision {
        Some(precision) => shown.extend(std::iter::repeat_n('0', precision.saturating_sub(digits))),
        None => shown.truncate(shown.trim_end_matches('0').len()),
    }
    let point = if shown.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{whole:x}{point}{shown}p{exponent_sign}{:02}", exponent.abs())
}

/// `%b`: the mantissa as an integer and the exponent of two.
pub(super) fn binary(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (mantissa, exponent) = mantissa_and_exponent(value);
    format!("{sign}{mantissa}p{exponent:+}")
}

/// The value is the first times two to the power of the second.
fn mantissa_and_exponent(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i32);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// A float as `encoding/json` writes it: `%f` with the shortest digits, `%e` below 1e-6 and from 1e21 on. `None` for NaN and infinities.
pub(crate) fn json_number(value: f64) -> Option<String> {
    if special(value).is_some() {
        return None;
    }
    let (sign, digits, exponent) = decompose(value, None);
    if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
        let point = if digits.len() > 1 { "." } else { "" };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        let width = if exponent < 0 { 1 } else { 2 };
        return Some(format!("{sign}{}{point}{}e{exponent_sign}{:0width$}", &digits[..1], &digits[1..], exponent.abs()));
    }
    Some(format!("{sign}{}", place_point(&digits, exponent)))
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// Sign, digits without a point, decimal exponent; `precision` digits after the first, or the shortest that read back the same.
fn decompose(value: f64, precision: Option<usize>) -> (&'static str, String, i32) {
    let text = match precision {
        None => format!("{value:e}"),
        Some(precision) => format!("{value:.precision$e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (sign, digits, exponent.parse().unwrap_or(0))
}

fn scientific_text(digits: &str, exponent: i32, mark: char) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}{mark}{sign}{:02}", exponent.abs())
}

fn place_point(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}

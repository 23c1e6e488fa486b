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
    if let Some(text) = special(value) {
        return text.into();
    }
    let held = precision.min(MAX_DIGITS);
    format!("{value:.held$}{}", "0".repeat(precision - held))
}

/// `%e` and `%E`.
pub(super) fn scientific(value: f64, precision: usize, mark: char) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let (sign, digits, exponent) = decompose(value, Some(precision));
    format!("{sign}{}", scientific_text(&digits, exponent, mark))
}

/// No float64 has more digits than this behind the point that aren't zero; Rust formats no more than 65535.
const MAX_DIGITS: usize = 1_100;
const MANTISSA_BITS: u32 = 52;
/// Every whole number below this is a float64 of its own.
const EXACT: f64 = (1u64 << (MANTISSA_BITS + 1)) as f64;
/// With fewer digits than these nothing but the value itself is so near.
const MIN_TIED: usize = 16;

/// Mantissa and binary exponent: the value is mantissa × 2^exponent.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    match (bits >> MANTISSA_BITS & 0x7ff) as i32 {
        0 => (mantissa, -1074),
        exponent => (mantissa | 1 << MANTISSA_BITS, exponent - 1075),
    }
}

/// `%b` of a float: mantissa and exponent in decimal.
pub(super) fn binary(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let (mantissa, exponent) = parts(value);
    format!("{}{mantissa}p{exponent:+}", if value.is_sign_negative() { "-" } else { "" })
}

/// `%x` and `%X` of a float: one hexadecimal digit, a point, `precision` further ones or as many as there are, and the exponent of two.
pub(super) fn hexadecimal(value: f64, precision: Option<usize>, upper: bool) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let (mantissa, exponent) = parts(value);
    let shift = mantissa.leading_zeros().saturating_sub(63 - MANTISSA_BITS).min(MANTISSA_BITS);
    let (mut mantissa, mut exponent) = (mantissa << shift, exponent + MANTISSA_BITS as i32 - shift as i32);
    if mantissa == 0 {
        exponent = 0;
    }
    if let Some(digits @ 0..13) = precision {
        let dropped = MANTISSA_BITS as usize - 4 * digits;
        let (rest, half) = (mantissa & ((1 << dropped) - 1), 1 << (dropped - 1));
        mantissa >>= dropped;
        mantissa += u64::from(rest > half || (rest == half && mantissa & 1 == 1));
        mantissa <<= dropped;
        if mantissa >> (MANTISSA_BITS + 1) > 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let all = format!("{:013x}", mantissa & ((1 << MANTISSA_BITS) - 1));
    let fraction = match precision {
        None => all.trim_end_matches('0').to_owned(),
        Some(digits) => [&all[..digits.min(all.len())], &"0".repeat(digits.saturating_sub(all.len()))].concat(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let (sign, whole) = (if value.is_sign_negative() { "-" } else { "" }, mantissa >> MANTISSA_BITS);
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("{sign}0x{whole}{point}{fraction}p{exponent_sign}{:02}", exponent.abs());
    if upper { text.to_ascii_uppercase() } else { text }
}

/// A float as `encoding/json` writes it: `%f` with the shortest digits, `%e` below 1e-6 and from 1e21 on. `None` for NaN and infinities.
pub(crate) fn json_number(value: f64) -> Option<String> {
    if special(value).is_some() {
        return None;
    }
    // The usual case. A zero may be negative.
    if value.fract() == 0.0 && value.abs() < EXACT && value != 0.0 {
        return Some((value as i64).to_string());
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

/// Sign, the shortest digits that read back the same, and the decimal exponent of the first of them.
pub(crate) fn shortest(value: f64) -> (&'static str, String, i32) {
    decompose(value, None)
}

/// Sign, digits without a point, decimal exponent; `precision` digits after the first, or the shortest that read back the same.
fn decompose(value: f64, precision: Option<usize>) -> (&'static str, String, i32) {
    let text = match precision {
        None => format!("{value:e}"),
        Some(precision) => format!("{value:.held$e}", held = precision.min(MAX_DIGITS)),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if precision.is_none() {
        digits = even_of_two(value, digits);
    }
    digits.push_str(&"0".repeat(precision.unwrap_or(0).saturating_sub(MAX_DIGITS)));
    (sign, digits, exponent.parse().unwrap_or(0))
}

/// The shortest digits that Go writes: of two that are as near to the value those that end even.
fn even_of_two(value: f64, digits: String) -> String {
    let is_odd = digits.ends_with(['1', '3', '5', '7', '9']);
    if !is_odd || digits.len() < MIN_TIED {
        return digits;
    }
    // No float has so many zeros among its digits that something else could follow them.
    let exact = format!("{value:.held$e}", held = digits.len() + 60);
    let exact: String = exact.split('e').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let (front, rest) = exact.split_at(digits.len());
    let is_tie = rest.trim_end_matches('0') == "5";
    if is_tie && front.ends_with(['0', '2', '4', '6', '8']) { front.to_owned() } else { digits }
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

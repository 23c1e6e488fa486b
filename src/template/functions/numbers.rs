//! Arithmetic (sprig `numeric.go`) with the conversions of spf13/cast 1.7: anything is a number, what can't be read is 0.

use std::num::{IntErrorKind, ParseIntError};

use super::{Args, Function, Outcome, Param, fixed, open};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::shown_text;
use crate::template::number::{parse_float, parse_int};
use crate::template::value::{Elem, List, Value};
use Param::{Any, Float, Int, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("int", &[Any], |_, args| Ok(Value::Int(to_int(args.any(0))))),
    fixed("int64", &[Any], |_, args| Ok(Value::Int64(to_int(args.any(0))))),
    fixed("float64", &[Any], |_, args| Ok(Value::Float(to_float(args.any(0))))),
    fixed("atoi", &[Str], |_, args| Ok(Value::Int(atoi(&args.str(0))))),
    fixed("toDecimal", &[Any], to_decimal),
    open("add", &[], Any, |_, args| Ok(Value::Int64(args.from(0).map(to_int).fold(0, i64::wrapping_add)))),
    fixed("add1", &[Any], |_, args| Ok(Value::Int64(to_int(args.any(0)).wrapping_add(1)))),
    fixed("sub", &[Any, Any], |_, args| Ok(Value::Int64(to_int(args.any(0)).wrapping_sub(to_int(args.any(1)))))),
    fixed("div", &[Any, Any], |_, args| divided(args, i64::wrapping_div)),
    fixed("mod", &[Any, Any], |_, args| divided(args, i64::wrapping_rem)),
    open("mul", &[Any], Any, |_, args| Ok(Value::Int64(args.from(0).map(to_int).fold(1, i64::wrapping_mul)))),
    open("max", &[Any], Any, |_, args| Ok(Value::Int64(args.from(0).map(to_int).max().unwrap_or(0)))),
    open("biggest", &[Any], Any, |_, args| Ok(Value::Int64(args.from(0).map(to_int).max().unwrap_or(0)))),
    open("min", &[Any], Any, |_, args| Ok(Value::Int64(args.from(0).map(to_int).min().unwrap_or(0)))),
    open("maxf", &[Any], Any, |_, args| Ok(Value::Float(args.from(0).map(to_float).reduce(go_max).unwrap_or(0.0)))),
    open("minf", &[Any], Any, |_, args| Ok(Value::Float(args.from(0).map(to_float).reduce(go_min).unwrap_or(0.0)))),
    open("addf", &[], Any, |_, args| decimal(args, Some(0.0), |a, b| a.checked_add(b))),
    fixed("add1f", &[Any], |_, args| decimal(args, Some(1.0), |a, b| a.checked_add(b))),
    open("subf", &[Any], Any, |_, args| decimal(args, None, |a, b| a.checked_sub(b))),
    open("mulf", &[Any], Any, |_, args| decimal(args, None, |a, b| a.checked_mul(b))),
    open("divf", &[Any], Any, divf),
    fixed("floor", &[Any], |_, args| Ok(Value::Float(to_float(args.any(0)).floor()))),
    fixed("ceil", &[Any], |_, args| Ok(Value::Float(to_float(args.any(0)).ceil()))),
    open("round", &[Any, Int], Float, round),
    fixed("until", &[Int], |call, args| {
        let count = args.int(0);
        steps(call, 0, count, if count < 0 { -1 } else { 1 }).map(int_list)
    }),
    fixed("untilStep", &[Int, Int, Int], |call, args| steps(call, args.int(0), args.int(1), args.int(2)).map(int_list)),
    open("seq", &[], Int, seq),
];

/// The first float that is too large for an `int64`.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// cast's `ToInt64`; Go on amd64 turns floats out of range into the smallest integer.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) | Value::Ordinal(_, number) => *number,
        Value::Uint64(number) => *number as i64,
        Value::Uint8(number) => i64::from(*number),
        Value::Bool(truth) => i64::from(*truth),
        Value::Float(number) if (-TWO_TO_63..TWO_TO_63).contains(number) => *number as i64,
        Value::Float(_) => i64::MIN,
        Value::Str(text) => parse_int(&without_zero_fraction(&text.lossy())).unwrap_or(0),
        _ => 0,
    }
}

/// `strconv.Atoi` without its error: numbers out of range become the nearest.
fn atoi(text: &str) -> i64 {
    text.parse().unwrap_or_else(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => i64::MAX,
        IntErrorKind::NegOverflow => i64::MIN,
        _ => 0,
    })
}

/// Cuts `.000` off the end: cast reads `3.0` as an integer, `3.7` not at all.
fn without_zero_fraction(text: &str) -> String {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole.into(),
        _ => text.into(),
    }
}

/// cast's `ToFloat64`.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Str(text) => parse_float(&text.lossy()).unwrap_or(0.0),
        Value::Uint64(number) => *number as f64,
        Value::Duration(_) => 0.0,
        other => to_int(other) as f64,
    }
}

/// Go's `math.Max`: not a number when either isn't, and of two zeros the positive one.
fn go_max(a: f64, b: f64) -> f64 {
    match (a.is_nan() || b.is_nan(), a == 0.0 && b == 0.0) {
        (true, _) => f64::NAN,
        (_, true) if a.is_sign_negative() => b,
        (_, true) => a,
        _ => a.max(b),
    }
}

/// Go's `math.Min`: not a number when either isn't, and of two zeros the negative one.
fn go_min(a: f64, b: f64) -> f64 {
    match (a.is_nan() || b.is_nan(), a == 0.0 && b == 0.0) {
        (true, _) => f64::NAN,
        (_, true) if a.is_sign_negative() => a,
        (_, true) => b,
        _ => a.min(b),
    }
}

fn to_decimal(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let text = shown_text(args.any(0));
    Ok(Value::Int64(i64::from_str_radix(&text, 8).unwrap_or(0)))
}

fn divided(args: Args<'_>, divide: fn(i64, i64) -> i64) -> Outcome {
    match to_int(args.any(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(Value::Int64(divide(to_int(args.any(0)), divisor))),
    }
}

/// Folds decimals, exact where floats are not.
fn decimal(args: Args<'_>, first: Option<f64>, fold: fn(&Decimal, &Decimal) -> Option<Decimal>) -> Outcome {
    let mut numbers = first.into_iter().chain(args.from(0).map(to_float));
    let mut result = Decimal::from_float(numbers.next().unwrap_or(0.0))?;
    for number in numbers {
        result = fold(&result, &Decimal::from_float(number)?).ok_or_else(|| Fail::limit("a decimal of more than 38 digits"))?;
    }
    Ok(Value::Float(result.to_float()))
}

fn divf(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut result = Decimal::from_float(to_float(args.any(0)))?;
    for divisor in args.from(1) {
        let divisor = Decimal::from_float(to_float(divisor))?;
        if divisor.digits == 0 {
            return Err("decimal division by 0".into());
        }
        result = result.divide(&divisor).ok_or_else(|| Fail::limit("a decimal of more than 38 digits"))?;
    }
    Ok(Value::Float(result.to_float()))
}

/// shopspring's decimal: `digits` × 10^`exponent`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

/// How many digits after the point a division keeps.
const DIVISION_DIGITS: i32 = 16;

impl Decimal {
    /// The shortest decimal that reads back as the float.
    fn from_float(value: f64) -> Result<Self, Fail> {
        if !value.is_finite() {
            return Err(format!("Cannot create a Decimal from {}", crate::template::fmt::general(value)).into());
        }
        let (sign, digits, exponent) = crate::template::fmt::shortest(value);
        let fraction = digits.len() as i32 - 1;
        Ok(Self { digits: format!("{sign}{digits}").parse().unwrap_or(0), exponent: exponent - fraction })
    }

    fn to_float(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(0.0)
    }

    /// Both with the smaller exponent.
    fn aligned(&self, other: &Self) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scale = |number: &Self| {
            let power = u32::try_from(number.exponent - exponent).ok()?;
            number.digits.checked_mul(10i128.checked_pow(power)?)
        };
        Some((scale(self)?, scale(other)?, exponent))
    }

    fn checked_add(&self, other: &Self) -> Option<Self> {
        let (a, b, exponent) = self.aligned(other)?;
        Some(Self { digits: a.checked_add(b)?, exponent })
    }

    fn checked_sub(&self, other: &Self) -> Option<Self> {
        let (a, b, exponent) = self.aligned(other)?;
        Some(Self { digits: a.checked_sub(b)?, exponent })
    }

    fn checked_mul(&self, other: &Self) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(other.digits)?, exponent: self.exponent + other.exponent })
    }

    /// Rounded half away from zero.
    fn divide(&self, other: &Self) -> Option<Self> {
        let shift = self.exponent - other.exponent + DIVISION_DIGITS;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        let (numerator, denominator) =
            if shift >= 0 { (self.digits.checked_mul(power)?, other.digits) } else { (self.digits, other.digits.checked_mul(power)?) };
        let (quotient, remainder) = (numerator / denominator, numerator % denominator);
        let away = remainder.checked_mul(2)?.abs() >= denominator.abs();
        let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
        Some(Self { digits: quotient + if away { sign } else { 0 }, exponent: -DIVISION_DIGITS })
    }
}

fn round(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let threshold = match args.any(2) {
        Value::Float(threshold) if args.len() > 2 => *threshold,
        _ => 0.5,
    };
    let power = 10f64.powf(args.int(1) as f64);
    let shifted = power * to_float(args.any(0));
    let rounded = if shifted.fract() >= threshold { shifted.ceil() } else { shifted.floor() };
    Ok(Value::Float(rounded / power))
}

/// The numbers from `start` towards `stop`, which is left out.
fn steps(call: &Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Fail> {
    let distance = i128::from(stop) - i128::from(start);
    if step == 0 || (distance < 0) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = (distance.abs() + i128::from(step).abs() - 1) / i128::from(step).abs();
    call.check_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok((0..count as i64).map(|index| start + index * step).collect())
}

fn int_list(numbers: Vec<i64>) -> Value {
    Value::List(List::of(Elem::Int, numbers.into_iter().map(Value::Int).collect()))
}

fn seq(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let (start, end, step) = match args.len() {
        1 => (1, args.int(0), None),
        2 => (args.int(0), args.int(1), None),
        3 => (args.int(0), args.int(2), Some(args.int(1))),
        _ => return Ok(Value::text("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok(Value::text(""));
    }
    let numbers = steps(call, start, end.saturating_add(direction), step.unwrap_or(direction))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::text(texts.join(" ")))
}

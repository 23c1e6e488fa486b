//! Texts as Go makes them, where Helm's messages or a chart's fields show them: the 32-bit `%g`, `path.Ext`. Depends on nothing.

/// The number as `strconv.FormatFloat(number, 'g', -1, 32)` writes it: the shortest digits that tell it from other 32-bit floats, with an
/// exponent below 1e-04 and from 1e+06 on.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn float32(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{number}")
}

/// The ending from the last dot of the last component on (`path.Ext`); empty without a dot.
pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').map_or("", |dot| &name[dot..])
}

/// `path.Clean` of a path without a leading `/`.
pub(super) fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            _ => kept.push(part),
        }
    }
    if kept.is_empty() { ".".to_owned() } else { kept.join("/") }
}

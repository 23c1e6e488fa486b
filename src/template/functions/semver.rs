//! Versions and constraints (sprig `semver.go`, Masterminds/semver); the `version` module does the work.

use std::rc::Rc;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::Call;
use crate::template::value::Value;
use crate::template::fmt::quote;
use crate::template::profile::Semver;
use crate::version::{Constraint, Version};
use Param::Str;

pub(super) const ROWS: &[Function] =
    &[fixed("semver", &[Str], |_, args| Ok(Value::Version(Rc::new(parse(&args.str(0))?)))), fixed("semverCompare", &[Str, Str], compare)];

pub(super) fn parse(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| error.to_string())
}

fn compare(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let semver = call.profile().semver;
    let constraint = Constraint::parse(&args.str(0)).map_err(|error| in_its_words(error.to_string(), semver))?;
    Ok(Value::Bool(constraint.with_rule(semver.prereleases()).check(&parse(&args.str(1))?)))
}

/// Since 3.5 the library quotes the text that it can't read.
fn in_its_words(message: String, semver: Semver) -> String {
    match message.strip_prefix("improper constraint: ") {
        Some(text) if semver >= Semver::V3_5 => format!("improper constraint: {}", quote(text.as_bytes())),
        _ => message,
    }
}

//! Versions and constraints (sprig `semver.go`, Masterminds/semver); the `version` module does the work.

use std::rc::Rc;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::Call;
use crate::template::fmt::quote;
use crate::template::profile::Semver;
use crate::template::value::Value;
use crate::version::{Constraint, Version};
use Param::Str;

pub(super) const ROWS: &[Function] = &[
    fixed("semver", &[Str], |call, args| Ok(Value::Version(Rc::new(parse(call, &args.str(0))?)))),
    fixed("semverCompare", &[Str, Str], compare),
];

/// The longest version that semver 3.5 reads, in bytes.
const MAX_VERSION: usize = 256;
/// The longest constraint that it reads, in bytes.
const MAX_CONSTRAINT: usize = 512;
/// How many alternatives it reads in a constraint.
const MAX_GROUPS: usize = 32;

fn parse(call: &Call<'_>, text: &str) -> Result<Version, String> {
    if call.profile().semver >= Semver::V3_5 && text.len() > MAX_VERSION {
        return Err(format!("version string is too long (max {MAX_VERSION} bytes)"));
    }
    Version::parse(text).map_err(|error| in_its_words(error.to_string(), call.profile().semver))
}

fn compare(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let semver = call.profile().semver;
    if semver >= Semver::V3_5 {
        check_size(&args.str(0))?;
    }
    let constraint = Constraint::parse(&args.str(0)).map_err(|error| in_its_words(error.to_string(), semver))?;
    Ok(Value::Bool(constraint.with_rule(semver.prereleases()).check(&parse(call, &args.str(1))?)))
}

fn check_size(constraint: &str) -> Result<(), String> {
    if constraint.len() > MAX_CONSTRAINT {
        return Err(format!("constraint string is too long (max {MAX_CONSTRAINT} bytes)"));
    }
    if constraint.split("||").count() > MAX_GROUPS {
        return Err(format!("too many constraint groups (max {MAX_GROUPS})"));
    }
    Ok(())
}

/// A message of 3.3 as another version has it: since 3.4 they are in small letters, since 3.5 the text that can't be read is quoted.
fn in_its_words(message: String, semver: Semver) -> String {
    const UPPER: [&str; 4] = ["Invalid ", "Version ", "Error ", "constraint Parser"];
    if let Some(text) = message.strip_prefix("improper constraint: ").filter(|_| semver >= Semver::V3_5) {
        return format!("improper constraint: {}", quote(text.as_bytes()));
    }
    if semver < Semver::V3_4 || !UPPER.iter().any(|start| message.starts_with(start)) {
        return message;
    }
    match message.split_once(": ") {
        Some((front, rest)) => format!("{}: {rest}", front.to_lowercase()),
        None => message.to_lowercase(),
    }
}

//! Versions and constraints (sprig `semver.go`, Masterminds/semver); the `version` module does the work.

use std::rc::Rc;

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::Call;
use crate::template::value::Value;
use crate::version::{Constraint, PrereleaseRule, Version};
use Param::Str;

pub(super) const ROWS: &[Function] =
    &[fixed("semver", &[Str], |_, args| Ok(Value::Version(Rc::new(parse(&args.str(0))?)))), fixed("semverCompare", &[Str, Str], compare)];

pub(super) fn parse(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| error.to_string())
}

fn compare(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let rule = if call.profile().group_prereleases { PrereleaseRule::AnyInGroup } else { PrereleaseRule::EachConstraint };
    let constraint = Constraint::parse(&args.str(0)).map_err(|error| error.to_string())?.with_rule(rule);
    Ok(Value::Bool(constraint.check(&parse(&args.str(1))?)))
}

//! The reviews of all bumps, side by side.

use super::charts::{Failure, Side};
use crate::bump::Bump;
use crate::classify::Catalogue;
use crate::parallel::side_by_side;
use crate::report::Report;
use crate::review::{self, ReleaseSettings, Settings};

/// What is the same for all reviews.
pub(super) struct Manner {
    pub(super) catalogue: Catalogue,
    pub(super) settings: Settings,
    /// The release that each bump's own stands in for: Helm version, Kubernetes version, facts.
    pub(super) pattern: ReleaseSettings,
}

/// The review of each bump, in the bumps' order.
pub(super) fn review(bumps: &[Bump], packages: &[(Side, Side)], manner: &Manner) -> Vec<Result<Report, Failure>> {
    let work: Vec<(&Bump, &(Side, Side))> = bumps.iter().zip(packages).collect();
    side_by_side(&work, |(bump, sides)| one(bump, sides, manner))
}

fn one(bump: &Bump, (old, new): &(Side, Side), manner: &Manner) -> Result<Report, Failure> {
    let (old, new) = (old.as_ref().map_err(Clone::clone)?, new.as_ref().map_err(Clone::clone)?);
    let review = || {
        let settings = review::bump::settings(bump, &manner.settings, &manner.pattern)?;
        review::review(old, new, &manner.catalogue, &settings)
    };
    review().map_err(|error| Failure::from(&error))
}

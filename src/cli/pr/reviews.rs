//! The reviews of all bumps, side by side.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::charts::{Failure, Side};
use crate::bump::Bump;
use crate::classify::Catalogue;
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
    let threads = thread::available_parallelism().map_or(1, usize::from).min(work.len());
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Report, Failure>>>> = work.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(((bump, sides), slot)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| work.get(at).zip(results.get(at)))
                {
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(one(bump, sides, manner));
                }
            });
        }
    });
    let given_up = || Err(Failure { reason: "the review was given up: a fault in this program".to_owned(), hint: None });
    results.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(given_up)).collect()
}

fn one(bump: &Bump, (old, new): &(Side, Side), manner: &Manner) -> Result<Report, Failure> {
    let (old, new) = (old.as_ref().map_err(Clone::clone)?, new.as_ref().map_err(Clone::clone)?);
    let review = || {
        let settings = review::bump::settings(bump, &manner.settings, &manner.pattern)?;
        review::review(old, new, &manner.catalogue, &settings)
    };
    review().map_err(|error| Failure::from(&error))
}

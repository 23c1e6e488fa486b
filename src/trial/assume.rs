//! `--assume-workload-identity`: label and client id wherever the old chart offers a place for them, for people who have no values file at
//! hand. Depends on the candidates.

use super::Values;
use super::candidates::{self, text};
use super::layer::nowhere;
use crate::render::{Capabilities, Overrides, Prepared, Release};

/// The client id that is assumed. No application has it.
const ASSUMED_CLIENT_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Values that give every pod of the old chart the use label and every account a client id, as far as the chart has places for them and a
/// render shows that they arrive. What the user sets stays.
pub fn assumed(old: &Prepared, overrides: &Overrides, release: &Release, capabilities: &Capabilities) -> Values {
    let at = nowhere("--assume-workload-identity");
    let mut values = Values::new();
    for place in candidates::places(old, overrides, release, capabilities) {
        if !place.reach.pods.is_empty() && is_named(&place.path, "labels") {
            values.push((place.path.key("azure.workload.identity/use"), text("true", &at)));
        }
        if !place.reach.accounts.is_empty() && is_named(&place.path, "annotations") {
            values.push((place.path.key("azure.workload.identity/client-id"), text(ASSUMED_CLIENT_ID, &at)));
        }
    }
    values
}

fn is_named(path: &crate::value::Path, end: &str) -> bool {
    path.last_key().is_some_and(|key| key.to_ascii_lowercase().ends_with(end))
}

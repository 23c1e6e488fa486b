//! What a release takes from defaults.

use super::fixture::{DEPLOYMENT, Fixture, shown};
use crate::render::Capabilities;
use crate::template::Profile;
use crate::trial::pin;

const VALUES: &str = "\
serviceAccount:
  ## @param serviceAccount.create Whether an account is made
  create: false
  name: a
automountServiceAccountToken: true
automount: true
podLabels: {}
replicas: 1
";

#[test]
fn what_is_read_and_not_set_is_pinned_and_changes_nothing() {
    let fixture = Fixture::values(DEPLOYMENT, VALUES, &VALUES.replace("create: false", "create: true"), "serviceAccount: {name: mine}\n");
    let pinned =
        pin(&Fixture::prepared(&fixture.new).traced(), &fixture.overrides, &fixture.release, &Capabilities::of(&Profile::V3_17)).unwrap();
    // The name is set by the user, and nothing reads automountServiceAccountToken.
    assert_eq!(shown(&pinned.values), "serviceAccount.create=true podLabels={}");
    assert!(pinned.unpinnable.is_empty());
    assert_eq!(pinned.reliance.settings[0].description.as_deref(), Some("Whether an account is made"));
    let (trials, _) = fixture.examine();
    let moved: Vec<bool> = trials.reliance.settings.iter().map(|one| one.moved).collect();
    assert_eq!(moved, [true, false]);
}

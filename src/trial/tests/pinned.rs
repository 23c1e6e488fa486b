//! What a release takes from defaults.

use std::path::Path;
use std::sync::Arc;

use super::fixture::{DEPLOYMENT, Fixture, read, shown};
use crate::chart;
use crate::render::{Capabilities, Overrides, Prepared, Release};
use crate::template::{Limits, Profile};
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

#[test]
fn pinning_a_published_release_changes_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts/thanos-12.20.4.tgz");
    let Ok(bytes) = std::fs::read(&path) else { return println!("skipped: no corpus") };
    let chart = Arc::new(chart::open_archive(bytes, &chart::Limits::default()).unwrap());
    let prepared = Prepared::new(chart, Profile::V3_17, Limits::default()).stable().traced();
    let values = "existingObjstoreSecret: s\ncompactor: {enabled: true, serviceAccount: {create: false, name: wi-sa}}\n";
    let overrides = Overrides { files: vec![read(values)], ..Overrides::default() };
    let pinned = pin(&prepared, &overrides, &Release::default(), &Capabilities::of(&Profile::V3_17)).unwrap();
    assert!(pinned.values.len() > 10 && pinned.unpinnable.is_empty(), "{} {:?}", pinned.values.len(), pinned.unpinnable);
    assert!(pinned.values.iter().any(|(path, _)| path.to_string() == "serviceAccount.create"));
}

//! What a fetch came to: the archive it brought, or the error it must end in.

use chartshift::error::{Error, ErrorKind, Result};
use chartshift::fetch::{Content, Package};

/// The bytes of a package that came as an archive.
pub fn archived(package: &Package) -> &[u8] {
    match &package.content {
        Content::Archive(bytes) => bytes,
        Content::Folder(_) => panic!("a folder"),
    }
}

/// The error of a fetch, checked for its kind, for what it must say, and for secrets, which it must not.
pub fn failure(outcome: Result<Package>, kind: ErrorKind, said: &[&str], secrets: &[&str]) -> Error {
    let error = outcome.map(|package| package.origin).unwrap_err();
    let report = error.report();
    assert_eq!(error.kind(), kind, "{report}");
    said.iter().for_each(|text| assert!(report.contains(text), "{text:?} is not in\n{report}"));
    secrets.iter().for_each(|secret| assert!(!report.contains(secret), "{report}"));
    error
}

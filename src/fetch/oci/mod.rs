//! Charts in OCI registries, as `helm push` puts them there (Helm 3.17 `pkg/registry`).
//!
//! A version becomes a tag (`+` is `_`); a constraint or nothing becomes the highest version among the tags that strict semver accepts;
//! the tag names a manifest, the manifest a layer of Helm's media type, and the layer's digest the archive. Manifest and archive are
//! checked against their digests. Under the digest the archive stays in the cache; which digest a reference led to is remembered for
//! `--offline`.

mod failure;
mod identity;
mod manifest;
mod session;

use std::net::IpAddr;

use bytes::Bytes;

use super::cache::{Bucket, Cache};
use super::credentials::{self, Found};
use super::progress::Progress;
use super::{Content, Digest, OciRef, Options, Package, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::version::{self, Constraint, Version};
use failure::{Failure, FailureKind};
use manifest::ChartLayer;
use session::Session;

/// How many versions an error lists.
const MOST_LISTED: usize = 5;

/// Fetches a chart from its registry, or from the cache when it is known there. Needs a Tokio runtime with I/O and time.
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown repository or version (the nearest are listed), [`ErrorKind::Denied`] for missing or refused
/// credentials (with what was looked at), [`ErrorKind::Chart`] for what is no chart, [`ErrorKind::Corrupt`] for a wrong digest,
/// [`ErrorKind::Limit`], [`ErrorKind::Network`] after the last retry.
pub(super) async fn fetch(reference: &OciRef, options: &Options, progress: &dyn Progress) -> Result<Package> {
    let cache = Cache::new(options.cache_dir.clone(), progress);
    let remembered = Remembered::recall(&cache, reference, options.devel);
    if options.offline || reference.digest.is_some() {
        match remembered.and_then(|remembered| Some((cache.package(&remembered.digest)?, remembered))) {
            Some((archive, remembered)) => return Ok(package(archive, remembered)),
            None if options.offline => {
                return Err(Error::new(ErrorKind::NotFound, format!("{reference} is not in the cache, and this run is offline"))
                    .hint("run once without --offline"));
            }
            None => {}
        }
    }
    let found = look_for_credentials(&reference.registry, options).await?;
    found.failures.iter().for_each(|failure| progress.notice(format!("{failure}; going on without its credentials")));
    let fetching = Fetching { reference, options, found: &found, progress };
    let session = open_session(&fetching).await?;
    let (remembered, archive) = fetching.fetch(&session, &cache).await?;
    remembered.remember(&cache, reference, options.devel);
    Ok(package(archive, remembered))
}

/// Connects and logs in. As with Helm, a registry on this machine needn't have TLS.
async fn open_session(fetching: &Fetching<'_>) -> Result<Session> {
    let Fetching { reference, options, found, .. } = fetching;
    let mut session = Session::new(reference, options, &found.login)?;
    let mut outcome = session.log_in().await;
    if outcome.as_ref().is_err_and(|failure| failure.kind == FailureKind::NotTls) && is_this_machine(&reference.registry) {
        session = Session::new(reference, &Options { plain_http: true, ..(*options).clone() }, &found.login)?;
        outcome = session.log_in().await;
    }
    outcome.map(|()| session).map_err(|failure| fetching.failed(&reference.to_string(), failure))
}

/// Whether `host[:port]` is a loopback address or `localhost`.
fn is_this_machine(registry: &str) -> bool {
    let host =
        registry.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(registry, |(host, _)| host);
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

fn package(archive: Bytes, remembered: Remembered) -> Package {
    Package { content: Content::Archive(archive), origin: remembered.origin, digest: Some(remembered.digest) }
}

/// Helper programs take their time, so they don't hold up the other download.
async fn look_for_credentials(registry: &str, options: &Options) -> Result<Found> {
    let (registry, options) = (registry.to_owned(), options.clone());
    let looked = tokio::task::spawn_blocking(move || credentials::find(&registry, &options)).await;
    looked.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "the search for credentials was broken off")))
}

/// What a reference led to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remembered {
    /// `oci://registry/repository:version`, or with `@digest`.
    origin: String,
    /// The archive's digest.
    digest: Digest,
}

impl Remembered {
    fn key(reference: &OciRef, devel: bool) -> String {
        format!("{reference}{}", if devel { " --devel" } else { "" })
    }

    fn recall(cache: &Cache<'_>, reference: &OciRef, devel: bool) -> Option<Self> {
        let record = cache.recall(Bucket::Pointers, &Self::key(reference, devel))?;
        let (digest, origin) = std::str::from_utf8(&record).ok()?.split_once(' ')?;
        Some(Self { origin: origin.to_owned(), digest: Digest::parse(digest).ok()? })
    }

    fn remember(&self, cache: &Cache<'_>, reference: &OciRef, devel: bool) {
        let record = format!("{} {}", self.digest, self.origin);
        cache.remember(Bucket::Pointers, &Self::key(reference, devel), &[record.as_bytes()]);
    }
}

/// One fetch on its way.
struct Fetching<'a> {
    reference: &'a OciRef,
    options: &'a Options,
    found: &'a Found,
    progress: &'a dyn Progress,
}

impl Fetching<'_> {
    async fn fetch(&self, session: &Session, cache: &Cache<'_>) -> Result<(Remembered, Bytes)> {
        let (origin, manifest) = self.manifest(session).await?;
        let layer = manifest::chart_layer(&manifest, &origin)?;
        let limit = self.options.limits.package_bytes;
        if layer.size > limit {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("the chart {origin} has {} bytes, more than the {limit} that are taken", layer.size),
            ));
        }
        let archive = match cache.package(&layer.digest) {
            Some(archive) => archive,
            None => self.download(session, &layer, &origin, cache).await?,
        };
        Ok((Remembered { origin, digest: layer.digest }, archive))
    }

    async fn download(&self, session: &Session, layer: &ChartLayer, origin: &str, cache: &Cache<'_>) -> Result<Bytes> {
        let label = origin.rsplit('/').next().unwrap_or(origin);
        let archive = session.archive(layer, self.options.limits.package_bytes, label, self.progress).await;
        let archive = archive.map_err(|failure| self.failed(origin, failure))?;
        layer.digest.verify(&archive, origin)?;
        cache.keep_package(&layer.digest, &archive);
        Ok(archive)
    }

    /// The manifest the reference leads to, and the reference that names it exactly.
    async fn manifest(&self, session: &Session) -> Result<(String, Bytes)> {
        if let Some(digest) = &self.reference.digest {
            return self.pinned_manifest(session, digest).await;
        }
        let Wanted::Matching(wanted) = &self.reference.wanted else {
            let tags = self.tags(session).await?;
            return self.highest(session, &tags, if self.options.devel { ">=0.0.0-0" } else { "*" }).await;
        };
        // As in Helm, what can be a version is asked for as it is; a constraint has to be looked up.
        if Version::parse(wanted).is_err() && Constraint::parse(wanted).is_ok() {
            let tags = self.tags(session).await?;
            return self.highest(session, &tags, wanted).await;
        }
        let origin = self.origin(wanted);
        match session.manifest(&session.tagged(&tag(wanted))).await {
            Ok(manifest) => Ok((origin, manifest)),
            Err(failure) if failure.kind == FailureKind::NotFound => {
                let tags = self.tags(session).await?;
                self.highest(session, &tags, wanted).await
            }
            Err(failure) => Err(self.failed(&origin, failure)),
        }
    }

    async fn pinned_manifest(&self, session: &Session, digest: &Digest) -> Result<(String, Bytes)> {
        let origin = format!("oci://{}/{}@{digest}", self.reference.registry, self.reference.repository);
        if let Wanted::Matching(wanted) = &self.reference.wanted {
            // A tag that is gone is no matter, as in Helm: the digest decides.
            let now = session.manifest_digest(&session.tagged(&tag(wanted))).await;
            if let Some(now) = now.ok().filter(|now| *now != digest.to_string()) {
                return Err(Error::new(ErrorKind::Corrupt, format!("{} is {now} now, and {digest} is asked for", self.origin(wanted)))
                    .hint("leave out the digest or the version"));
            }
        }
        let manifest = session.manifest(&session.pinned(digest)).await.map_err(|failure| self.failed(&origin, failure))?;
        Ok((origin, manifest))
    }

    /// The tags that are versions, written as versions, highest first.
    async fn tags(&self, session: &Session) -> Result<Vec<Version>> {
        let tags = session.tags().await.map_err(|failure| match failure.kind {
            FailureKind::NotFound => {
                let message = format!("the registry {} has no repository {}", self.reference.registry, self.reference.repository);
                Error::new(ErrorKind::NotFound, message).hint("a repository is named by its whole path, the chart's name last")
            }
            _ => self.failed(&format!("the tags of {}/{}", self.reference.registry, self.reference.repository), failure),
        })?;
        let mut versions: Vec<Version> = tags.iter().filter_map(|tag| Version::parse_strict(&tag.replace('_', "+")).ok()).collect();
        versions.sort_by(|a, b| b.cmp(a));
        Ok(versions)
    }

    /// The manifest of the highest version that satisfies a constraint.
    async fn highest(&self, session: &Session, versions: &[Version], wanted: &str) -> Result<(String, Bytes)> {
        let constraint = Constraint::parse(wanted).ok();
        let chosen = versions.iter().find(|version| constraint.as_ref().is_some_and(|constraint| constraint.check(version)));
        let Some(chosen) = chosen else { return Err(self.no_such_version(versions)) };
        let origin = self.origin(&chosen.to_string());
        let manifest = session.manifest(&session.tagged(&tag(&chosen.to_string()))).await;
        manifest.map(|manifest| (origin.clone(), manifest)).map_err(|failure| self.failed(&origin, failure))
    }

    fn no_such_version(&self, versions: &[Version]) -> Error {
        let place = format!("{}/{}", self.reference.registry, self.reference.repository);
        let wanted = self.reference.wanted.to_string();
        let error = match self.reference.wanted {
            Wanted::Matching(_) => Error::new(ErrorKind::NotFound, format!("{place} has no version {wanted}")),
            Wanted::Latest => Error::new(ErrorKind::NotFound, format!("{place} has no released version")),
        };
        let nearest = version::nearest(&wanted, versions.iter().map(Version::original), MOST_LISTED);
        match nearest.is_empty() {
            true => error.hint("none of its tags is a version"),
            false => error.hint(format!("the nearest versions are {}", nearest.join(", "))),
        }
    }

    fn origin(&self, version: &str) -> String {
        format!("oci://{}/{}:{version}", self.reference.registry, self.reference.repository)
    }

    /// A failure as an error about `what`.
    fn failed(&self, what: &str, failure: Failure) -> Error {
        let denied = failure.kind == FailureKind::Denied;
        let error = failure.into_error();
        let error = if denied {
            let registry = &self.reference.registry;
            error
                .hint("registries answer so for repositories that don't exist, too")
                .hint(format!("log in with `helm registry login {registry}`, or give --username and --password-stdin"))
                .hint(self.found.hint())
        } else {
            error
        };
        // Who asked for the chart has named it as it was written.
        if what == self.reference.to_string() { error } else { error.context(format!("cannot fetch {what}")) }
    }
}

/// A version as a tag.
fn tag(version: &str) -> String {
    version.replace('+', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for ours in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "[::1]"] {
            assert!(is_this_machine(ours), "{ours}");
        }
        for other in ["localhost.example.com:5000", "10.0.0.1", "registry:127", "[2001:db8::1]:5000", "128.0.0.1:127"] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}

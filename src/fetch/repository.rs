//! Charts in Helm HTTP repositories: from a reference to the package.
//!
//! Follows Helm 3.17 (`pkg/downloader/chart_downloader.go`, `ResolveChartVersion`; `pkg/repo/chartrepo.go`, `ResolveReferenceURL`): the
//! repository's URL plus `index.yaml`, the first URL of the entry, relative ones against the repository with its query, credentials only
//! for the repository's own scheme, host and port unless the repository says otherwise.

use super::chart_ref::{OciRef, Wanted, parse_oci};
use super::http::Access;
use super::index::{self, Release};
use super::redact::{RedactedUrl, redact_text};
use super::session::Session;
use super::{Content, Digest, Package, oci, repositories, well_known};
use crate::error::{Error, ErrorKind, Result};

/// A chart of the repository at a URL.
pub(super) async fn by_url(session: &Session<'_>, url: &RedactedUrl, chart: &str, wanted: &Wanted) -> Result<Package> {
    match url.expose().as_str().strip_prefix("oci://") {
        Some(folder) => from_registry(session, &in_registry(folder, chart, wanted)?, None).await,
        None => in_repository(session, &given(session, url), chart, wanted).await,
    }
}

/// A chart of a repository that Helm, or the built-in list, knows by name.
pub(super) async fn by_name(session: &Session<'_>, name: &str, chart: &str, wanted: &Wanted) -> Result<Package> {
    let mut known = repositories::read(session.options)?;
    if let Some(at) = known.iter().position(|repository| repository.name == name) {
        let access = known.swap_remove(at).access?;
        return match access.home.expose().as_str().strip_prefix("oci://") {
            Some(folder) => from_registry(session, &in_registry(folder, chart, wanted)?, None).await,
            None => in_repository(session, &access, chart, wanted).await,
        };
    }
    let Some(address) = well_known::address(name) else {
        let mut names: Vec<&str> = known.iter().map(|repository| repository.name.as_str()).collect();
        well_known::names().for_each(|name| names.push(name));
        return Err(unknown_repository(name, &names));
    };
    session.progress.notice(format!("Helm knows no repository {name}: using the built-in address {address}"));
    by_url(session, &RedactedUrl::parse(address)?, chart, wanted).await
}

/// A package behind a URL of its own, with the settings of the repository that the URL is under, if Helm knows one.
pub(super) async fn by_package_url(session: &Session<'_>, url: &RedactedUrl) -> Result<Package> {
    let (bare, in_url) = url.split_credentials();
    let is_under = |home: &RedactedUrl| {
        let folder = home.expose().path().trim_end_matches('/');
        home.same_origin(&bare) && bare.expose().path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let known = match in_url {
        Some(_) => Vec::new(),
        None => repositories::read(session.options)?,
    };
    let known = known.into_iter().filter_map(|repository| repository.access.ok()).find(|access| is_under(&access.home));
    let access = known.unwrap_or_else(|| given(session, url));
    session.archive(&bare, &access, None).await
}

/// The settings of the command line for a URL; credentials in the URL come first.
fn given(session: &Session<'_>, url: &RedactedUrl) -> Access {
    let (home, in_url) = url.split_credentials();
    let options = session.options;
    let credentials = in_url.or_else(|| options.credentials.clone());
    Access { home, credentials, everywhere: options.pass_credentials_all, tls: options.tls.clone() }
}

async fn in_repository(session: &Session<'_>, access: &Access, chart: &str, wanted: &Wanted) -> Result<Package> {
    let index_url = resolve(&access.home, "index.yaml")?;
    let text = session.index(&index_url, access).await?;
    let release = index::find(&text, &index_url.to_string(), chart, wanted, session.options.devel)?;
    download(session, access, chart, &release).await
}

/// Gets what an index entry names, from wherever it names it.
async fn download(session: &Session<'_>, access: &Access, chart: &str, release: &Release) -> Result<Package> {
    let Some(address) = release.urls.first() else {
        let message = format!("the index of {} names no file for {chart} {}", access.home, release.version);
        return Err(Error::new(ErrorKind::NotFound, message).hint("its publisher has to repair the index; another version may have a file"));
    };
    let promised = release.promised();
    if let (Some(digest), None) = (&release.digest, promised) {
        session.progress.notice(format!("the index's digest of {chart} {} is no SHA-256 and was not checked: {digest}", release.version));
    }
    if let Some(reference) = address.strip_prefix("oci://") {
        let mut reference = parse_oci(reference, None)?;
        if reference.wanted == Wanted::Latest {
            reference.wanted = Wanted::Matching(release.version.clone());
        }
        return from_registry(session, &reference, promised).await;
    }
    let (url, in_url) = resolve(&access.home, address)?.split_credentials();
    match in_url {
        // Credentials that the index itself publishes are for that file alone.
        Some(credentials) => {
            let own = Access { home: url.clone(), credentials: Some(credentials), everywhere: false, tls: access.tls.clone() };
            session.archive(&url, &own, promised).await
        }
        None => session.archive(&url, access, promised).await,
    }
}

/// A reference of an index against its repository: an absolute one as it is, a relative one in the repository's folder, with its query.
fn resolve(home: &RedactedUrl, reference: &str) -> Result<RedactedUrl> {
    let refused = || {
        Error::new(
            ErrorKind::Syntax,
            format!("the index of {home} names a file that is at no http or https address: {}", redact_text(reference)),
        )
    };
    let is_absolute = url::Url::parse(reference).is_ok();
    let mut folder = home.expose().clone();
    folder.set_path(&format!("{}/", home.expose().path().trim_end_matches('/')));
    let mut url = folder.join(reference).map_err(|_| refused())?;
    if !is_absolute {
        url.set_query(home.expose().query());
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refused());
    }
    Ok(url.into())
}

/// The reference of a chart in a registry's folder.
fn in_registry(folder: &str, chart: &str, wanted: &Wanted) -> Result<OciRef> {
    let mut reference = parse_oci(&format!("{}/{chart}", folder.trim_end_matches('/')), None)?;
    reference.wanted = wanted.clone();
    Ok(reference)
}

/// A chart of a registry. `promised` is the archive's digest, when an index that names the reference gives one.
async fn from_registry(session: &Session<'_>, reference: &OciRef, promised: Option<Digest>) -> Result<Package> {
    if let Some(package) = promised.and_then(|digest| session.cached(digest, &reference.to_string())) {
        return Ok(package);
    }
    let package = oci::fetch(reference, session.options, session.progress).await?;
    if let (Some(promised), Content::Archive(bytes)) = (promised, &package.content) {
        promised.verify(bytes, &package.origin)?;
    }
    Ok(package)
}

fn unknown_repository(name: &str, known: &[&str]) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("no repository is called {name}"));
    let error = match similar::get_close_matches(name, known, 3, 0.6).as_slice() {
        [] => error,
        near => error.hint(format!("did you mean {}?", near.join(", "))),
    };
    error.hint(format!("add it with `helm repo add {name} URL`, or name its address with --repo URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_helm_resolves_them() {
        let table = [
            ("https://h/charts", "a-1.tgz", "https://h/charts/a-1.tgz"),
            ("https://h/charts/", "sub/a-1.tgz", "https://h/charts/sub/a-1.tgz"),
            ("https://h/charts", "/a-1.tgz", "https://h/a-1.tgz"),
            ("https://h/charts", "../a-1.tgz", "https://h/a-1.tgz"),
            ("https://h/charts?x=1", "a-1.tgz", "https://h/charts/a-1.tgz?x=1"),
            ("https://h/charts?x=1", "https://h/a-1.tgz?y=2", "https://h/a-1.tgz?y=2"),
            ("https://h/charts", "//other/a-1.tgz", "https://other/a-1.tgz"),
            ("https://h", "index.yaml", "https://h/index.yaml"),
        ];
        for (home, reference, url) in table {
            assert_eq!(resolve(&RedactedUrl::parse(home).unwrap(), reference).unwrap().expose().as_str(), url, "{home} {reference}");
        }
        for reference in ["file:///etc/passwd", "data:x", "ftp://h/a.tgz", "https://"] {
            let error = resolve(&RedactedUrl::parse("https://u:p@h/").unwrap(), reference).unwrap_err();
            assert!(!error.report().contains("u:p"), "{}", error.report());
        }
    }

    #[test]
    fn a_folder_of_a_registry_holds_charts() {
        let reference = in_registry("registry.example.com/charts/", "thanos", &Wanted::Matching("~1".into())).unwrap();
        assert_eq!(reference.to_string(), "oci://registry.example.com/charts/thanos:~1");
    }
}

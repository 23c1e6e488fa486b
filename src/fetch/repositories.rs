//! Helm's `repositories.yaml`: the repositories that a person added, and their settings.
//!
//! Follows Helm 3.17 (`pkg/repo/repo.go`, `Entry`). Uses `error` and `value`.

use std::fs;
use std::io;
use std::path::Path;

use super::http::Access;
use super::options::{Credentials, Options, Tls};
use super::redact::RedactedUrl;
use crate::error::{Error, ErrorKind, Result};
use crate::value::yaml::{self, Limits};
use crate::value::{Data, Node};

/// One repository of the file.
#[derive(Debug)]
pub(super) struct Repository {
    /// The name before the slash.
    pub(super) name: String,
    /// Where it is, and with which credentials it is asked; the error counts only when the repository is used.
    pub(super) access: Result<Access>,
}

/// Reads the file. There are no repositories when there is no file, as for Helm.
///
/// # Errors
/// `Io` when it can't be read, `Syntax` when it is no YAML. No line of the file is shown: it may hold passwords.
pub(super) fn read(options: &Options) -> Result<Vec<Repository>> {
    let Some(path) = &options.repository_config else { return Ok(Vec::new()) };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::new(ErrorKind::Io, format!("{} can't be read: {error}", path.display()))),
    };
    let node = parse(path, &bytes)?;
    let entries = node.get("repositories").and_then(Node::as_list).unwrap_or_default();
    Ok(entries.iter().filter_map(|entry| repository(entry, path, options)).collect())
}

/// The name under which Helm knows the repository at a URL, and with it its credentials; `None` when it doesn't, or its list can't be read.
pub fn name_of(url: &RedactedUrl, options: &Options) -> Option<String> {
    let folder = |url: &RedactedUrl| url.expose().path().trim_end_matches('/').to_owned();
    let known = read(options).ok()?.into_iter();
    let same = |repository: &Repository| {
        repository.access.as_ref().is_ok_and(|access| access.home.same_origin(url) && folder(&access.home) == folder(url))
    };
    known.into_iter().find(same).map(|repository| repository.name)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Node> {
    let name = path.display().to_string();
    let read = yaml::source(name.clone(), bytes).and_then(|source| yaml::read(&source, &Limits::default()));
    read.map_err(|error| {
        let plain = Error::new(ErrorKind::Syntax, format!("{name} can't be read as YAML")).hint("`helm repo list` reads the same file");
        match error.place() {
            Some(place) => plain.at(place.clone()),
            None => plain,
        }
    })
}

/// One entry; none without a name or a URL.
fn repository(entry: &Node, path: &Path, options: &Options) -> Option<Repository> {
    let text = |key: &str| entry.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let (name, url) = (text("name")?.to_owned(), text("url")?);
    let access = RedactedUrl::parse(url)
        .map(|url| access(entry, &url, options))
        .map_err(|error| error.context(format!("the repository {name} in {} can't be used", path.display())));
    Some(Repository { name, access })
}

/// The settings of an entry; where it has none, those of the command line.
fn access(entry: &Node, url: &RedactedUrl, options: &Options) -> Access {
    let text = |key: &str| entry.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let flag = |key: &str| matches!(entry.get(key).map(|node| &node.data), Some(Data::Bool(true)));
    let (home, in_url) = url.split_credentials();
    let own = match (text("username"), text("password")) {
        (Some(username), Some(password)) => Some(Credentials { username: username.to_owned(), password: password.to_owned() }),
        _ => in_url,
    };
    let tls = Tls {
        ca_file: text("caFile").map(Into::into).or_else(|| options.tls.ca_file.clone()),
        cert_file: text("certFile").map(Into::into).or_else(|| options.tls.cert_file.clone()),
        key_file: text("keyFile").map(Into::into).or_else(|| options.tls.key_file.clone()),
        insecure_skip_verify: flag("insecure_skip_tls_verify") || options.tls.insecure_skip_verify,
    };
    let credentials = own.or_else(|| options.credentials.clone());
    Access { home, credentials, everywhere: flag("pass_credentials_all") || options.pass_credentials_all, tls }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"apiVersion: ""
generated: "0001-01-01T00:00:00Z"
repositories:
- caFile: /ca.pem
  certFile: /cert.pem
  insecure_skip_tls_verify: true
  keyFile: /key.pem
  name: private
  pass_credentials_all: true
  password: hunter2
  url: https://charts.example.com/stable
  username: someone
- name: in-url
  url: https://some%40one:hunter2@charts.example.com/
- name: open
  url: http://charts.example.com
- name: nowhere
"#;

    fn options(text: &str) -> (tempfile::TempDir, Options) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repositories.yaml");
        fs::write(&path, text).unwrap();
        (folder, Options { repository_config: Some(path), ..Options::default() })
    }

    #[test]
    fn every_setting_is_read() {
        let (_folder, options) = options(FILE);
        let found = read(&options).unwrap();
        let names: Vec<&str> = found.iter().map(|repository| repository.name.as_str()).collect();
        assert_eq!(names, ["private", "in-url", "open"]);
        let access: Vec<&Access> = found.iter().map(|repository| repository.access.as_ref().unwrap()).collect();
        let private = access[0];
        assert_eq!(private.credentials, Some(Credentials { username: "someone".into(), password: "hunter2".into() }));
        assert!(private.everywhere);
        let (ca_file, cert_file, key_file) = (Some("/ca.pem".into()), Some("/cert.pem".into()), Some("/key.pem".into()));
        assert_eq!(private.tls, Tls { ca_file, cert_file, key_file, insecure_skip_verify: true });
        let in_url = access[1];
        assert_eq!(in_url.credentials, Some(Credentials { username: "some@one".into(), password: "hunter2".into() }));
        assert_eq!(in_url.home.expose().as_str(), "https://charts.example.com/");
        assert!(access[2].credentials.is_none() && !access[2].everywhere);
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn no_file_is_no_repositories() {
        let options = Options { repository_config: Some("/nowhere/repositories.yaml".into()), ..Options::default() };
        assert!(read(&options).unwrap().is_empty());
    }

    #[test]
    fn a_broken_file_shows_its_place_and_not_its_passwords() {
        let (_folder, options) = options("repositories:\n- password: \"hunter2\n");
        let error = read(&options).unwrap_err();
        assert!(error.place().is_some_and(|place| place.file.ends_with("repositories.yaml")));
        assert!(!error.report().contains("hunter2"), "{}", error.report());
    }

    #[test]
    fn a_broken_entry_spoils_only_itself() {
        let (_folder, options) = options("repositories:\n- name: x\n  url: https://someone:hunter2@ho st/\n- name: z\n  url: https://h/\n");
        let [x, z] = read(&options).unwrap().try_into().unwrap();
        let report = x.access.unwrap_err().report();
        assert!(report.contains("the repository x in ") && !report.contains("hunter2"), "{report}");
        assert!(z.access.is_ok());
    }
}

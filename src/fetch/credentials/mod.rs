//! Who we are to a registry: the command line's user, else what Helm's `registry/config.json` says, else Docker's `config.json`.
//!
//! Both files have Docker's shape (docker/cli `cli/config/configfile`): `credHelpers` for one registry, `credsStore` for all, `auths`
//! with the credentials themselves. Helm 3.17 asks its own file first and then Docker's (oras-go v1 `auth/docker`), and so does this.
//! A helper that fails is told of and passed over: most charts are public.

mod program;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use serde::Deserialize;

use super::{Credentials, Options};
use crate::error::{Error, ErrorKind, Place, Result};

/// How long a credential helper may take.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);

/// The name helpers know Docker Hub by, and most of Docker's files.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// A text that must not be shown: `Debug` doesn't, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// How we introduce ourselves to a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Without a name.
    Anonymous,
    /// With a user and a password.
    Password(Credentials),
    /// With a token that the registry's token server turns into one for each request (OAuth 2 refresh token; `az acr login` stores one).
    IdentityToken(Secret),
}

/// A login and how it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// How we introduce ourselves.
    pub login: Login,
    /// What was looked at, in order, without secrets: a clause each, such as `~/.docker/config.json has nothing for ghcr.io`.
    pub trail: Vec<String>,
    /// Helpers that failed, a clause each.
    pub failures: Vec<String>,
}

impl Found {
    /// The trail as one hint for a login that wasn't enough.
    pub fn hint(&self) -> String {
        format!("credentials: {}", self.trail.join("; "))
    }
}

/// Looks for the credentials of a registry, given as `host[:port]`. Runs helper programs, so it may take up to 30 seconds.
///
/// # Errors
/// [`ErrorKind::Syntax`] or [`ErrorKind::Io`] for a file that exists and can't be read.
pub fn find(registry: &str, options: &Options) -> Result<Found> {
    let mut found = Found { login: Login::Anonymous, trail: Vec::new(), failures: Vec::new() };
    if let Some(credentials) = &options.credentials {
        found.login = Login::Password(credentials.clone());
        found.trail.push("those of the command line were used".to_owned());
        return Ok(found);
    }
    for file in [&options.registry_config, &options.docker_config].into_iter().flatten() {
        if let Some(login) = ask_file(file, registry, &mut found)? {
            found.login = login;
            return Ok(found);
        }
    }
    if found.trail.is_empty() {
        found.trail.push("no file was looked at".to_owned());
    }
    Ok(found)
}

/// A file of Docker's shape, as far as it matters here.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: Option<HashMap<String, HashMap<String, serde_json::Value>>>,
    creds_store: Option<String>,
    cred_helpers: Option<HashMap<String, String>>,
}

fn ask_file(file: &Path, registry: &str, found: &mut Found) -> Result<Option<Login>> {
    let shown = file.display();
    let Some(config) = read_file(file)? else {
        found.trail.push(format!("there is no {shown}"));
        return Ok(None);
    };
    if let Some(helper) = config.helper_for(registry) {
        let answer = if is_program_name(&helper) {
            program::get(&helper, if is_docker_hub(registry) { DOCKER_HUB } else { registry }, HELPER_TIMEOUT)
        } else {
            Err("has a name that no program should have".to_owned())
        };
        return Ok(match answer {
            Ok(Some(login)) => {
                found.trail.push(format!("those of the helper {helper}, named in {shown}, were used"));
                Some(login)
            }
            Ok(None) => {
                found.trail.push(format!("the helper {helper}, named in {shown}, has none for {registry}"));
                None
            }
            Err(failure) => {
                let failure = format!("the helper {helper}, named in {shown}, {failure}");
                found.trail.push(failure.clone());
                found.failures.push(failure);
                None
            }
        });
    }
    let login = config.stored_for(registry).map_err(|problem| {
        Error::new(ErrorKind::Syntax, format!("the entry for {registry} in {shown} {problem}"))
            .hint(format!("log in again: helm registry login {registry}"))
    })?;
    found.trail.push(match login {
        Some(_) => format!("those in {shown} were used"),
        None => format!("{shown} has none for {registry}"),
    });
    Ok(login)
}

fn read_file(file: &Path) -> Result<Option<ConfigFile>> {
    let refused = |kind, why: String| Error::new(kind, format!("cannot read the credentials file {}: {why}", file.display()));
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(ErrorKind::Io, error.to_string())),
    };
    if text.trim_ascii().is_empty() {
        return Ok(Some(ConfigFile::default()));
    }
    // The parser's own message may quote a secret, so only the place is told.
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let place = |number: usize| u32::try_from(number).unwrap_or(0);
        let place = Place { file: file.display().to_string(), line: place(error.line()), column: place(error.column()) };
        refused(ErrorKind::Syntax, "it is not JSON of Docker's shape".to_owned()).at(place)
    })
}

impl ConfigFile {
    /// The helper program that keeps the credentials of a registry.
    fn helper_for(&self, registry: &str) -> Option<String> {
        let of = |server: &str| self.cred_helpers.as_ref().and_then(|helpers| helpers.get(server));
        let own = of(registry).or_else(|| if is_docker_hub(registry) { of(DOCKER_HUB) } else { None });
        own.or(self.creds_store.as_ref()).filter(|name| !name.is_empty()).map(|name| format!("docker-credential-{name}"))
    }

    /// The credentials the file itself keeps, or what is wrong with them.
    fn stored_for(mut self, registry: &str) -> Result<Option<Login>, &'static str> {
        let mut auths = self.auths.take().unwrap_or_default();
        // An empty text means none, but would be taken for a token.
        auths.values_mut().for_each(|entry| entry.retain(|_, value| value != ""));
        let text = serde_json::to_vec(&serde_json::json!({ "auths": auths })).map_err(|_| "can't be read")?;
        match docker_credential::get_credential_from_reader(&*text, registry) {
            Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Login::IdentityToken(Secret(token)))),
            Ok(DockerCredential::UsernamePassword(username, password)) => {
                Ok((!username.is_empty() || !password.is_empty()).then_some(Login::Password(Credentials { username, password })))
            }
            Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
            Err(CredentialRetrievalError::CredentialMismatchError) => Err("has an `auth` that differs from its `username` and `password`"),
            Err(_) => Err("is not user and password in base64"),
        }
    }
}

/// Docker Hub answers to three names.
fn is_docker_hub(registry: &str) -> bool {
    matches!(registry, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

/// Whether a name out of a file may be run: nothing that leads elsewhere than `PATH`.
fn is_program_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

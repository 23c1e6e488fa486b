//! The flags that say where charts come from, as settings for `fetch`; and fetching with progress and notices on the terminal.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::{AccessArgs, SourceArgs};
use super::terminal::Terminal;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{self, Bars, ChartRef, Credentials, Options, Package, RedactedUrl};

/// The longest password that is read from standard input, in bytes.
const MAX_PASSWORD: u64 = 64 << 10;

/// What the environment says, and over it the flags.
///
/// # Errors
/// `Usage` for a user name without a password, `Io` when standard input can't be read.
pub(super) fn options(args: &SourceArgs) -> Result<Options> {
    Ok(Options { credentials: credentials(args)?, ..access(&args.access) })
}

/// The same without a repository of its own.
pub(super) fn access(args: &AccessArgs) -> Options {
    let mut options = Options::from_environment();
    let replace = |place: &mut Option<PathBuf>, given: &Option<PathBuf>| {
        if given.is_some() {
            place.clone_from(given);
        }
    };
    replace(&mut options.cache_dir, &args.cache_dir);
    replace(&mut options.repository_config, &args.repository_config);
    replace(&mut options.registry_config, &args.registry_config);
    options.tls.ca_file.clone_from(&args.ca_file);
    options.tls.cert_file.clone_from(&args.cert_file);
    options.tls.key_file.clone_from(&args.key_file);
    options.tls.insecure_skip_verify = args.insecure_skip_tls_verify;
    options.pass_credentials_all = args.pass_credentials;
    options.plain_http = args.plain_http;
    options.devel = args.devel;
    options.offline = args.offline;
    options
}

/// Fetches one chart.
///
/// # Errors
/// Those of [`options`], and what keeps the chart from being fetched.
pub(super) fn chart(chart: &str, version: Option<&str>, source: &SourceArgs, terminal: &Terminal) -> Result<Package> {
    let repo = source.repo.as_deref().map(RedactedUrl::parse).transpose()?;
    // Of a path on disk there is one version; Helm doesn't look at the flag then.
    let version = version.filter(|_| repo.is_some() || !Path::new(chart).exists());
    let reference = ChartRef::parse(chart, version, repo.as_ref())?;
    let options = options(source)?;
    fetched(terminal, |bars| fetch::fetch_one(&reference, &options, bars))
}

/// What a fetch brings, with its progress shown and its notices told, whatever the result.
///
/// # Errors
/// Those of the fetch.
pub(super) fn fetched<T>(terminal: &Terminal, fetch: impl FnOnce(&Bars) -> Result<T>) -> Result<T> {
    let bars = Bars::new(terminal.quiet);
    let fetched = fetch(&bars);
    for notice in bars.notices() {
        terminal.notice(&notice);
    }
    fetched
}

fn credentials(args: &SourceArgs) -> Result<Option<Credentials>> {
    let Some(username) = args.username.clone() else { return Ok(None) };
    if !args.password_stdin {
        return Err(Error::new(ErrorKind::Usage, "--username needs a password")
            .hint("give it on standard input: --password-stdin < FILE")
            .hint("or keep both where Helm does: helm repo add --username …, helm registry login"));
    }
    let mut password = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD)
        .read_to_string(&mut password)
        .map_err(|error| Error::new(ErrorKind::Io, error.to_string()).context("cannot read the password from standard input"))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Some(Credentials { username, password }))
}

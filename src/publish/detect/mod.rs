//! What pull request this is: from the CI's environment, and over it what was given by flags.
//!
//! Each CI system is a file that reads its documented variables into a [`Target`]. Branch names, titles and the like are chosen by whoever
//! opened the pull request: nothing here but numbers, revisions and addresses of the forge itself goes further.

mod actions;
mod azure_pipelines;
mod bitbucket_pipelines;
mod event;
mod gitlab_ci;
mod kind;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

pub use kind::Kind;
pub(super) use kind::escaped;

use super::token::Token;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::RedactedUrl;
use crate::report::pull::Links;
use crate::report::safe;

/// How an environment variable is looked up; an empty one counts as none.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What was given by flags; it counts over the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// `--forge`.
    pub forge: Option<Kind>,
    /// `--api-url`: where the API is.
    pub api_url: Option<String>,
    /// `--repository`: as the forge names it.
    pub repository: Option<String>,
    /// `--pull-request`.
    pub pull_request: Option<u64>,
    /// `--base`: a revision of git.
    pub base: Option<String>,
    /// `--head`.
    pub head: Option<String>,
    /// Who writes our comments, when the forge doesn't tell.
    pub author: Option<String>,
}

/// A pull request, or the run that has none, on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which forge.
    pub kind: Kind,
    /// Where its API is.
    pub api: RedactedUrl,
    /// Where its pages are, without the slash at the end.
    pub web: Option<String>,
    /// The repository as the forge names it: `owner/name`, for GitLab also a number, for Azure DevOps `project/repository`.
    pub repository: String,
    /// The pull request's number; none in a run that is for none, such as a push or a merge queue.
    pub pull: Option<u64>,
    /// `owner:branch` of the head, when the number is still to be asked for.
    pub head_label: Option<String>,
    /// The old revision, as git takes it.
    pub base: Option<String>,
    /// The new revision.
    pub head: Option<String>,
    /// When the run began, in seconds since 1970: of two runs the later one is right.
    pub at: u64,
    /// The page of the run, which holds the whole report.
    pub run: Option<String>,
    /// Why the token of this run is probably not allowed to write.
    pub doubt: Option<Doubt>,
    /// Who writes our comments, when it was given.
    pub author: Option<String>,
    /// Whether this runs in a job of the forge's own CI.
    pub job: bool,
    /// Who writes with such a job's own token, where that has no user to ask for.
    pub jobs_author: Option<&'static str>,
    /// The pipeline that a status belongs to (GitLab).
    pub pipeline: Option<u64>,
}

/// Why a token is probably not allowed to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The pull request comes from a fork.
    Fork,
    /// Dependabot triggered the run.
    Dependabot,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fork => "the pull request comes from a fork, whose jobs may not write",
            Self::Dependabot => "Dependabot triggered the run, and its jobs may not write unless the workflow says so",
        })
    }
}

impl Target {
    /// A target of which only the forge and the repository are known.
    fn new(kind: Kind, api: RedactedUrl, repository: String) -> Self {
        Self {
            kind,
            api,
            web: None,
            repository,
            pull: None,
            head_label: None,
            base: None,
            head: None,
            at: 0,
            run: None,
            doubt: None,
            author: None,
            job: false,
            jobs_author: None,
            pipeline: None,
        }
    }

    /// Where links of a report lead.
    pub fn links(&self) -> Links {
        let file = match (&self.web, self.head.as_deref().filter(|head| super::sticky::is_revision(head))) {
            (Some(web), Some(head)) => self.kind.files_at(web, &self.repository, head),
            _ => None,
        };
        Links { file, line: self.kind.line_mark(), report: self.run.clone() }
    }
}

/// The target of this run; none when neither the environment nor the flags speak of a forge.
///
/// # Errors
/// `Usage` for a repository, an address or a combination that can't be; `Io` and `Syntax` for the event's file.
pub fn detect(environment: &Environment<'_>, given: &Given) -> Result<Option<Target>> {
    let found = of_ci(environment)?.filter(|found| given.forge.is_none_or(|forge| forge == found.kind));
    let mut target = match (found, given.forge) {
        (Some(found), _) => found,
        (None, Some(kind)) => from_nothing(kind, given)?,
        (None, None) if given.repository.is_some() || given.api_url.is_some() || given.pull_request.is_some() => {
            return Err(Error::new(ErrorKind::Usage, "which forge to write to is not known")
                .hint(format!("give it with --forge: {}", Kind::names().join(", "))));
        }
        (None, None) => return Ok(None),
    };
    override_with(&mut target, given)?;
    if target.at == 0 {
        target.at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    }
    target.kind.check_repository(&target.repository)?;
    Ok(Some(target))
}

/// What the CI system says of itself. Gitea's and Forgejo's runners call themselves GitHub's, too, and Azure's build GitHub's repositories.
fn of_ci(environment: &Environment<'_>) -> Result<Option<Target>> {
    let on = |name: &str| environment(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if on("GITEA_ACTIONS") || on("FORGEJO_ACTIONS") || on("GITHUB_ACTIONS") {
        actions::target(environment).map(Some)
    } else if on("GITLAB_CI") {
        gitlab_ci::target(environment)
    } else if on("TF_BUILD") {
        azure_pipelines::target(environment)
    } else if environment("BITBUCKET_BUILD_NUMBER").is_some() {
        bitbucket_pipelines::target(environment)
    } else {
        Ok(None)
    }
}

fn from_nothing(kind: Kind, given: &Given) -> Result<Target> {
    let missing =
        |what: &str, flag: &str| Error::new(ErrorKind::Usage, format!("{what} is not known")).hint(format!("give it with {flag}"));
    let api = given.api_url.as_deref().or(kind.public_api()).ok_or_else(|| missing(&format!("where {kind}'s API is"), "--api-url"))?;
    let repository = given.repository.clone().ok_or_else(|| missing("the repository", "--repository"))?;
    let api = kind.api(api)?;
    let web = kind.web_of(&api);
    Ok(Target { web, ..Target::new(kind, api, repository) })
}

fn override_with(target: &mut Target, given: &Given) -> Result<()> {
    if let Some(url) = &given.api_url {
        target.api = target.kind.api(url)?;
        target.web = target.kind.web_of(&target.api);
    }
    if let Some(repository) = given.repository.as_ref().filter(|given| **given != target.repository) {
        // What the run says is about another repository.
        *target = Target {
            web: target.web.clone(),
            at: target.at,
            run: target.run.clone(),
            ..Target::new(target.kind, target.api.clone(), repository.clone())
        };
    }
    if given.pull_request.is_some() && given.pull_request != target.pull {
        target.pull = given.pull_request;
        (target.head_label, target.doubt) = (None, None);
    }
    let replace = |place: &mut Option<String>, given: &Option<String>| {
        if given.is_some() {
            place.clone_from(given);
        }
    };
    replace(&mut target.base, &given.base);
    replace(&mut target.head, &given.head);
    replace(&mut target.author, &given.author);
    Ok(())
}

/// The token for a forge: `CHARTSHIFT_TOKEN`, or the variables that the forge's tools use.
///
/// # Errors
/// `Usage` when the variable holds something that can't be a token.
pub fn token(kind: Kind, environment: &Environment<'_>) -> Result<Option<Token>> {
    let variables = std::iter::once(&"CHARTSHIFT_TOKEN").chain(kind.token_variables());
    let found = variables.into_iter().find_map(|name| Some((name, environment(name).filter(|value| !value.trim().is_empty())?)));
    found.map(|(name, value)| Token::new(&value, name)).transpose()
}

/// An address of a page that can stand in a link as it is; none for anything else.
fn page(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let harmless = |c: char| c.is_ascii_alphanumeric() || "._~/:%+,=&?#-".contains(c);
    let web = text.starts_with("https://") || text.starts_with("http://");
    (web && text.chars().all(harmless)).then(|| text.to_owned())
}

/// A moment of RFC 3339 in seconds since 1970.
fn seconds(text: &str) -> Option<u64> {
    text.trim().parse::<jiff::Timestamp>().ok().and_then(|moment| u64::try_from(moment.as_second()).ok())
}

/// A variable that the CI system documents as always there.
fn needed(environment: &Environment<'_>, name: &str, system: &str) -> Result<String> {
    environment(name).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("{system} is running this, but {name} is not set"))
            .hint("pass the variable on into the container, or give --forge, --api-url, --repository and --pull-request")
    })
}

/// A number from a variable.
fn number(environment: &Environment<'_>, name: &str) -> Result<Option<u64>> {
    let Some(text) = environment(name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Error::new(ErrorKind::Usage, format!("{name} is not a number: {}", safe::code_span(&text)))),
    }
}

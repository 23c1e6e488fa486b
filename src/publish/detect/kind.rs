//! The forges, and what is fixed about each: names, addresses, variables.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::RedactedUrl;
use crate::report::safe;

/// A forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// GitHub, GitHub Enterprise Server.
    GitHub,
    /// GitLab, also one's own.
    GitLab,
    /// Azure DevOps Services and Server.
    AzureDevOps,
    /// bitbucket.org.
    BitbucketCloud,
    /// Bitbucket Data Center, Bitbucket Server.
    BitbucketDataCenter,
    /// Gitea and Forgejo.
    Gitea,
}

/// Each forge, what it is called on the command line, and what people call it.
const NAMES: [(Kind, &str, &str); 6] = [
    (Kind::GitHub, "github", "GitHub"),
    (Kind::GitLab, "gitlab", "GitLab"),
    (Kind::AzureDevOps, "azure-devops", "Azure DevOps"),
    (Kind::BitbucketCloud, "bitbucket-cloud", "Bitbucket Cloud"),
    (Kind::BitbucketDataCenter, "bitbucket-data-center", "Bitbucket Data Center"),
    (Kind::Gitea, "gitea", "Gitea"),
];

/// Other words for them.
const ALIASES: [(&str, Kind); 1] = [("forgejo", Kind::Gitea)];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(kind, ..)| kind == self).map_or("", |(_, _, name)| name);
        f.write_str(name)
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = NAMES.iter().find(|(_, name, _)| *name == text).map(|(kind, ..)| *kind);
        named.or_else(|| ALIASES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind)).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("`{}` is no forge that is known here", safe::line(text)))
                .hint(format!("one of {}", Self::names().join(", ")))
        })
    }
}

impl Kind {
    /// The names that the command line takes.
    pub fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(_, name, _)| *name).chain(ALIASES.iter().map(|(name, _)| *name)).collect()
    }

    /// The variables that a token is looked for in, besides `CHARTSHIFT_TOKEN`.
    pub fn token_variables(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &["GITHUB_TOKEN", "GH_TOKEN"],
            Self::GitLab => &["GITLAB_TOKEN"],
            Self::AzureDevOps => &["SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_TOKEN"],
            Self::BitbucketCloud | Self::BitbucketDataCenter => &["BITBUCKET_TOKEN"],
            Self::Gitea => &["GITEA_TOKEN", "FORGEJO_TOKEN", "GITHUB_TOKEN"],
        }
    }

    /// Where the API of the forge that everybody can use is.
    pub(super) fn public_api(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("https://api.github.com"),
            Self::GitLab => Some("https://gitlab.com/api/v4"),
            Self::BitbucketCloud => Some("https://api.bitbucket.org/2.0"),
            Self::AzureDevOps | Self::BitbucketDataCenter | Self::Gitea => None,
        }
    }

    /// The part of an API's path that is the same on every server.
    fn api_path(self) -> &'static str {
        match self {
            Self::GitHub => "/api/v3",
            Self::GitLab => "/api/v4",
            Self::BitbucketDataCenter => "/rest/api/1.0",
            Self::Gitea => "/api/v1",
            Self::AzureDevOps | Self::BitbucketCloud => "",
        }
    }

    /// The address of an API; that of a server's pages becomes that of its API.
    pub(super) fn api(self, text: &str) -> Result<RedactedUrl> {
        let url = RedactedUrl::parse(text)?;
        if !matches!(url.expose().scheme(), "http" | "https") {
            return Err(Error::new(ErrorKind::Usage, format!("{url} is no address of an API: it is not http or https")));
        }
        let mut bare = url.split_credentials().0.expose().clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let path = bare.path().trim_end_matches('/').to_owned();
        // GitHub's own API has a host to itself.
        let whole = self.api_path().is_empty() || path.ends_with(self.api_path()) || (self == Self::GitHub && is_api_host(&bare));
        let path = match (whole, path.strip_suffix("/rest/api/latest")) {
            (_, Some(server)) if self == Self::BitbucketDataCenter => format!("{server}{}", self.api_path()),
            (true, _) => path,
            (false, _) => format!("{path}{}", self.api_path()),
        };
        bare.set_path(&path);
        Ok(RedactedUrl::from(bare))
    }

    /// Where the pages of an API's server are.
    pub(super) fn web_of(self, api: &RedactedUrl) -> Option<String> {
        let url = api.expose();
        match self {
            Self::GitHub if url.host_str() == Some("api.github.com") => Some("https://github.com".to_owned()),
            Self::BitbucketCloud => (url.host_str() == Some("api.bitbucket.org")).then(|| "https://bitbucket.org".to_owned()),
            _ => {
                let path = url.path().trim_end_matches('/');
                let mut root = url.clone();
                root.set_path(path.strip_suffix(self.api_path()).unwrap_or(path));
                // On ghe.com the API is at api.NAME.ghe.com.
                if let Some(host) = url.host_str().and_then(|host| host.strip_prefix("api.")).filter(|_| self == Self::GitHub) {
                    root.set_host(Some(host)).ok()?;
                }
                super::page(root.as_str())
            }
        }
    }

    /// The address of a file at a revision, up to the file's path; none when the repository can't stand in one.
    pub(super) fn files_at(self, web: &str, repository: &str, head: &str) -> Option<String> {
        let (first, last) = repository.rsplit_once('/')?;
        match self {
            Self::GitHub => Some(format!("{web}/{repository}/blob/{head}/")),
            Self::GitLab => Some(format!("{web}/{repository}/-/blob/{head}/")),
            Self::AzureDevOps => Some(format!("{web}/{}/_git/{}?version=GC{head}&path=/", escaped(first), escaped(last))),
            Self::BitbucketCloud => Some(format!("{web}/{repository}/src/{head}/")),
            Self::BitbucketDataCenter => Some(format!("{web}/projects/{first}/repos/{last}/commits/{head}#")),
            Self::Gitea => Some(format!("{web}/{repository}/src/commit/{head}/")),
        }
    }

    /// What stands between a file's address and a line's number.
    pub(super) fn line_mark(self) -> &'static str {
        match self {
            Self::GitHub | Self::GitLab | Self::Gitea => "#L",
            Self::AzureDevOps => "&line=",
            Self::BitbucketCloud => "#lines-",
            Self::BitbucketDataCenter => "?t=",
        }
    }

    /// Checks that a repository can be one: its parts go into addresses.
    pub(super) fn check_repository(self, repository: &str) -> Result<()> {
        let parts: Vec<&str> = repository.split('/').collect();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '~');
        // Projects of Azure DevOps have names in words.
        let allowed = |c: char| plain(c) || (self == Self::AzureDevOps && !c.is_control() && !r#"\/:*?"<>|;#$*{},+=[]"#.contains(c));
        let sound = |part: &&str| !part.is_empty() && !matches!(*part, "." | "..") && part.chars().all(allowed);
        let count = match self {
            Self::GitLab => parts.len() >= 2 || parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())),
            _ => parts.len() == 2,
        };
        if count && parts.iter().all(sound) {
            return Ok(());
        }
        let form = match self {
            Self::GitHub | Self::Gitea => "OWNER/NAME",
            Self::GitLab => "GROUP/NAME or the project's number",
            Self::AzureDevOps => "PROJECT/REPOSITORY",
            Self::BitbucketCloud => "WORKSPACE/REPOSITORY",
            Self::BitbucketDataCenter => "PROJECT/REPOSITORY, such as `OPS/platform`",
        };
        Err(Error::new(ErrorKind::Usage, format!("`{}` is no repository of {self}", safe::line(repository))).hint(format!("write {form}")))
    }
}

/// Whether a host serves GitHub's API at its root.
fn is_api_host(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.starts_with("api."))
}

/// A part of an address's path.
pub(in crate::publish) fn escaped(part: &str) -> String {
    percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_apis_are_told_apart() {
        let table = [
            (Kind::GitHub, "https://api.github.com/", "https://api.github.com/", Some("https://github.com")),
            (Kind::GitHub, "https://api.acme.ghe.com", "https://api.acme.ghe.com/", Some("https://acme.ghe.com")),
            (Kind::GitHub, "https://git.acme.example", "https://git.acme.example/api/v3", Some("https://git.acme.example")),
            (Kind::GitHub, "https://git.acme.example/api/v3/", "https://git.acme.example/api/v3", Some("https://git.acme.example")),
            (Kind::GitLab, "https://acme.example/gitlab", "https://acme.example/gitlab/api/v4", Some("https://acme.example/gitlab")),
            (Kind::Gitea, "http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v1", Some("http://127.0.0.1:3000")),
            (Kind::BitbucketDataCenter, "https://b.example/rest/api/latest", "https://b.example/rest/api/1.0", Some("https://b.example")),
            (Kind::BitbucketCloud, "https://api.bitbucket.org/2.0", "https://api.bitbucket.org/2.0", Some("https://bitbucket.org")),
            (Kind::AzureDevOps, "https://dev.azure.com/acme/", "https://dev.azure.com/acme", Some("https://dev.azure.com/acme")),
        ];
        for (kind, given, api, web) in table {
            let found = kind.api(given).unwrap();
            assert_eq!(found.expose().as_str(), api);
            assert_eq!(kind.web_of(&found).as_deref(), web, "{given}");
        }
        assert!(Kind::GitHub.api("ssh://git@github.com").is_err());
    }

    #[test]
    fn a_repository_can_not_lead_elsewhere() {
        let good = [
            (Kind::GitHub, "acme/platform"),
            (Kind::GitLab, "acme/teams/platform"),
            (Kind::GitLab, "4711"),
            (Kind::AzureDevOps, "Our Platform/gitops"),
            (Kind::BitbucketDataCenter, "~someone/platform"),
        ];
        for (kind, repository) in good {
            kind.check_repository(repository).unwrap();
        }
        let bad = [
            (Kind::GitHub, "acme"),
            (Kind::GitHub, "acme/.."),
            (Kind::GitHub, "acme/platform/issues"),
            (Kind::GitHub, "acme/pl atform"),
            (Kind::GitHub, "/platform"),
            (Kind::GitLab, "platform"),
            (Kind::GitLab, "acme/../../user"),
            (Kind::AzureDevOps, "a?b/c"),
            (Kind::Gitea, "acme/a%2fb"),
        ];
        for (kind, repository) in bad {
            assert!(kind.check_repository(repository).is_err(), "{kind} {repository}");
        }
    }

    #[test]
    fn every_name_is_read_back() {
        for name in Kind::names() {
            let kind: Kind = name.parse().unwrap();
            assert!(name == "forgejo" || kind.to_string().to_lowercase().replace(' ', "-") == name);
        }
        assert!("git".parse::<Kind>().is_err());
    }
}

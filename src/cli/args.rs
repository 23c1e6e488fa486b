//! What was typed: the one table of commands and flags, from which help, completions and the man page come. No I/O here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::classify::Severity;

/// Shows what shifts under a Helm release when its chart is upgraded.
///
/// Compares two versions of a chart (default values, templates, metadata) and marks what puts Azure Workload Identity at risk.
#[derive(Debug, Parser)]
#[command(name = "chartshift", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Review the upgrade of a chart from one version to another
    Diff(Box<DiffArgs>),
    /// Render a chart as helm template does, without Helm and without a cluster
    Template(Box<TemplateArgs>),
    /// List what a release takes from its chart's defaults, as values that pin it
    Pin(Box<PinArgs>),
    /// Review the charts that a pull request moves, and say it there
    Pr(Box<PrArgs>),
    /// Put a report that pr wrote on its pull request, for a run that may write where pr's may not
    Publish(Box<PublishArgs>),
    /// List the rules, or explain one
    Rules(RulesArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of one command
    Man {
        /// The command; the program when left out
        command: Option<String>,
        /// Write the pages of the program and of all commands into this folder instead
        #[arg(long, value_name = "FOLDER", conflicts_with = "command", value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
}

/// Flags of every command.
#[derive(Debug, Args)]
pub struct Shared {
    /// When to colour text on standard output; NO_COLOR counts too
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: ColorWhen,
    /// Print no progress and no notices
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more: the changed lines of templates and CRDs
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that wants it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `chartshift diff`.
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArgs {
    /// CHART OLD NEW: a chart and its versions (exact, a constraint such as ~12.20, or latest); without NEW the latest is the new side.
    /// OLD_REF NEW_REF: two charts with their versions, in any mix of folders, archives, URLs, oci://…:VERSION and REPO/NAME@VERSION
    #[arg(required = true, num_args = 2..=3, value_names = ["CHART", "OLD", "NEW"], value_hint = ValueHint::AnyPath)]
    pub charts: Vec<String>,

    /// Where the charts come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// The release that is upgraded.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// The version of the Azure Workload Identity webhook in the cluster [default: the newest known]
    #[arg(long, value_name = "VERSION", help_heading = "Release")]
    pub webhook_version: Option<String>,
    /// Set the use label and a client id wherever the old chart has a place for them
    #[arg(long, help_heading = "Release")]
    pub assume_workload_identity: bool,

    /// Write a report: text, markdown, json, sarif or html, to standard output or to FILE; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub outputs: Vec<String>,
    /// Exit with 1 when a finding is at this level or above
    #[arg(long, value_name = "LEVEL", default_value = "high", help_heading = "Report")]
    pub fail_on: FailOn,
    /// Add rules from a file; may be repeated
    #[arg(long = "rules", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub rule_files: Vec<PathBuf>,
    /// Use only this rule pack; may be repeated
    #[arg(long = "pack", value_name = "NAME", help_heading = "Rules")]
    pub packs: Vec<String>,
    /// The configuration file [default: .chartshift.yaml in this folder or one above it, up to the repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub config: Option<PathBuf>,
    /// Nest the values of fixes under this key, for a chart that depends on this one
    #[arg(long, value_name = "KEY", help_heading = "Report")]
    pub values_key: Option<String>,
    /// Write the values that keep the old behaviour to a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Report")]
    pub write_fix: Option<PathBuf>,
    /// Compare even when the two references are different charts
    #[arg(long, help_heading = "Report")]
    pub force: bool,
    /// Lines around each change of a template
    #[arg(long, value_name = "N", default_value_t = 3, help_heading = "Report")]
    pub context: usize,
}

/// `chartshift template`; the flags are those of `helm template`.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct TemplateArgs {
    /// The release's name [default: release-name] and the chart: a folder, an archive, a URL, oci://… or REPO/NAME
    #[arg(required = true, num_args = 1..=2, value_names = ["NAME", "CHART"], value_hint = ValueHint::AnyPath)]
    pub names: Vec<String>,
    /// The chart's version, exact or a constraint [default: the latest]
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,

    /// The values.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// The release's namespace
    #[arg(short, long, env = "HELM_NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// Render as this version of Helm does: 3.17, 3.19 or 4.2
    #[arg(long, value_name = "VERSION", default_value = "3.19")]
    pub helm_version: String,
    /// The version of Kubernetes that templates see [default: the one Helm assumes]
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// API versions that templates see, besides those Helm assumes; several with commas, or repeated
    #[arg(short, long, value_name = "VERSIONS", allow_hyphen_values = true)]
    pub api_versions: Vec<String>,
    /// Print only the documents of this template; may be repeated
    #[arg(short, long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub show_only: Vec<String>,
    /// Print no tests
    #[arg(long)]
    pub skip_tests: bool,
    /// Print no hooks
    #[arg(long)]
    pub no_hooks: bool,
    /// Print the custom resource definitions, too
    #[arg(long)]
    pub include_crds: bool,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall
    #[arg(long)]
    pub is_upgrade: bool,
    /// Do not check the values against values.schema.json
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// Refused: it needs a cluster
    #[arg(long)]
    pub validate: bool,
    /// Taken as Helm takes it, without effect: without a NAME the release is called release-name
    #[arg(short, long)]
    pub generate_name: bool,
    /// Taken as Helm takes it, without effect: only --include-crds prints custom resource definitions
    #[arg(long)]
    pub skip_crds: bool,
    /// Refused: give the NAME itself
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub name_template: Option<String>,

    /// Where the chart comes from.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// The release that charts are rendered for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release")]
pub struct ReleaseArgs {
    /// The values.
    #[command(flatten)]
    pub values: ValuesArgs,
    /// The release's name
    #[arg(long, value_name = "NAME", default_value = "release-name", help_heading = "Release")]
    pub release_name: String,
    /// The release's namespace
    #[arg(short, long, env = "HELM_NAMESPACE", default_value = "default", help_heading = "Release")]
    pub namespace: String,
    /// Render as this version of Helm does: 3.17, 3.19 or 4.2
    #[arg(long, value_name = "VERSION", default_value = "3.19", help_heading = "Release")]
    pub helm_version: String,
    /// The version of Kubernetes that templates see [default: the one Helm assumes]
    #[arg(long, value_name = "VERSION", help_heading = "Release")]
    pub kube_version: Option<String>,
    /// API versions that templates see, besides those Helm assumes
    #[arg(short, long, value_name = "VERSIONS", help_heading = "Release")]
    pub api_versions: Vec<String>,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall
    #[arg(long, help_heading = "Release")]
    pub is_upgrade: bool,
}

/// `chartshift pin`.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct PinArgs {
    /// The chart: a folder, an archive, a URL, oci://… or REPO/NAME
    #[arg(value_hint = ValueHint::AnyPath)]
    pub chart: String,
    /// The chart's version, exact or a constraint [default: the latest]
    pub version: Option<String>,

    /// The release.
    #[command(flatten)]
    pub release: ReleaseArgs,

    /// Where the chart comes from.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `chartshift pr`.
#[derive(Debug, Args)]
#[command(after_help = PR_EXAMPLES)]
pub struct PrArgs {
    /// The revision that the change starts from [default: what the CI says, else the main branch of origin]; compared is from where the
    /// two parted
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// The revision with the change [default: what the CI says, else HEAD]
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,

    /// Render as this version of Helm does: 3.17, 3.19 or 4.2
    #[arg(long, value_name = "VERSION", default_value = "3.19", help_heading = "Releases")]
    pub helm_version: String,
    /// The version of Kubernetes that templates see, where no file says [default: the one Helm assumes]
    #[arg(long, value_name = "VERSION", help_heading = "Releases")]
    pub kube_version: Option<String>,
    /// API versions that templates see, besides those Helm assumes
    #[arg(short, long, value_name = "VERSIONS", help_heading = "Releases")]
    pub api_versions: Vec<String>,
    /// The version of the Azure Workload Identity webhook in the cluster [default: the newest known]
    #[arg(long, value_name = "VERSION", help_heading = "Releases")]
    pub webhook_version: Option<String>,

    /// Write a report: text, markdown or json, to standard output or to FILE; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub outputs: Vec<String>,
    /// Exit with 1, and fail the check, when a finding is at this level or above
    #[arg(long, value_name = "LEVEL", default_value = "high", help_heading = "Report")]
    pub fail_on: FailOn,
    /// Add rules from a file; may be repeated
    #[arg(long = "rules", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub rule_files: Vec<PathBuf>,
    /// Use only this rule pack; may be repeated
    #[arg(long = "pack", value_name = "NAME", help_heading = "Rules")]
    pub packs: Vec<String>,
    /// The configuration file [default: .chartshift.yaml in this folder or one above it, up to the repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub config: Option<PathBuf>,

    /// What is written on the pull request.
    #[command(flatten)]
    pub publish: PublishingArgs,
    /// Suggest fixes on lines of values files that the change touches, too
    #[arg(long, help_heading = "Pull request")]
    pub line_comments: bool,

    /// How charts are reached.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `chartshift publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The report, as `pr -o json=FILE` wrote it; it is taken for a stranger's
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,

    /// What is written on the pull request.
    #[command(flatten)]
    pub publish: PublishingArgs,
}

/// Where a report goes, and how much of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pull request")]
pub struct PublishingArgs {
    /// When to comment: with findings or when incomplete (a comment that is there is kept up to date either way), always, or never
    #[arg(long, value_name = "WHEN", default_value = "findings", help_heading = "Pull request")]
    pub comment: CommentWhen,
    /// Tells this comment and check from those of other runs on the same pull request: a-z, 0-9 and . _ / -
    #[arg(long, value_name = "KEY", default_value = "charts", help_heading = "Pull request")]
    pub key: String,
    /// Exit with 2 when the comment can't be written
    #[arg(long, help_heading = "Pull request")]
    pub require_comment: bool,
    /// Set no check on the head revision
    #[arg(long, help_heading = "Pull request")]
    pub no_status: bool,
    /// The forge: github, gitlab, azure-devops, bitbucket-cloud, bitbucket-data-center or gitea [default: what the CI says]
    #[arg(long, value_name = "NAME", help_heading = "Pull request")]
    pub forge: Option<String>,
    /// The address of the forge's API [default: what the CI says]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Pull request")]
    pub api_url: Option<String>,
    /// The repository, as the forge's addresses name it: OWNER/NAME [default: what the CI says]
    #[arg(long, value_name = "PATH", help_heading = "Pull request")]
    pub repository: Option<String>,
    /// The pull request's number [default: what the CI says]
    #[arg(long, value_name = "NUMBER", help_heading = "Pull request")]
    pub pull_request: Option<u64>,
    /// Who writes the comments, as the forge names them, where the token can't tell, such as `chartshift[bot]`
    #[arg(long, value_name = "NAME", help_heading = "Pull request")]
    pub comment_author: Option<String>,
}

/// When a comment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CommentWhen {
    /// Also when there is nothing to review.
    Always,
    /// When there is something to say; what is there already is kept up to date.
    Findings,
    /// Never.
    Never,
}

const PR_EXAMPLES: &str = "\
Examples:
  chartshift pr                                       in CI: reads the change and the pull request from the environment
  chartshift pr --base origin/main                    on a branch: what its chart bumps shift, without a forge
  chartshift pr --base main -o json=report.json       for `chartshift publish report.json` in a run that may write

The forge's token comes from the environment: CHARTSHIFT_TOKEN, or GITHUB_TOKEN, GITLAB_TOKEN, SYSTEM_ACCESSTOKEN, BITBUCKET_TOKEN,
GITEA_TOKEN.

Exit status:
  0  compared, nothing at or above --fail-on
  1  findings at or above --fail-on
  2  could not compare, or compared only in part";

/// The user's values, as Helm takes them: whatever follows a flag is its value, also when it begins with a hyphen.
#[derive(Debug, Args)]
#[command(next_help_heading = "Values")]
pub struct ValuesArgs {
    /// Values from a YAML file, or from standard input (-); several with commas, or repeated, later ones win
    #[arg(short = 'f', long = "values", value_name = "FILE", allow_hyphen_values = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<String>,
    /// Set values: `key.path=value,list[0]=value`
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,
    /// Set strings: key=value
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set_string: Vec<String>,
    /// Set values written in JSON: key=json
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,
    /// Set values to what files hold: key=path
    #[arg(long, value_name = "KEY=PATH", allow_hyphen_values = true)]
    pub set_file: Vec<String>,
    /// Set one string as it stands, commas and all
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  chartshift diff bitnami/thanos 12.20.2 12.20.4
  chartshift diff oci://registry-1.docker.io/bitnamicharts/thanos 12.20.2 '~12.20'
  chartshift diff --repo https://charts.jetstack.io cert-manager v1.15.0 latest -o markdown=review.md
  chartshift diff ./thanos-12.20.2.tgz ./charts/thanos

Exit status:
  0  compared, nothing at or above --fail-on
  1  findings at or above --fail-on
  2  could not compare, or compared only in part";

/// Where charts come from; the names are Helm's where Helm has the flag.
#[derive(Debug, Args)]
#[command(next_help_heading = "Chart sources")]
pub struct SourceArgs {
    /// The URL of the chart repository that CHART is in
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub repo: Option<String>,
    /// The user name for the repository or registry
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,

    /// How they are reached.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// How repositories and registries are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Chart sources")]
pub struct AccessArgs {
    /// Trust the certificate authorities in this file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// Identify with this client certificate
    #[arg(long, value_name = "FILE", requires = "key_file", value_hint = ValueHint::FilePath)]
    pub cert_file: Option<PathBuf>,
    /// The client certificate's private key
    #[arg(long, value_name = "FILE", requires = "cert_file", value_hint = ValueHint::FilePath)]
    pub key_file: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// Send the credentials to every host the repository names
    #[arg(long)]
    pub pass_credentials: bool,
    /// Speak HTTP to OCI registries
    #[arg(long)]
    pub plain_http: bool,
    /// Take development versions (alpha, beta, release candidates) into account
    #[arg(long)]
    pub devel: bool,
    /// Use only what is in the cache
    #[arg(long, env = "CHARTSHIFT_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub offline: bool,
    /// The folder of the cache
    #[arg(long, value_name = "DIR", env = "CHARTSHIFT_CACHE_DIR", value_hint = ValueHint::DirPath)]
    pub cache_dir: Option<PathBuf>,
    /// Helm's list of repositories
    #[arg(long, value_name = "FILE", env = "HELM_REPOSITORY_CONFIG", value_hint = ValueHint::FilePath)]
    pub repository_config: Option<PathBuf>,
    /// Helm's registry credentials
    #[arg(long, value_name = "FILE", env = "HELM_REGISTRY_CONFIG", value_hint = ValueHint::FilePath)]
    pub registry_config: Option<PathBuf>,
}

/// The level from which findings fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Findings never fail the run.
    Never,
    /// From info.
    Info,
    /// From low.
    Low,
    /// From medium.
    Medium,
    /// From high.
    High,
    /// From critical.
    Critical,
}

impl FailOn {
    /// The lowest severity that fails the run; `None` when none does.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Never => None,
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
        }
    }
}

/// `chartshift rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// The rule to explain; all are listed when left out
    pub id: Option<String>,
    /// Add rules from a file; may be repeated
    #[arg(long = "rules", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rule_files: Vec<PathBuf>,
    /// How to print: text, or markdown for a document
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RulesFormat,
}

/// How `chartshift rules` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For a terminal.
    Text,
    /// For a document.
    Markdown,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_table_of_flags_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_says_what_it_does() {
        for command in Cli::command().get_subcommands() {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {} has no help", command.get_name(), arg.get_id());
            }
        }
    }

    #[test]
    fn diff_takes_two_references_or_a_chart_and_versions() {
        for line in
            ["chartshift diff a.tgz b.tgz", "chartshift diff bitnami/thanos 12.20.2 12.20.4", "chartshift diff x 1 -o json=x.json -o text"]
        {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in ["chartshift diff a", "chartshift diff", "chartshift diff a b c d", "chartshift diff a b --fail-on worst"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}

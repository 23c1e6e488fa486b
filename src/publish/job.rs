//! What the job of a CI system is told besides, or instead of, a comment: a summary, annotations, outputs.
//!
//! GitHub's runner (and Gitea's, Forgejo's) takes files and lines that begin with `::`, Azure's agent takes lines with `##vso[`. Both read
//! every line that a step prints, so text goes in only through the escapes of [`safe`].

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::detect::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::report::pull::{Dialect, Limits};
use crate::report::safe;

/// The most bytes of a step's summary: above a mebibyte GitHub shows none of it.
const SUMMARY: usize = 1_000_000;

/// The most annotations: a step shows no more of one level, and a reader reads no more.
const ANNOTATIONS: usize = 10;

/// A remark on a line of a file, or on the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How bad.
    pub level: Level,
    /// The file, in the new tree; none for a remark on the run.
    pub file: Option<String>,
    /// The line, from 1; 0 when only the file is known.
    pub line: u32,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub message: String,
}

/// How bad an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It fails the check.
    Error,
    /// It is to be looked at.
    Warning,
    /// It is good to know.
    Notice,
}

/// The job of a CI system that can be told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    system: System,
    /// The file that a summary is appended to.
    summary: Option<PathBuf>,
    /// The file that outputs are appended to.
    outputs: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Actions,
    AzurePipelines,
}

impl Job {
    /// The job that this runs in; none outside of the systems that take something.
    pub fn of(environment: &Environment<'_>) -> Option<Self> {
        let on = |name: &str| environment(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let file = |name: &str| environment(name).map(PathBuf::from);
        if on("GITHUB_ACTIONS") || on("GITEA_ACTIONS") || on("FORGEJO_ACTIONS") {
            let (summary, outputs) = (file("GITHUB_STEP_SUMMARY"), file("GITHUB_OUTPUT"));
            return Some(Self { system: System::Actions, summary, outputs });
        }
        let folder = file("AGENT_TEMPDIRECTORY").filter(|_| on("TF_BUILD"))?;
        let summary = Some(folder.join(format!("chartshift-{}.md", std::process::id())));
        Some(Self { system: System::AzurePipelines, summary, outputs: None })
    }

    /// What the summary can still take; none when there is no place for one.
    pub fn room(&self) -> Option<Limits> {
        let there = fs::metadata(self.summary.as_ref()?).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
        // One for the line end that keeps it apart from what is there.
        Some(Limits { bytes: SUMMARY.saturating_sub(there).saturating_sub(1), dialect: Dialect::Full })
    }

    /// Appends to the summary, and gives the line to print that hands it over, where one is needed.
    ///
    /// # Errors
    /// `Limit` when there is no room for it, `Io` when the file can't be written.
    pub fn summarize(&self, markdown: &str) -> Result<Option<String>> {
        let (Some(file), Some(room)) = (&self.summary, self.room()) else { return Ok(None) };
        if markdown.len() > room.bytes {
            let message = format!("the summary has {} bytes and there is room for {}", markdown.len(), room.bytes);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let apart = if fs::metadata(file).is_ok_and(|file| file.len() > 0) { "\n" } else { "" };
        append(file, &format!("{apart}{markdown}"))?;
        let path = || safe::agent_data(&file.display().to_string());
        Ok((self.system == System::AzurePipelines).then(|| format!("##vso[task.uploadsummary]{}", path())))
    }

    /// The lines to print that annotate the run: ten at most, in the given order, the last one saying how many more there are.
    pub fn annotate(&self, annotations: &[Annotation]) -> String {
        let shown = if annotations.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { annotations.len() };
        let mut lines: String = annotations[..shown].iter().map(|one| self.annotation(one)).collect();
        if let Some(next) = annotations.get(shown) {
            let message = format!("and {} more: the whole report lists them", annotations.len() - shown);
            lines.push_str(&self.annotation(&Annotation { level: next.level, file: None, line: 0, title: String::new(), message }));
        }
        lines
    }

    fn annotation(&self, one: &Annotation) -> String {
        match self.system {
            System::Actions => workflow_command(one),
            System::AzurePipelines => agent_command(one),
        }
    }

    /// Sets outputs of the step, and gives the lines to print that set them, where lines do that.
    ///
    /// # Errors
    /// `Io` when the file can't be written or the system has no random numbers.
    pub fn set_outputs(&self, outputs: &[(&'static str, String)]) -> Result<String> {
        match (self.system, &self.outputs) {
            (System::Actions, Some(file)) => {
                let entries: Result<String> = outputs.iter().map(|(name, value)| output(name, value)).collect();
                append(file, &entries?)?;
                Ok(String::new())
            }
            (System::Actions, None) => Ok(String::new()),
            (System::AzurePipelines, _) => {
                let line = |(name, value): &(&str, String)| {
                    format!("##vso[task.setvariable variable={};isOutput=true]{}\n", safe::agent_property(name), safe::agent_data(value))
                };
                Ok(outputs.iter().map(line).collect())
            }
        }
    }
}

fn workflow_command(one: &Annotation) -> String {
    let name = match one.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = &one.file {
        properties.push(format!("file={}", safe::workflow_property(file)));
        if one.line > 0 {
            properties.push(format!("line={}", one.line));
        }
    }
    if !one.title.is_empty() {
        properties.push(format!("title={}", safe::workflow_property(&one.title)));
    }
    let space = if properties.is_empty() { "" } else { " " };
    format!("::{name}{space}{}::{}\n", properties.join(","), safe::workflow_data(&one.message))
}

fn agent_command(one: &Annotation) -> String {
    // There are two sorts.
    let sort = if one.level == Level::Error { "error" } else { "warning" };
    let mut command = format!("##vso[task.logissue type={sort}");
    if let Some(file) = &one.file {
        let _ = write!(command, ";sourcepath={}", safe::agent_property(file));
        if one.line > 0 {
            let _ = write!(command, ";linenumber={}", one.line);
        }
    }
    let colon = if one.title.is_empty() { "" } else { ": " };
    let _ = writeln!(command, "]{}{colon}{}", safe::agent_data(&one.title), safe::agent_data(&one.message));
    command
}

/// An entry of the outputs' file, between delimiters that nobody can guess and that don't occur in it.
fn output(name: &str, value: &str) -> Result<String> {
    loop {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random numbers for the step's outputs: {error}")))?;
        let delimiter = format!("chartshift-{}", data_encoding::HEXLOWER.encode(&random));
        if !value.contains(&delimiter) {
            return Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
        }
    }
}

fn append(file: &Path, text: &str) -> Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Error::new(ErrorKind::Io, format!("{} can't be written: {error}", file.display()))
            .hint("in a container, mount the folder of the file that the CI system names")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn job(variables: &[(&str, &str)]) -> Option<Job> {
        Job::of(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn actions(folder: &Path) -> Job {
        let [summary, outputs] = ["summary", "outputs"].map(|name| folder.join(name).display().to_string());
        job(&[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &summary), ("GITHUB_OUTPUT", &outputs)]).unwrap()
    }

    fn azure(folder: &Path) -> Job {
        job(&[("TF_BUILD", "True"), ("AGENT_TEMPDIRECTORY", &folder.display().to_string())]).unwrap()
    }

    fn annotation(number: u32) -> Annotation {
        let (level, file) = (Level::Error, Some("apps/a,b:c/values.yaml".to_owned()));
        Annotation { level, file, line: number, title: "100% new".into(), message: "one\ntwo ::error:: ##vso[x]".into() }
    }

    #[test]
    fn annotations_are_escaped_and_few() {
        let folder = tempfile::tempdir().unwrap();
        let (few, many): (Vec<_>, Vec<_>) = ((1..=2).map(annotation).collect(), (1..=14).map(annotation).collect());
        assert_eq!(
            actions(folder.path()).annotate(&few[..1]),
            "::error file=apps/a%2Cb%3Ac/values.yaml,line=1,title=100%25 new::one two ::error:: # #vso[x]\n"
        );
        assert_eq!(
            azure(folder.path()).annotate(&few[..1]),
            "##vso[task.logissue type=error;sourcepath=apps/a,b:c/values.yaml;linenumber=1]100%AZP25 new: one two ::error:: # #vso[x]\n"
        );
        let lines = actions(folder.path()).annotate(&many);
        assert_eq!(lines.lines().count(), 10);
        assert_eq!(lines.lines().last(), Some("::error::and 5 more: the whole report lists them"));
        assert_eq!(actions(folder.path()).annotate(&many[..10]).lines().filter(|line| line.contains("file=")).count(), 10);
    }

    #[test]
    fn a_summary_is_appended_while_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let job = actions(folder.path());
        assert_eq!(job.summarize("# One").unwrap(), None);
        job.summarize("# Two").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("summary")).unwrap(), "# One\n# Two");
        let room = job.room().unwrap().bytes;
        assert_eq!(job.summarize(&"x".repeat(room + 1)).unwrap_err().kind(), ErrorKind::Limit);
        job.summarize(&"x".repeat(room)).unwrap();
        assert_eq!(fs::metadata(folder.path().join("summary")).unwrap().len(), SUMMARY as u64);
        assert_eq!(job.room().unwrap().bytes, 0);
        let handed = azure(folder.path()).summarize("# One").unwrap().unwrap();
        let file = handed.strip_prefix("##vso[task.uploadsummary]").unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "# One");
    }

    #[test]
    fn outputs_can_not_end_early() {
        let folder = tempfile::tempdir().unwrap();
        let job = actions(folder.path());
        let hostile = "a\nEOF\nverdict=clean\n<<";
        job.set_outputs(&[("verdict", "high".into()), ("report", hostile.into())]).unwrap();
        let text = fs::read_to_string(folder.path().join("outputs")).unwrap();
        let mut lines = text.lines();
        let mut read = Vec::new();
        while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
            assert_eq!(delimiter.len(), "chartshift-".len() + 32);
            read.push((name, lines.by_ref().take_while(|line| *line != delimiter).collect::<Vec<_>>().join("\n")));
        }
        assert_eq!(read, [("verdict", "high".to_owned()), ("report", hostile.to_owned())]);
        let lines = azure(folder.path()).set_outputs(&[("report", hostile.into())]).unwrap();
        assert_eq!(lines, "##vso[task.setvariable variable=report;isOutput=true]a EOF verdict=clean <<\n");
    }

    #[test]
    fn other_systems_take_nothing() {
        assert_eq!(job(&[("GITLAB_CI", "true")]), None);
        assert_eq!(job(&[("TF_BUILD", "True")]), None);
    }

    /// A command as a runner reads it from a line: name, names of properties, data.
    type Read<'a> = (&'a str, Vec<&'a str>, &'a str);

    /// What GitHub's runner reads.
    fn runner_reads(line: &str) -> Option<Read<'_>> {
        let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        Some((name, properties.split(',').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key).collect(), data))
    }

    /// What Azure's agent reads, anywhere in a line.
    fn agent_reads(line: &str) -> Option<Read<'_>> {
        let at = line.to_ascii_lowercase().find("##vso[")?;
        let (head, data) = line[at + "##vso[".len()..].split_once(']')?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        Some((name, properties.split(';').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key).collect(), data))
    }

    /// What a text can be made of.
    const PIECES: &[&str] = &[
        "::",
        "##",
        "##vso[",
        "[",
        "]",
        ";",
        ",",
        ":",
        "=",
        "%",
        "%0A",
        "%25",
        "%AZP25",
        "\n",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\0",
        "\u{1b}[",
        "error",
        "x",
        " ",
        "#",
        "vso[",
        "task.setvariable variable=a]",
        "::error::",
        "##[error]",
        "ж",
        "/",
    ];

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PIECES), 0..10).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        /// Whatever a file, a title and a message hold, a runner reads one command with our properties, and nothing in it is another one.
        #[test]
        fn a_command_stays_one(file in text(), title in text(), message in text()) {
            let folder = PathBuf::from("/nowhere");
            let one = Annotation { level: Level::Warning, file: Some(file), line: 3, title, message };
            let line = actions(&folder).annotate(std::slice::from_ref(&one));
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(line.matches(char::is_control).count(), 1, "{:?}", line);
            let (name, keys, _) = runner_reads(&line).unwrap();
            prop_assert_eq!(name, "warning");
            let expected = if one.title.is_empty() { vec!["file", "line"] } else { vec!["file", "line", "title"] };
            prop_assert_eq!(keys, expected);
            prop_assert!(!line.contains("##["), "{:?}", line);
            let line = azure(&folder).annotate(std::slice::from_ref(&one));
            prop_assert_eq!(line.lines().count(), 1);
            let (name, keys, data) = agent_reads(&line).unwrap();
            prop_assert_eq!(name, "task.logissue");
            prop_assert_eq!(keys, ["type", "sourcepath", "linenumber"]);
            prop_assert!(agent_reads(data).is_none() && !line.contains("##["), "{:?}", line);
        }
    }
}

//! Where reports go: standard output, or files that appear whole or not at all.

use std::fs::Metadata;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::report::Format;

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// The file it goes to; `None` for standard output.
    pub file: Option<PathBuf>,
}

impl Output {
    /// Reads `FORMAT` or `FORMAT=FILE`; `FILE` may be `-` for standard output.
    ///
    /// # Errors
    /// `Usage` when the format is unknown or the file's name is empty.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let format = Format::named(name).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no report format {name:?}"))
                .hint(format!("the formats are {}", Format::ALL.map(|(name, _)| name).join(", ")))
        })?;
        match file {
            Some("") => {
                Err(Error::new(ErrorKind::Usage, format!("-o {text} names no file")).hint(format!("write -o {name}=FILE, or -o {name}")))
            }
            Some("-") | None => Ok(Self { format, file: None }),
            Some(file) => Ok(Self { format, file: Some(file.into()) }),
        }
    }

    /// Reads all of them; none asked for is text on standard output.
    ///
    /// # Errors
    /// As [`Output::parse`], and `Usage` when two reports would go to one place.
    pub fn parse_all(texts: &[String]) -> Result<Vec<Self>> {
        if texts.is_empty() {
            return Ok(vec![Self { format: Format::Text, file: None }]);
        }
        let outputs = texts.iter().map(|text| Self::parse(text)).collect::<Result<Vec<_>>>()?;
        for (number, output) in outputs.iter().enumerate() {
            if outputs[..number].iter().any(|earlier| earlier.file == output.file) {
                let place = output.file.as_deref().map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
                return Err(Error::new(ErrorKind::Usage, format!("two reports would go to {place}"))
                    .hint("give each a file: -o markdown=review.md"));
            }
        }
        Ok(outputs)
    }
}

/// Writes to standard output. A reader that has gone away is not an error.
///
/// # Errors
/// `Io` when standard output fails in another way, such as a full disk.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Io, error.to_string()).context("cannot write to standard output"))
        }
        // What is still buffered has no reader: dropping it must not try again.
        Err(_) => {
            let (_, _) = out.into_parts();
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Writes a file beside its final place and moves it there when it is whole. What is there already and isn't a file (a pipe, `/dev/null`)
/// is written to as it is.
///
/// # Errors
/// `Io`, naming the file, when its folder is missing or can't be written.
pub fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let there = path.metadata().ok();
    let written = match there {
        Some(there) if !there.is_file() => straight_into(path, write),
        there => whole_or_not_at_all(path, there, write),
    };
    written.map_err(|error| {
        Error::new(ErrorKind::Io, error.to_string())
            .context(format!("cannot write the report to {}", path.display()))
            .hint("choose a folder that exists, has room and may be written to")
    })
}

fn straight_into(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
    write(&mut out)?;
    out.flush()
}

fn whole_or_not_at_all(path: &Path, there: Option<Metadata>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "its folder does not exist"));
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    match there {
        Some(there) => file.as_file().set_permissions(there.permissions())?,
        None => readable_by_others(&file)?,
    }
    file.persist(path)?;
    Ok(())
}

/// Temporary files are private; a report is an ordinary file.
#[cfg(unix)]
fn readable_by_others(file: &tempfile::NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_: &tempfile::NamedTempFile) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_files_are_told_apart() {
        assert_eq!(Output::parse("json").unwrap(), Output { format: Format::Json, file: None });
        assert_eq!(Output::parse("markdown=a=b.md").unwrap(), Output { format: Format::Markdown, file: Some("a=b.md".into()) });
        assert_eq!(Output::parse("text=-").unwrap().file, None);
        assert!(Output::parse("yaml").unwrap_err().hints()[0].contains("markdown"));
        assert!(Output::parse("json=").is_err());
    }

    #[test]
    fn two_reports_never_share_a_place() {
        let all = |texts: &[&str]| Output::parse_all(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(all(&[]).unwrap(), [Output { format: Format::Text, file: None }]);
        assert_eq!(all(&["text", "json=a", "markdown=b"]).unwrap().len(), 3);
        assert!(all(&["text", "json"]).is_err());
        assert!(all(&["text=a", "json=a"]).is_err());
    }

    #[test]
    fn a_report_that_fails_half_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("review.md");
        assert!(
            to_file(&path, |out| {
                out.write_all(b"half")?;
                Err(io::Error::other("no more"))
            })
            .is_err()
        );
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        to_file(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_written_to_and_stays_a_device() {
        to_file(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }
}

//! Patterns over paths: `**.serviceAccount.create`, `*.podLabels`, `templates/**/*.tpl`. Depends on `value` and `error`.
//!
//! A pattern is a row of segments. `**` stands for any number of segments, none included; in any other segment `*` stands for any
//! characters, and `\` makes the character after it an ordinary one. Case does not count, because `serviceAccount` and
//! `compactorServiceAccount` are to be found with one `*serviceAccount`.

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Path, Step};

/// The longest pattern that is read, in bytes.
const PATTERN_BYTES: usize = 512;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
enum Segment {
    /// `**`.
    Any,
    /// The bytes of one segment, in lower case; `None` is `*`.
    One(Vec<Option<u8>>),
}

impl Glob {
    /// Reads a pattern over values paths: segments end at a `.` or before a `[`, so that `env[*].value` has three.
    ///
    /// # Errors
    /// `Syntax` when the pattern is empty, has an empty segment, or is longer than 512 bytes.
    pub(crate) fn keys(text: &str) -> Result<Self> {
        Self::parse(text, '.')
    }

    /// Reads a pattern over file paths: segments end at a `/`.
    ///
    /// # Errors
    /// As [`Glob::keys`].
    pub(crate) fn files(text: &str) -> Result<Self> {
        Self::parse(text, '/')
    }

    /// Reads a pattern over a single name: `*-webhook`.
    ///
    /// # Errors
    /// As [`Glob::keys`].
    pub(crate) fn name(text: &str) -> Result<Self> {
        Self::parse(text, '\0')
    }

    /// The pattern as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a path fits. The names are those of [`path_names`] or [`file_names`], or a single one in lower case.
    ///
    /// For each segment it is found out which prefixes of the names the pattern so far can end at; time is pattern × names.
    pub(crate) fn fits(&self, names: &[String]) -> bool {
        // Most patterns end in a key that most paths don't end in.
        match (self.segments.last(), names.last()) {
            (Some(Segment::One(pattern)), Some(name)) if !fits_segment(pattern, name.as_bytes()) => return false,
            _ => {}
        }
        let mut ends = vec![false; names.len() + 1];
        ends[0] = true;
        for segment in &self.segments {
            let mut next = vec![false; names.len() + 1];
            match segment {
                Segment::Any => {
                    let mut reached = false;
                    for (end, slot) in ends.iter().zip(&mut next) {
                        reached |= end;
                        *slot = reached;
                    }
                }
                Segment::One(pattern) => {
                    for (index, name) in names.iter().enumerate() {
                        next[index + 1] = ends[index] && fits_segment(pattern, name.as_bytes());
                    }
                }
            }
            ends = next;
        }
        ends[names.len()]
    }

    /// Whether a single name fits.
    pub(crate) fn fits_name(&self, name: &str) -> bool {
        self.fits(&[name.to_ascii_lowercase()])
    }

    fn parse(text: &str, separator: char) -> Result<Self> {
        let refuse = |why: &str| Error::new(ErrorKind::Syntax, format!("the pattern {text:?} {why}"));
        if text.len() > PATTERN_BYTES {
            return Err(refuse("is too long"));
        }
        let mut segments = vec![Vec::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let last = segments.len() - 1;
            match c {
                '\\' => match chars.next() {
                    Some(escaped) => push(&mut segments[last], escaped),
                    None => return Err(refuse("ends in a backslash")),
                },
                '*' => segments[last].push(None),
                c if c == separator => segments.push(Vec::new()),
                '[' if separator == '.' && !segments[last].is_empty() => segments.push(vec![Some(b'[')]),
                c => push(&mut segments[last], c),
            }
        }
        if segments.iter().any(Vec::is_empty) {
            return Err(refuse("has an empty segment"));
        }
        let segments = segments.into_iter().map(|segment| if segment == [None, None] { Segment::Any } else { Segment::One(segment) });
        Ok(Self { text: text.to_owned(), segments: segments.collect() })
    }
}

fn push(segment: &mut Vec<Option<u8>>, c: char) {
    segment.extend(c.to_ascii_lowercase().encode_utf8(&mut [0; 4]).bytes().map(Some));
}

/// Whether one name fits one segment; goes back to the last `*` only, so time is at most pattern × name.
fn fits_segment(pattern: &[Option<u8>], name: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some(Some(byte)) if *byte == name[read] => {
                at += 1;
                read += 1;
            }
            Some(None) => {
                star = Some((at, read));
                at += 1;
            }
            _ => match star {
                Some((star_at, star_read)) => {
                    star = Some((star_at, star_read + 1));
                    at = star_at + 1;
                    read = star_read + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(Option::is_none)
}

/// The steps of a values path in lower case; a list's item is a step of its own: `[0]`, `[name=a]`.
pub(crate) fn path_names(path: &Path) -> Vec<String> {
    let name = |step: &Step| match step {
        Step::Key(key) => key.to_ascii_lowercase(),
        Step::Index(index) => format!("[{index}]"),
        Step::Item { key, value } => format!("[{key}={value}]").to_ascii_lowercase(),
    };
    path.steps().iter().map(name).collect()
}

/// The parts of a file's path in lower case.
pub(crate) fn file_names(file: &str) -> Vec<String> {
    file.split('/').map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits() {
        let path = |text: &str| Path::keys(text.split('.'));
        for (pattern, text, fits) in [
            ("**.serviceAccount.create", "serviceAccount.create", true),
            ("**.serviceAccount.create", "minio.serviceAccount.create", true),
            ("**.serviceAccount.create", "a.b.serviceAccount.create", true),
            ("**.serviceAccount.create", "serviceAccount.create.x", false),
            ("*.serviceAccount.create", "serviceAccount.create", false),
            ("**.*serviceAccount.create", "compactorServiceAccount.create", true),
            ("**.serviceAccount.create", "compactorServiceAccount.create", false),
            ("**.*label*.**", "a.podLabels.x.y", true),
            ("**.*label*.**", "a.podLabels", true),
            ("**", "a.b", true),
            ("a.**.z", "a.z", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(Glob::keys(pattern).unwrap().fits(&path_names(&path(text))), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn items_of_lists_are_segments() {
        let item = Path::keys(["env"]).child(Step::Item { key: "name".into(), value: "AZURE_CLIENT_ID".into() });
        assert!(Glob::keys("**.env[name=AZURE_*]").unwrap().fits(&path_names(&item)));
        assert!(Glob::keys("**.env[*].value").unwrap().fits(&path_names(&item.key("value"))));
        assert!(!Glob::keys("**.env[0]").unwrap().fits(&path_names(&item)));
    }

    #[test]
    fn dots_in_keys_are_escaped() {
        let path = Path::keys(["podLabels", "azure.workload.identity/use"]);
        assert!(Glob::keys(r"**.azure\.workload\.identity/use").unwrap().fits(&path_names(&path)));
        assert!(!Glob::keys("**.azure.workload.identity/use").unwrap().fits(&path_names(&path)));
    }

    #[test]
    fn refuses() {
        for pattern in ["", "a..b", ".a", "a\\", &"x".repeat(513)] {
            assert!(Glob::keys(pattern).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn hostile_names_stay_cheap() {
        let glob = Glob::keys("*a*a*a*a*a*a*a*a*b").unwrap();
        assert!(!glob.fits(&["a".repeat(20_000)]));
    }
}

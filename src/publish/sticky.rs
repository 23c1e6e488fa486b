//! One comment for each report of a pull request, kept up to date.
//!
//! The comment is known by a marker that we write and by its author; both must fit. Where comments can hide something, the marker is the
//! first line:
//!
//! ```text
//! <!-- chartshift:report key="thanos" head=<40 hexadecimal digits> at=1767000000 v=1 -->
//! ```
//!
//! Elsewhere (Bitbucket) it is the last line, as inline code: `` `chartshift report thanos head=… at=… v=1` ``. `at` is when the run began,
//! so that a slow run never overwrites what a later one said. Somebody else's comment is never touched, whatever stands in it.

use std::fmt;

use super::{Comment, Forge};
use crate::error::{Error, ErrorKind, Result};
use crate::report::pull::Dialect;
use crate::report::safe::line;

/// The marker's version that this program writes.
const VERSION: u32 = 1;

/// The name of a report: a pull request has one comment for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The longest key.
    pub const MOST: usize = 64;

    /// Reads a key: `[a-z0-9][a-z0-9._/-]{0,63}` without `--`, which would end the marker.
    ///
    /// # Errors
    /// `Usage` when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'/' | b'-');
        let begins = text.as_bytes().first().is_some_and(|&b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if begins && text.len() <= Self::MOST && text.bytes().all(inner) && !text.contains("--") {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::new(ErrorKind::Usage, format!("`{text}` can't be the key of a report"))
            .hint("a key has up to 64 of a-z, 0-9, `.`, `_`, `/` and `-`, begins with a letter or a digit, and has no `--`"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a comment says of itself where people don't look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which report it is.
    pub key: Key,
    /// The head revision that was compared: hexadecimal digits.
    pub head: String,
    /// When the run began, in seconds since 1970.
    pub at: u64,
}

impl Marker {
    /// A marker.
    ///
    /// # Errors
    /// `Usage` when the head is no revision in 40 or 64 hexadecimal digits.
    pub fn new(key: Key, head: &str, at: u64) -> Result<Self> {
        if is_revision(head) {
            return Ok(Self { key, head: head.to_owned(), at });
        }
        Err(Error::new(ErrorKind::Usage, format!("`{}` is not a whole revision", line(head)))
            .hint("give 40 hexadecimal digits, as `git rev-parse HEAD` prints them"))
    }

    /// A body with the marker where the dialect has it.
    pub fn mark(&self, text: &str, dialect: Dialect) -> String {
        let text = text.trim_end();
        match dialect {
            Dialect::Full => format!("{}\n{text}\n", self.line(dialect)),
            Dialect::Basic => format!("{text}\n\n{}\n", self.line(dialect)),
        }
    }

    /// How many bytes a body has besides its text.
    pub fn bytes(&self, dialect: Dialect) -> usize {
        self.mark("", dialect).len()
    }

    fn line(&self, dialect: Dialect) -> String {
        let Self { key, head, at } = self;
        match dialect {
            Dialect::Full => format!("<!-- chartshift:report key=\"{key}\" head={head} at={at} v={VERSION} -->"),
            Dialect::Basic => format!("`chartshift report {key} head={head} at={at} v={VERSION}`"),
        }
    }

    /// The marker of a body and the text without it; none when the marker doesn't stand exactly where it belongs.
    pub fn find(body: &str, dialect: Dialect) -> Option<(Self, &str)> {
        let body = body.trim_end();
        let (line, text) = match dialect {
            Dialect::Full => body.split_once('\n').unwrap_or((body, "")),
            Dialect::Basic => body.rsplit_once('\n').map(|(text, line)| (line, text)).unwrap_or((body, "")),
        };
        Some((Self::read(line.trim_end(), dialect)?, text.trim()))
    }

    fn read(line: &str, dialect: Dialect) -> Option<Self> {
        let inside = match dialect {
            Dialect::Full => line.strip_prefix("<!-- chartshift:report key=\"")?.strip_suffix(" -->")?.replacen('"', "", 1),
            Dialect::Basic => line.strip_prefix("`chartshift report ")?.strip_suffix('`')?.to_owned(),
        };
        let mut words = inside.split(' ');
        let key = Key::parse(words.next()?).ok()?;
        let head = words.next()?.strip_prefix("head=")?;
        let at = words.next()?.strip_prefix("at=")?.parse().ok()?;
        // A later program's comment counts as ours; what it has to say beyond this is its own.
        let _: u32 = words.next()?.strip_prefix("v=")?.parse().ok()?;
        Self::new(key, head, at).ok()
    }
}

/// Whether this is a whole revision: SHA-1 or SHA-256 in lower case.
pub(super) fn is_revision(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// What is to be said.
#[derive(Debug, Clone)]
pub struct Post<'a> {
    /// Which report, of which head, by which run.
    pub marker: &'a Marker,
    /// The Markdown, without a marker; at most [`super::room`] bytes.
    pub text: &'a str,
    /// Whether something has to be done.
    pub blocks: bool,
    /// Whether it is worth a first comment. An existing one is brought up to date either way.
    pub telling: bool,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was no comment of ours; now there is one.
    Created,
    /// Our comment says it now.
    Updated,
    /// Our comment said so already.
    Unchanged,
    /// Our comment is of a later run and was left as it is.
    NewerExists,
    /// There is no comment of ours, and nothing to say.
    Nothing,
}

/// What was done, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What was done.
    pub outcome: Outcome,
    /// The comment's address, when there is one and the forge tells it.
    pub url: Option<String>,
    /// What a reader should know besides: clauses without a final stop.
    pub remarks: Vec<String>,
}

/// Brings our comment up to date.
///
/// # Errors
/// Those of the forge; `Corrupt` when it takes the text and keeps the old one.
pub fn publish(forge: &dyn Forge, post: &Post<'_>) -> Result<Published> {
    let mut remarks = Vec::new();
    // Once more when the comment was changed or deleted between reading and writing.
    for _ in 0..2 {
        if let Some((outcome, comment)) = try_publish(forge, post, &mut remarks)? {
            return Ok(Published { outcome, url: comment.and_then(|comment| comment.url), remarks });
        }
    }
    let message = format!("the comment on {} changes while it is written", forge.name());
    Err(Error::new(ErrorKind::Network, message).hint("another run is writing it: try again when that has ended"))
}

/// One time through; none when our comment is no longer what was read.
fn try_publish(forge: &dyn Forge, post: &Post<'_>, remarks: &mut Vec<String>) -> Result<Option<(Outcome, Option<Comment>)>> {
    remarks.clear();
    let dialect = forge.limits().dialect;
    let body = post.marker.mark(post.text, dialect);
    let me = forge.me()?;
    let mut own = me.as_ref().map(|me| own_comments(forge, me, &post.marker.key, dialect)).transpose()?.unwrap_or_default();
    let Some((marker, newest)) = own.pop() else {
        if !post.telling {
            return Ok(Some((Outcome::Nothing, None)));
        }
        let created = create(forge, &body, post.blocks)?;
        check_kept(forge, &body, &created, None, remarks)?;
        if me.is_none() {
            remarks.push(not_looked_for(&created));
        }
        return Ok(Some((Outcome::Created, Some(created))));
    };
    if !own.is_empty() {
        remarks.push(format!("{} older comments of ours with the same key were left as they are", own.len()));
    }
    if marker.at > post.marker.at {
        return Ok(Some((Outcome::NewerExists, Some(newest))));
    }
    let said = Marker::find(&newest.body, dialect).map(|(_, text)| lines(text));
    if marker.head == post.marker.head && said.as_deref() == Some(lines(post.text).trim()) {
        return Ok(Some((Outcome::Unchanged, Some(newest))));
    }
    let Some(updated) = forge.update(&newest, &body, post.blocks)? else { return Ok(None) };
    check_kept(forge, &body, &updated, Some(&newest), remarks)?;
    Ok(Some((Outcome::Updated, Some(updated))))
}

/// Why there is a new comment although there may be one of ours.
fn not_looked_for(created: &Comment) -> String {
    let author = line(&created.author);
    format!(
        "the forge doesn't tell whose comments the token writes, so no earlier one was looked for: name the author, `{author}`, to have it found"
    )
}

/// Our comments with this key, the one of the latest run last.
fn own_comments(forge: &dyn Forge, me: &str, key: &Key, dialect: Dialect) -> Result<Vec<(Marker, Comment)>> {
    let ours = |comment: Comment| {
        let (marker, _) = Marker::find(&comment.body, dialect).filter(|(marker, _)| marker.key == *key && comment.author == me)?;
        Some((marker, comment))
    };
    let mut own: Vec<(Marker, Comment)> = forge.comments()?.into_iter().filter_map(ours).collect();
    own.sort_by_key(|(marker, _)| marker.at);
    Ok(own)
}

/// Creates a comment. When the forge breaks on the way it may be there all the same, so that is looked up before the next try.
fn create(forge: &dyn Forge, body: &str, blocks: bool) -> Result<Comment> {
    loop {
        if let Some(created) = forge.create(body, blocks)? {
            return Ok(created);
        }
        if let Some(there) = forge.comments()?.into_iter().rev().find(|comment| lines(&comment.body) == lines(body)) {
            return Ok(there);
        }
    }
}

/// Compares what the forge keeps with what it was sent.
fn check_kept(forge: &dyn Forge, sent: &str, kept: &Comment, replaced: Option<&Comment>, remarks: &mut Vec<String>) -> Result<()> {
    let (sent, kept) = (lines(sent), lines(&kept.body));
    if sent == kept {
        return Ok(());
    }
    if replaced.is_some_and(|old| lines(&old.body) == kept) {
        let message = format!("{} took the comment and kept the old text", forge.name());
        return Err(Error::new(ErrorKind::Corrupt, message).hint("the text may be longer than this forge takes"));
    }
    remarks.push(format!("{} keeps the comment with changes: {} bytes were sent and {} came back", forge.name(), sent.len(), kept.len()));
    Ok(())
}

/// A text as forges may give it back: they rewrite line ends and drop white space at the ends.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::{LineComment, Status};
    use crate::report::pull::{Limits, Links};
    use proptest::prelude::*;

    const HEAD: &str = "4f2c9d14f2c9d14f2c9d14f2c9d14f2c9d14f2c9";

    fn marker(key: &str) -> Marker {
        Marker::new(Key::parse(key).unwrap(), HEAD, 1_767_000_000).unwrap()
    }

    #[test]
    fn the_marker_is_where_comments_can_hide_it() {
        assert_eq!(
            marker("thanos").mark("### Text\n", Dialect::Full),
            format!("<!-- chartshift:report key=\"thanos\" head={HEAD} at=1767000000 v=1 -->\n### Text\n")
        );
        assert_eq!(
            marker("apps/thanos").mark("### Text", Dialect::Basic),
            format!("### Text\n\n`chartshift report apps/thanos head={HEAD} at=1767000000 v=1`\n")
        );
    }

    #[test]
    fn keys_can_not_end_the_marker() {
        for key in ["a", "0", "thanos", "apps/monitoring/chart.yaml", "a-b_c.d", &"a".repeat(64)] {
            assert_eq!(Key::parse(key).unwrap().to_string(), key);
        }
        for key in ["", "-a", "A", "a--b", "a b", "a\"", "a>", "ä", "a\n", &"a".repeat(65)] {
            assert_eq!(Key::parse(key).unwrap_err().kind(), ErrorKind::Usage, "{key:?}");
        }
    }

    #[test]
    fn a_marker_that_is_not_quite_one_is_none() {
        let good = marker("thanos").mark("text", Dialect::Full);
        assert!(Marker::find(&good, Dialect::Full).is_some());
        assert!(Marker::find(&good.replace('\n', "\r\n"), Dialect::Full).is_some());
        let bad = [
            format!(" {good}"),
            format!("\n{good}"),
            format!("> {good}"),
            good.replace(" -->", " --> x"),
            good.replace(HEAD, "4f2c9d1"),
            good.replace(HEAD, &HEAD.to_uppercase()),
            good.replace("at=1", "at=-1"),
            good.replace("at=1767000000", "at=99999999999999999999999"),
            good.replace(" v=1", ""),
            good.replace("key=\"thanos\"", "key=\"\""),
            good.replace("chartshift:report", "infracost"),
        ];
        for body in bad {
            assert_eq!(Marker::find(&body, Dialect::Full), None, "{body}");
        }
        assert_eq!(Marker::find(&good, Dialect::Basic), None);
    }

    /// A forge that holds one comment of ours and does with a new text what a test says.
    struct Stubborn {
        there: Comment,
        takes: fn(&Comment, &str) -> Option<Comment>,
    }

    impl Forge for Stubborn {
        fn name(&self) -> &'static str {
            "The forge"
        }
        fn limits(&self) -> Limits {
            Limits { bytes: 60_000, dialect: Dialect::Full }
        }
        fn links(&self) -> Links {
            Links::default()
        }
        fn me(&self) -> Result<Option<String>> {
            Ok(Some("me".into()))
        }
        fn comments(&self) -> Result<Vec<Comment>> {
            Ok(vec![self.there.clone()])
        }
        fn create(&self, _body: &str, _blocks: bool) -> Result<Option<Comment>> {
            panic!("there is one")
        }
        fn update(&self, comment: &Comment, body: &str, _blocks: bool) -> Result<Option<Comment>> {
            Ok((self.takes)(comment, body))
        }
        fn set_status(&self, _status: &Status) -> Result<()> {
            Ok(())
        }
        fn comment_on_line(&self, _comment: &LineComment) -> Result<bool> {
            Ok(false)
        }
    }

    fn told(takes: fn(&Comment, &str) -> Option<Comment>) -> Result<Published> {
        let there = Comment { id: "1".into(), author: "me".into(), body: marker("thanos").mark("old", Dialect::Full), url: None };
        let post = Post { marker: &marker("thanos"), text: "new", blocks: false, telling: true };
        publish(&Stubborn { there, takes }, &post)
    }

    #[test]
    fn what_comes_back_is_compared_with_what_was_sent() {
        let same = told(|comment, body| Some(Comment { body: body.replace('\n', "\r\n"), ..comment.clone() })).unwrap();
        assert_eq!((same.outcome, same.remarks), (Outcome::Updated, Vec::new()));
        let other = told(|comment, body| Some(Comment { body: body.replace("new", "ne"), ..comment.clone() })).unwrap();
        assert_eq!((other.outcome, other.remarks.len()), (Outcome::Updated, 1));
        assert!(other.remarks[0].starts_with("The forge keeps the comment with changes"), "{:?}", other.remarks);
        let old = told(|comment, _| Some(comment.clone())).unwrap_err();
        assert_eq!(old.kind(), ErrorKind::Corrupt, "{old:?}");
        let moving = told(|_, _| None).unwrap_err();
        assert_eq!(moving.kind(), ErrorKind::Network, "{moving:?}");
    }

    proptest! {
        /// What is marked is found again, whatever the text; and a text alone is never taken for a marked one of the hidden sort.
        #[test]
        fn what_is_marked_is_found(text in "(<!--|-->|`|\n|\r\n|chartshift:report|key=| |[a-z]){0,20}", at in any::<u64>(), basic in any::<bool>()) {
            let dialect = if basic { Dialect::Basic } else { Dialect::Full };
            let marker = Marker { at, ..marker("apps/thanos") };
            let body = marker.mark(&text, dialect);
            prop_assert_eq!(body.len(), marker.bytes(dialect) + text.trim_end().len());
            let (found, kept) = Marker::find(&body, dialect).unwrap();
            prop_assert_eq!(found, marker);
            prop_assert_eq!(kept, text.trim());
        }
    }
}

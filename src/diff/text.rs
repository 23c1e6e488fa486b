//! Line differences of text files: hunks as `diff -U` shows them, with caps on size and time.
//!
//! The same texts give the same hunks, unless the deadline passes: then there are none, and the change says so. Depends on nothing but
//! the comparison's types.

use std::sync::Arc;
use std::time::Instant;

use similar::{Algorithm, DiffOp};

use super::{ChangeKind, DiffLine, FileChange, Hunk};

const TOO_LARGE: &str = "too large";
/// The reason of everything that was not compared in time.
pub(super) const TOO_LATE: &str = "the deadline passed";

/// What bounds a text comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Equal lines shown around a change.
    pub(super) context: usize,
    /// The largest text that is compared, in bytes.
    pub(super) max_bytes: usize,
    /// When to give up.
    pub(super) deadline: Instant,
}

/// Compares two versions of a file; `None` stands for a side that has no such file. Nothing when they are the same.
pub(super) fn file_change(path: &str, old: Option<&[u8]>, new: Option<&[u8]>, bounds: &Bounds) -> Option<FileChange> {
    let kind = match (old, new) {
        (None, None) => return None,
        (Some(old), Some(new)) if old == new => return None,
        (None, Some(_)) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (Some(_), Some(_)) => ChangeKind::Modified,
    };
    let mut change = FileChange { path: path.to_owned(), kind, removed: 0, added: 0, hunks: Vec::new(), omitted: None };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    if old.len().max(new.len()) > bounds.max_bytes {
        change.omitted = Some(TOO_LARGE);
        return Some(change);
    }
    match (as_text(old), as_text(new)) {
        (Some(old), Some(new)) => add_hunks(&mut change, old, new, bounds),
        _ => change.omitted = Some("not text"),
    }
    Some(change)
}

/// The text, unless the bytes aren't UTF-8 or hold a NUL.
fn as_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn add_hunks(change: &mut FileChange, old: &str, new: &str, bounds: &Bounds) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let Some(ops) = line_ops(&old, &new, bounds.deadline) else {
        change.omitted = Some(TOO_LATE);
        return;
    };
    for op in &ops {
        if !matches!(op, DiffOp::Equal { .. }) {
            change.removed += op.old_range().len();
            change.added += op.new_range().len();
        }
    }
    if change.kind == ChangeKind::Modified && change.removed + change.added == 0 {
        // `lines` drops line ends, and bytes that differ nowhere else differ there.
        change.omitted = Some("only line ends differ");
        return;
    }
    change.hunks = similar::group_diff_ops(ops, bounds.context).iter().map(|group| hunk(group, &old, &new)).collect();
}

/// The line edits; `None` when the deadline passed, as an answer made in a hurry depends on the machine's speed.
pub(super) fn line_ops(old: &[&str], new: &[&str], deadline: Instant) -> Option<Vec<DiffOp>> {
    let ops = similar::capture_diff_slices_deadline(Algorithm::Myers, old, new, Some(deadline));
    (Instant::now() < deadline).then_some(ops)
}

fn hunk(ops: &[DiffOp], old: &[&str], new: &[&str]) -> Hunk {
    let mut lines = Vec::new();
    for op in ops {
        if let DiffOp::Equal { old_index, new_index, len } = *op {
            lines.extend((0..len).map(|offset| line(None, Some(old_index + offset), Some(new_index + offset), new[new_index + offset])));
        } else {
            lines.extend(op.old_range().map(|index| line(Some(ChangeKind::Removed), Some(index), None, old[index])));
            lines.extend(op.new_range().map(|index| line(Some(ChangeKind::Added), None, Some(index), new[index])));
        }
    }
    Hunk { lines }
}

/// Why a change was not looked into, when the reader loses something by it.
pub(super) fn left_out(change: &FileChange) -> Option<&'static str> {
    change.omitted.filter(|reason| matches!(*reason, TOO_LARGE | TOO_LATE))
}

fn line(kind: Option<ChangeKind>, old: Option<usize>, new: Option<usize>, text: &str) -> DiffLine {
    DiffLine { kind, old_line: old.map(line_number), new_line: new.map(line_number), text: Arc::from(text) }
}

fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn bounds() -> Bounds {
        Bounds { context: 1, max_bytes: 1_000, deadline: Instant::now() + Duration::from_secs(60) }
    }

    fn change(old: Option<&[u8]>, new: Option<&[u8]>) -> Option<FileChange> {
        file_change("templates/a.yaml", old, new, &bounds())
    }

    fn shown(change: &FileChange) -> String {
        let mut text = String::new();
        for hunk in &change.hunks {
            text.push_str("@@\n");
            for line in &hunk.lines {
                let sign = match line.kind {
                    Some(ChangeKind::Added) => '+',
                    Some(_) => '-',
                    None => ' ',
                };
                let number = |line: Option<u32>| line.map_or("·".to_owned(), |line| line.to_string());
                text.push_str(&format!("{sign}{} {} {}\n", number(line.old_line), number(line.new_line), line.text));
            }
        }
        text
    }

    #[test]
    fn hunks_carry_both_line_numbers_and_their_surroundings() {
        let change = change(Some(b"a\nb\nc\nd\ne\nf\ng\n"), Some(b"a\nB\nc\nd\ne\nf\ng\nh\n")).unwrap();
        assert_eq!((change.kind, change.removed, change.added), (ChangeKind::Modified, 1, 2));
        assert_eq!(shown(&change), "@@\n 1 1 a\n-2 · b\n+· 2 B\n 3 3 c\n@@\n 7 7 g\n+· 8 h\n");
    }

    #[test]
    fn files_of_one_side_are_all_added_or_all_removed() {
        let added = change(None, Some(b"a\nb")).unwrap();
        assert_eq!((added.kind, added.removed, added.added, shown(&added).as_str()), (ChangeKind::Added, 0, 2, "@@\n+· 1 a\n+· 2 b\n"));
        let removed = change(Some(b"a\n"), None).unwrap();
        assert_eq!((removed.kind, removed.removed, removed.added), (ChangeKind::Removed, 1, 0));
        assert_eq!(change(Some(b"a"), Some(b"a")).map(|change| change.path), None);
    }

    #[test]
    fn what_is_not_compared_says_why() {
        let omitted = |old: &[u8], new: &[u8]| change(Some(old), Some(new)).unwrap().omitted;
        assert_eq!(omitted(b"a\0b", b"a"), Some("not text"));
        assert_eq!(omitted(b"\xff", b"a"), Some("not text"));
        assert_eq!(omitted(&[b'a'; 1_001], b"a"), Some("too large"));
        assert_eq!(omitted(b"a\r\nb\r\n", b"a\nb\n"), Some("only line ends differ"));
        assert_eq!(omitted(b"a", b"a\n"), Some("only line ends differ"));
        let late = Bounds { deadline: Instant::now(), ..bounds() };
        let change = file_change("x", Some(b"a"), Some(b"b"), &late).unwrap();
        assert_eq!((change.omitted, change.hunks.len()), (Some("the deadline passed"), 0));
    }
}

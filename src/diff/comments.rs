//! Counting the changed lines of a values file that change no setting: comments and blank lines.
//!
//! Depends on `value` and the line differ.

use std::time::Instant;

use similar::DiffOp;

use super::text::line_ops;
use crate::value::{Data, Node};

/// How many comment and blank lines of a values file changed; one that was replaced by another counts once. `None` when the deadline
/// passed.
pub(super) fn changed_lines(old: &Node, new: &Node, deadline: Instant) -> Option<usize> {
    let (old_text, new_text) = (&old.at.source.text, &new.at.source.text);
    if old_text == new_text {
        return Some(0);
    }
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old_text.lines().collect(), new_text.lines().collect());
    let ops = line_ops(&old_lines, &new_lines, deadline)?;
    let (old_quiet, new_quiet) = (quiet_lines(old, &old_lines), quiet_lines(new, &new_lines));
    let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| {
        let removed = old_quiet[op.old_range()].iter().filter(|quiet| **quiet).count();
        let added = new_quiet[op.new_range()].iter().filter(|quiet| **quiet).count();
        removed.max(added)
    });
    Some(changed.sum())
}

/// For each line whether it is blank or a comment. A `#` inside a block of text is text.
fn quiet_lines(root: &Node, lines: &[&str]) -> Vec<bool> {
    let mut quiet: Vec<bool> = lines.iter().map(|line| matches!(line.trim_start().chars().next(), None | Some('#'))).collect();
    mark_blocks(root, None, lines, &mut quiet);
    quiet
}

/// Clears the lines of every block scalar below a node; `key_column` is that of the node's key, from 1.
fn mark_blocks(node: &Node, key_column: Option<u32>, lines: &[&str], quiet: &mut [bool]) {
    match &node.data {
        Data::Map(map) => map.values().for_each(|entry| mark_blocks(&entry.value, Some(entry.at.column), lines, quiet)),
        Data::List(items) => items.iter().for_each(|item| mark_blocks(item, None, lines, quiet)),
        Data::Str(text) if text.contains('\n') => {
            let header = node.at.line as usize;
            let Some(line) = lines.get(header.wrapping_sub(1)).filter(|line| opens_block(line)) else { return };
            let indent = key_column.map_or_else(|| indentation(line), |column| column as usize - 1);
            let content = lines[header..].iter().take_while(|line| line.trim().is_empty() || indentation(line) > indent).count();
            quiet[header..header + content].fill(false);
        }
        _ => {}
    }
}

/// Whether a line ends in the header of a block scalar: `|`, `>-`, `|2+` …
pub(super) fn opens_block(line: &str) -> bool {
    let code = line.split_once(" #").map_or(line, |(code, _)| code);
    code.split_whitespace().next_back().is_some_and(|token| token.starts_with(['|', '>']))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

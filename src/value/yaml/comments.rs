//! Comments that describe: the block of comment lines directly above a key or an item.

use std::sync::Arc;

use super::input::{Mark, step};

/// The blocks of full-line comments, in the order of the text. The scanner adds the lines as it passes them; what looks like a comment
/// inside of a block scalar never gets here.
#[derive(Debug, Default)]
pub(super) struct Comments {
    blocks: Vec<Block>,
}

/// Comment lines without any other line between them.
#[derive(Debug)]
struct Block {
    /// The line of its last comment, from 0.
    last_line: u32,
    /// Its bytes: from the first `#` to the end of the last line.
    start: u32,
    end: u32,
}

impl Comments {
    /// Adds the comment from its `#` to the end of its line, when nothing else is on the line.
    pub(super) fn add(&mut self, text: &str, hash: Mark, end: Mark) {
        if !begins_line(text, hash, false) {
            return;
        }
        match self.blocks.last_mut() {
            Some(block) if block.last_line + 1 == hash.line => {
                block.last_line = hash.line;
                block.end = end.pos;
            }
            _ => self.blocks.push(Block { last_line: hash.line, start: hash.pos, end: end.pos }),
        }
    }

    /// The text of the block that ends on the line above `mark`, when nothing but blanks (and, for an item, its dash) is before `mark`
    /// on its line.
    pub(super) fn above(&self, text: &str, mark: Mark, item: bool) -> Option<Arc<str>> {
        let above = mark.line.checked_sub(1)?;
        let at = self.blocks.binary_search_by_key(&above, |block| block.last_line).ok()?;
        if !begins_line(text, mark, item) {
            return None;
        }
        let block = &self.blocks[at];
        Some(plain(&text[block.start as usize..block.end as usize]))
    }
}

/// Whether only blanks (and a dash, if allowed) stand before `mark` on its line. Looks back no further than the first other character.
fn begins_line(text: &str, mark: Mark, dash: bool) -> bool {
    let before = &text[..mark.pos as usize];
    let mut rest = before.trim_end_matches([' ', '\t']);
    if dash && before.len() - rest.len() < mark.column as usize {
        rest = rest.strip_suffix('-').unwrap_or(rest).trim_end_matches([' ', '\t']);
    }
    let passed = before.len() - rest.len();
    step(passed);
    passed >= mark.column as usize
}

/// The lines without indentation, their `#`s and one space.
fn plain(block: &str) -> Arc<str> {
    let mut text = String::with_capacity(block.len());
    for (number, line) in block.lines().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let line = line.trim_start_matches([' ', '\t']).trim_start_matches('#');
        text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
    }
    text.into()
}

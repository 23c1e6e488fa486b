//! What fits into a body: parts that have to be there, and sections that are there whole or not at all. Nothing is ever cut inside of a
//! line, a fence or a tag, so nothing has to be closed again.

/// A part of a body that can be left out.
#[derive(Debug)]
pub(super) struct Section {
    /// The lower, the later it is left out.
    pub(super) priority: u8,
    /// What it is.
    pub(super) part: Part,
    /// How many findings it tells of in full.
    pub(super) findings: usize,
    /// Its Markdown.
    pub(super) text: String,
}

/// What a section is, for the line that says what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Findings in full.
    Findings,
    /// Tables.
    Tables,
    /// How to repeat the review.
    Reproduce,
}

/// What was left out of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// Findings whose section was left out.
    pub(super) findings: usize,
    /// Sections of tables.
    pub(super) tables: usize,
    /// Commands to repeat the review.
    pub(super) reproduce: usize,
    /// Their bytes.
    pub(super) bytes: usize,
}

impl Left {
    fn add(&mut self, section: &Section) {
        match section.part {
            Part::Findings => self.findings += section.findings,
            Part::Tables => self.tables += 1,
            Part::Reproduce => self.reproduce += 1,
        }
        self.bytes += section.text.len();
    }
}

/// A body that fits.
#[derive(Debug)]
pub(super) struct Fitted {
    /// Its Markdown.
    pub(super) text: String,
    /// What was left out.
    pub(super) left: Left,
}

/// Puts a body together. `heads` are what must be there, the longest first; the first that leaves room is taken. `note` says what was left
/// out and stands behind the head. Sections above `worst_priority` are left out whatever the room.
pub(super) fn fit(
    heads: &[String],
    sections: &[Section],
    foot: &str,
    note: &dyn Fn(&Left) -> String,
    most: usize,
    worst_priority: u8,
) -> Fitted {
    let mut all = Left::default();
    sections.iter().for_each(|section| all.add(section));
    // No line on what was left out is longer than this one: its numbers only fall.
    let longest_note = note(&all).len();
    let fixed = |head: &String| head.len() + foot.len() + longest_note;
    let head = heads.iter().find(|head| fixed(head) <= most).or(heads.last()).map(String::as_str).unwrap_or_default();
    let whole: usize = sections.iter().map(|section| section.text.len()).sum();
    let fits_whole = head.len() + foot.len() + whole <= most && sections.iter().all(|section| section.priority <= worst_priority);
    let mut room = most.saturating_sub(head.len() + foot.len() + if fits_whole { 0 } else { longest_note });
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|index| sections[*index].priority);
    let mut taken = vec![false; sections.len()];
    for index in order {
        let section = &sections[index];
        if section.priority <= worst_priority && section.text.len() <= room {
            room -= section.text.len();
            taken[index] = true;
        }
    }
    let mut left = Left::default();
    sections.iter().zip(&taken).filter(|(_, taken)| !**taken).for_each(|(section, _)| left.add(section));
    let mut text = head.to_owned();
    if left != Left::default() {
        text.push_str(&note(&left));
    }
    text.extend(sections.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(section, _)| section.text.as_str()));
    text.push_str(foot);
    Fitted { text, left }
}

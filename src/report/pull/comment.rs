//! The comment on a pull request: verdict, what was compared, a table of what changed and whom it affects; the rest folded, and fitted to
//! what the forge takes. The same text with more room is the job's summary and the report in Markdown.

use super::budget::{self, Left};
use super::words::{self, Counts};
use super::{Dialect, Group, Limits, Links, PullReport, ReleaseView, details, rows};
use crate::report::draft::Draft;
use crate::report::inline;
use crate::report::safe::{self, Slot};

/// Bytes that are left for the marker by which the comment is found again.
pub const MARKER: usize = 200;

/// What a job's summary takes: 1 MiB, of which some is left to others.
pub const SUMMARY: Limits = Limits { bytes: 1_000_000, dialect: Dialect::Full };

/// Characters of a chart's name and of a version in the heading before they are cut.
const NAME: usize = 60;

/// A body of Markdown that keeps to its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The Markdown, without a marker.
    pub text: String,
    /// How many findings it tells of in full.
    pub shown: usize,
    /// How many findings are only counted, or a row of the table.
    pub dropped: usize,
}

/// How much a head may say.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Rows of the table of findings.
    rows: usize,
    /// Charts, places, releases and parts that are named.
    named: usize,
    /// Characters of a reason.
    reason: usize,
}

/// From what a reader wants to what always fits.
const ROOMS: [Room; 5] = [
    Room { rows: 10, named: 10, reason: 400 },
    Room { rows: 10, named: 5, reason: 150 },
    Room { rows: 5, named: 3, reason: 80 },
    Room { rows: 2, named: 1, reason: 40 },
    Room { rows: 0, named: 0, reason: 0 },
];

/// The comment, [`MARKER`] bytes shorter than the limit.
pub fn comment(report: &PullReport, limits: &Limits, links: &Links) -> Body {
    let writer = Writer { report, links, dialect: limits.dialect };
    let sections = details::sections(report, links, *limits);
    let heads: Vec<String> = ROOMS.iter().map(|room| writer.head(*room)).collect();
    let worst = if limits.dialect == Dialect::Full { u8::MAX } else { details::WORST_UNFOLDED };
    let note = |left: &Left| writer.note(left);
    let fitted = budget::fit(&heads, &sections, &writer.foot(), &note, limits.bytes.saturating_sub(MARKER), worst);
    let all = Counts::of(report).all();
    Body { text: fitted.text, shown: all - fitted.left.findings, dropped: fitted.left.findings }
}

/// The same for a job's summary or a file.
pub fn summary(report: &PullReport, links: &Links) -> Body {
    comment(report, &SUMMARY, links)
}

struct Writer<'a> {
    report: &'a PullReport,
    links: &'a Links,
    dialect: Dialect,
}

impl Writer<'_> {
    /// What is never left out.
    fn head(&self, room: Room) -> String {
        let mut draft = Draft::default();
        self.verdict(&mut draft);
        match &self.report.groups[..] {
            [] => {}
            [group] => self.one(&mut draft, group, room),
            groups => self.many(&mut draft, groups, room),
        }
        self.table(&mut draft, room);
        self.missing(&mut draft, room);
        self.restarts(&mut draft, room);
        draft.out
    }

    fn verdict(&self, draft: &mut Draft) {
        let report = self.report;
        let moved = report.groups.len() + report.unreviewed.len();
        draft.own("### ");
        match (&report.groups[..], &report.unreviewed[..]) {
            ([group], []) => {
                draft.own("Chart bump ").code(&inline::clip(&group.chart, NAME)).own(" ");
                draft.prose(&inline::clip(&group.old, NAME), Slot::Inner).own(" → ");
                draft.prose(&inline::clip(&group.new, NAME), Slot::Inner).own(words::step(group)).own(": ");
            }
            ([], [one]) => {
                draft.own("Chart bump ").code(&inline::clip(&one.chart, NAME)).own(": ");
            }
            ([], []) => {
                draft.own("Chart bumps: ");
            }
            _ => {
                draft.number(moved).own(" chart bumps: ");
            }
        }
        draft.prose(&report.verdict(), Slot::Inner).own("\n\n");
    }

    /// What was compared of the only chart.
    fn one(&self, draft: &mut Draft, group: &Group, room: Room) {
        draft.own(words::compared(group));
        if let [release] = &group.releases[..] {
            draft.own(", for release ").code(&clip(&release.name)).own(" in namespace ").code(&clip(&release.namespace));
            self.values(draft, release, room);
            draft.own(". Bump in ");
            self.bump(draft, release, room);
        } else {
            draft.own(", for ").number(group.releases.len()).own(" releases of which the same holds, each with its own values: ");
            self.releases(draft, group, room);
        }
        draft.own(".\n\n");
    }

    /// The charts, one line each.
    fn many(&self, draft: &mut Draft, groups: &[Group], room: Room) {
        for group in groups.iter().take(room.named) {
            draft.own("- ").code(&clip(&group.chart)).own(" ").prose(&clip(&group.old), Slot::Inner).own(" → ");
            draft.prose(&clip(&group.new), Slot::Inner).own(words::step(group)).own(", ");
            if let [release] = &group.releases[..] {
                draft.own("release ").code(&clip(&release.name)).own(" in ");
                self.bump(draft, release, room);
            } else {
                draft.number(group.releases.len()).own(" releases alike: ");
                self.releases(draft, group, Room { named: room.named.min(3), ..room });
            }
            draft.own(if group.rendered.is_none() { "; not rendered\n" } else { "\n" });
        }
        if groups.len() > room.named {
            draft.own("- ").number(groups.len() - room.named).own(if room.named == 0 { " charts" } else { " more charts" }).own("\n");
        }
        draft.own("\n");
    }

    fn releases(&self, draft: &mut Draft, group: &Group, room: Room) {
        for (index, release) in group.releases.iter().take(room.named).enumerate() {
            draft.own(if index == 0 { "" } else { ", " }).code(&clip(&release.name)).own(" in ");
            self.bump(draft, release, room);
        }
        let more = group.releases.len().saturating_sub(room.named);
        if more > 0 {
            draft.own(if room.named == 0 { "" } else { " and " }).number(more).own(if room.named == 0 { " in all" } else { " more" });
        }
    }

    fn values(&self, draft: &mut Draft, release: &ReleaseView, room: Room) {
        let files = &release.values_files;
        if files.is_empty() {
            draft.own(if release.has_other_values { ", with its inline values" } else { ", with default values only" });
            return;
        }
        draft.own(", with ");
        for (index, file) in files.iter().take(room.named).enumerate() {
            draft.own(if index == 0 { "" } else { ", " });
            self.place(draft, file, 0);
        }
        if files.len() > room.named {
            draft.own(if room.named == 0 { "" } else { " and " }).number(files.len() - room.named);
            draft.own(if room.named == 0 { " values files" } else { " more" });
        }
        draft.own(if release.has_other_values { " and inline values" } else { "" });
    }

    /// Where a release names the version, and whether it installs the chart at all.
    fn bump(&self, draft: &mut Draft, release: &ReleaseView, room: Room) {
        self.place(draft, &release.file, release.line);
        if let Some(why) = &release.switched_off {
            draft.own(" (switched off there: ").prose(&inline::clip(why, room.reason), Slot::Inner).own(")");
        }
    }

    fn place(&self, draft: &mut Draft, file: &str, line: u32) {
        place(draft, self.links, file, line);
    }

    fn table(&self, draft: &mut Draft, room: Room) {
        let mut rows = rows::rows(self.report, false);
        if rows.len() > room.rows {
            rows = rows::rows(self.report, true);
        }
        if rows.is_empty() || room.rows == 0 {
            return;
        }
        draft.own("| level | what changed | old → new | who is affected");
        draft.own(if self.report.groups.len() == 1 { " in this release" } else { "" }).own(" |\n|---|---|---|---|\n");
        for row in rows.iter().take(room.rows) {
            row.write(self.report, draft);
        }
        let more: usize = rows.iter().skip(room.rows).map(rows::Row::findings).sum();
        if more > 0 {
            draft.own("| | ").number(more).own(if more == 1 { " more finding" } else { " more findings" }).own(" | | |\n");
        }
        draft.own("\n");
    }

    /// What was not compared: as many parts as there is room for, and always how many there are.
    fn missing(&self, draft: &mut Draft, room: Room) {
        let report = self.report;
        let parts = report.groups.iter().flat_map(|group| group.missing.iter().map(move |missing| (group, missing)));
        let total = report.unreviewed.len() + parts.clone().count();
        if total == 0 {
            return;
        }
        draft.own("**Not compared** (").number(total).own("), so risks may be missing above:\n\n");
        for one in report.unreviewed.iter().take(room.named) {
            draft.own("- ").code(&clip(&one.chart)).own(" in ");
            self.place(draft, &one.file, one.line);
            draft.own(": ").prose(&inline::clip(&one.reason, room.reason), Slot::Inner);
            if let Some(hint) = &one.hint {
                draft.own(". Next step: ").prose(&inline::clip(hint, room.reason), Slot::Inner);
            }
            draft.own("\n");
        }
        let left = room.named.saturating_sub(report.unreviewed.len());
        for (group, missing) in parts.take(left) {
            draft.own("- ");
            if report.groups.len() > 1 {
                draft.code(&clip(&group.chart)).own(", ");
            }
            draft.code(&clip(&missing.part)).own(": ").prose(&inline::clip(&missing.reason, room.reason), Slot::Inner).own("\n");
        }
        if total > room.named {
            draft.own("- ").number(total - room.named).own(if room.named == 0 { " parts or charts" } else { " more" }).own("\n");
        }
        draft.own("\n");
    }

    /// Whose pods are made anew.
    fn restarts(&self, draft: &mut Draft, room: Room) {
        let [Group { restarts, .. }] = &self.report.groups[..] else { return };
        if restarts.is_empty() || room.named == 0 {
            return;
        }
        draft.own("The upgrade restarts the pods of ");
        for (index, name) in restarts.iter().take(room.named).enumerate() {
            draft.own(if index == 0 { "" } else { ", " }).code(&clip(name));
        }
        if restarts.len() > room.named {
            draft.own(" and ").number(restarts.len() - room.named).own(" more workloads");
        }
        draft.own(".\n\n");
    }

    /// The line that says what was left out, and where it is.
    fn note(&self, left: &Left) -> String {
        let mut draft = Draft::default();
        let kilobytes = left.bytes.div_ceil(1024);
        match self.dialect {
            Dialect::Full => draft.own("> **This comment is shortened.** Left out: "),
            Dialect::Basic => draft.own("Left out here: "),
        };
        let parts = [
            (left.findings, "the details of 1 finding", "the details of ", " findings"),
            (left.tables, "1 set of tables", "", " sets of tables"),
            (left.reproduce, "how to repeat the review", "", " commands to repeat the review"),
        ];
        for (index, (number, one, many, behind)) in parts.into_iter().filter(|(number, ..)| *number > 0).enumerate() {
            draft.own(if index == 0 { "" } else { ", " });
            if number == 1 {
                draft.own(one)
            } else {
                draft.own(many).number(number).own(behind)
            };
        }
        draft.own(" (").number(kilobytes).own(" KB). ");
        if let Some(address) = &self.links.report {
            draft.out.push_str(&safe::link("Full report", address));
            draft.own(", or locally: ");
        } else {
            draft.own("In full: ");
        }
        let command = format!("chartshift pr --base {} --head {} -o markdown", self.report.base, self.report.head);
        draft.code(&command).own("\n\n");
        draft.out
    }

    fn foot(&self) -> String {
        let mut draft = Draft::default();
        draft.own(if self.dialect == Dialect::Full { "<sub>" } else { "" });
        draft.own("`chartshift` ").own(env!("CARGO_PKG_VERSION")).own(" · head ").code(short(&self.report.head));
        if let Some(address) = &self.links.report {
            draft.own(" · ");
            draft.out.push_str(&safe::link("full report", address));
        }
        draft.own(if self.dialect == Dialect::Full { "</sub>\n" } else { "\n" });
        draft.out
    }
}

/// A file, with its line and as a link where there is one.
pub(super) fn place(draft: &mut Draft, links: &Links, file: &str, line: u32) {
    let behind = if line == 0 { String::new() } else { format!(" line {line}") };
    let address = links.file.as_ref().zip(safe::url_path(file)).map(|(files, path)| {
        let line = if line == 0 { String::new() } else { format!("{}{line}", links.line) };
        format!("{files}{path}{line}")
    });
    draft.link(&clip(file), &behind, address.as_deref());
}

/// The first digits of a revision.
fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

fn clip(text: &str) -> String {
    inline::clip(text, NAME + 60).into_owned()
}

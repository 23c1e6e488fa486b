//! What happens while charts are on their way: a bar a download, and notices a reader should see.
//!
//! The stage never prints. It is handed a [`Progress`]; the command line prints its notices as warnings.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Who is told.
pub trait Progress: Sync {
    /// A download of `label` begins. `bytes` is its size, when the server says one.
    fn begin(&self, label: &str, bytes: Option<u64>) -> Box<dyn Download>;

    /// Something a reader should know although nothing failed: a clause without a final stop. The same text counts once.
    fn notice(&self, text: String);
}

/// One download on its way. Dropping it ends it.
pub trait Download {
    /// So many more bytes have come.
    fn advance(&self, bytes: u64);
}

/// Notices in the order they came, each once.
#[derive(Debug, Default)]
struct Notices(Mutex<Vec<String>>);

impl Notices {
    fn add(&self, text: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&text) {
            all.push(text);
        }
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Shows nothing and keeps the notices.
#[derive(Debug, Default)]
pub struct Silent(Notices);

impl Silent {
    /// The notices so far, each once.
    pub fn notices(&self) -> Vec<String> {
        self.0.all()
    }
}

impl Progress for Silent {
    fn begin(&self, _label: &str, _bytes: Option<u64>) -> Box<dyn Download> {
        Box::new(Unseen)
    }

    fn notice(&self, text: String) {
        self.0.add(text);
    }
}

struct Unseen;

impl Download for Unseen {
    fn advance(&self, _bytes: u64) {}
}

/// A bar a download on standard error when that is a terminal, nothing otherwise. Keeps the notices.
#[derive(Debug)]
pub struct Bars {
    bars: MultiProgress,
    notices: Notices,
}

impl Bars {
    /// Bars for this process; `quiet` shows none.
    pub fn new(quiet: bool) -> Self {
        let seen = !quiet && std::io::stderr().is_terminal();
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), notices: Notices::default() }
    }

    /// The notices so far, each once.
    pub fn notices(&self) -> Vec<String> {
        self.notices.all()
    }
}

impl Progress for Bars {
    fn begin(&self, label: &str, bytes: Option<u64>) -> Box<dyn Download> {
        let bar = self.bars.add(bytes.map_or_else(ProgressBar::no_length, ProgressBar::new));
        // The name comes last: what doesn't fit of it is cut off, for a bar that wraps can't be drawn over.
        let template = if bytes.is_some() {
            "[{bar:20}] {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}"
        } else {
            "{spinner} {bytes} {bytes_per_sec} {wide_msg}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        // Names of charts come from indexes and pull requests: no escape sequence of theirs may reach the terminal.
        bar.set_message(label.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>());
        Box::new(Bar(bar))
    }

    fn notice(&self, text: String) {
        self.notices.add(text);
    }
}

struct Bar(ProgressBar);

impl Download for Bar {
    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_counts_once() {
        let silent = Silent::default();
        for text in ["no cache", "well-known", "no cache"] {
            silent.notice(text.into());
        }
        assert_eq!(silent.notices(), ["no cache", "well-known"]);
    }

    #[test]
    fn hidden_bars_take_everything() {
        let bars = Bars::new(true);
        bars.begin("thanos\u{1b}[2J", Some(10)).advance(4);
        bars.begin("index", None).advance(4);
        bars.notice("x".into());
        assert_eq!(bars.notices(), ["x"]);
    }
}

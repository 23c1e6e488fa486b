//! YAML texts that renders of a chart have read: charts keep trees as text (`include … | fromYaml`) and read the same text in file after
//! file, render after render. Depends on values, `value` and `kept`.

use std::sync::Arc;

use super::frozen::Frozen;
use super::value::Text;
use crate::kept::Kept;
use crate::value::{Node, Source, yaml};

/// How many bytes of text trees are kept of.
const MOST_BYTES: usize = 1 << 20;

/// Shared by the renders of a chart, on whatever threads.
#[derive(Debug)]
pub struct Readings {
    kept: Kept<(Text, Frozen)>,
}

impl Default for Readings {
    fn default() -> Self {
        Self { kept: Kept::up_to(MOST_BYTES) }
    }
}

impl Readings {
    /// What the text is as YAML, or Helm's words for what is wrong with it.
    pub(super) fn of(&self, text: &[u8]) -> Result<Frozen, String> {
        let read = || Ok((text.into(), Frozen::of(&read(text)?)));
        self.kept.get(text, text.len(), |(known, _)| **known == *text, read).map(|(_, node)| node)
    }
}

fn read(text: &[u8]) -> Result<Node, String> {
    let source = Arc::new(Source { name: String::new(), text: String::from_utf8_lossy(text).into_owned() });
    let limits = yaml::Limits::default();
    yaml::read(&source, &limits).map_err(|error| yaml::helm_error(&source, &limits).unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once() {
        let readings = Readings::default();
        let map = || match readings.of(b"a: 1") {
            Ok(Frozen::Map(map)) => Some(map),
            _ => None,
        };
        assert!(map().zip(map()).is_some_and(|(first, again)| Arc::ptr_eq(&first, &again)));
        assert!(readings.of(b"a: [").is_err_and(|message| message.starts_with("error converting YAML to JSON: ")));
    }
}

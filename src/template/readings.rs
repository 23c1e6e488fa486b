//! YAML texts that renders of a chart have read: charts keep trees as text (`include … | fromYaml`) and read the same text in file after
//! file, render after render. Depends on `value` only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::value::Text;
use crate::value::{Node, Source, yaml};

/// Texts are kept up to so many bytes; then all are forgotten.
const MOST_BYTES: usize = 1 << 20;

/// Shared by the renders of a chart, on whatever threads.
#[derive(Debug, Default)]
pub struct Readings {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_text: HashMap<Text, Arc<Node>>,
    bytes: usize,
}

impl Readings {
    /// What the text is as YAML, or Helm's words for what is wrong with it.
    pub(super) fn of(&self, text: &Text) -> Result<Arc<Node>, String> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(text) {
            return Ok(Arc::clone(known));
        }
        let node = Arc::new(read(text)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.bytes + text.len() > MOST_BYTES {
            *known = Known::default();
        }
        if text.len() <= MOST_BYTES && known.by_text.insert(text.clone(), Arc::clone(&node)).is_none() {
            known.bytes += text.len();
        }
        Ok(node)
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
    fn a_text_is_read_once_while_it_is_kept() {
        let readings = Readings::default();
        let of = |text: &str| readings.of(&text.into());
        let first = of("a: 1").ok();
        assert!(first.is_some_and(|first| of("a: 1").is_ok_and(|again| Arc::ptr_eq(&first, &again))));
        assert!(of("a: [").is_err_and(|message| message.starts_with("error converting YAML to JSON: ")));
        let long = format!("b: {}", "x".repeat(MOST_BYTES));
        assert!(of(&long).is_ok_and(|node| of(&long).is_ok_and(|again| !Arc::ptr_eq(&node, &again))));
        assert_eq!(readings.known.lock().map(|known| known.bytes).ok(), Some(0));
    }
}

//! Results kept by the text they were made of, so that the same text is not worked on again. Depends on nothing.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;

/// Results, shared by threads. Their texts may have so many bytes in all; then all are forgotten.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    most_bytes: usize,
    hashes: RandomState,
    known: Mutex<Known<T>>,
}

#[derive(Debug)]
struct Known<T> {
    by_hash: HashMap<u64, Vec<T>>,
    bytes: usize,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { by_hash: HashMap::new(), bytes: 0 }
    }
}

impl<T: Clone> Kept<T> {
    /// Keeps the results of texts of so many bytes.
    pub(crate) fn up_to(most_bytes: usize) -> Self {
        Self { most_bytes, hashes: RandomState::default(), known: Mutex::default() }
    }

    /// The result that was kept under this key and that `is` the one asked for, or what `make` makes of the text of so many bytes. Is not
    /// locked meanwhile.
    ///
    /// # Errors
    /// Those of `make`, which are not kept.
    pub(crate) fn get<E>(
        &self,
        key: impl Hash,
        bytes: usize,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let hash = self.hashes.hash_one(key);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.by_hash.get(&hash).into_iter().flatten().find(|result| is(result)) {
            return Ok(found.clone());
        }
        drop(known);
        let made = make()?;
        if bytes <= self.most_bytes {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.bytes + bytes > self.most_bytes {
                *known = Known::default();
            }
            known.bytes += bytes;
            known.by_hash.entry(hash).or_default().push(made.clone());
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_made_again_once_forgotten() {
        let kept = Kept::up_to(10);
        let mut made = Vec::new();
        let mut get = |text: &'static str| {
            let make = || {
                made.push(text);
                if text == "bad" { Err(()) } else { Ok(text) }
            };
            kept.get(text, text.len(), |known| *known == text, make)
        };
        for text in ["one", "two", "one", "bad", "bad", "longer than all", "longer than all", "two", "three", "one"] {
            assert_eq!(get(text).ok(), Some(text).filter(|text| *text != "bad"));
        }
        assert_eq!(made, ["one", "two", "bad", "bad", "longer than all", "longer than all", "three", "one"]);
    }
}

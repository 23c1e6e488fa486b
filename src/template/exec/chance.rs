//! Where random functions get their bytes: from the system, or, in a stable render, from the place of the call, so that two renders differ
//! only where the chart does.

use sha2::{Digest, Sha256};

/// Where chance, clock and keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chance {
    /// From the system, as in Helm.
    #[default]
    Real,
    /// Fixed values for each function, file and count of calls there; certificates, keys and password hashes are stand-ins of the right
    /// shape that depend on the arguments, and the time is 2020-01-01.
    Stable,
}

/// Bytes that follow from a seed.
#[derive(Debug, Default)]
pub(super) struct Stream {
    seed: [u8; 32],
    position: u64,
}

impl Stream {
    /// The stream of one call.
    pub(super) fn of_call(function: &str, file: &str, count: u64) -> Self {
        let seed = Sha256::new().chain_update(function).chain_update([0]).chain_update(file).chain_update(count.to_be_bytes());
        Self { seed: seed.finalize().into(), position: 0 }
    }

    /// Makes what follows depend on these bytes, too.
    pub(super) fn absorb(&mut self, bytes: &[u8]) {
        self.seed = Sha256::new().chain_update(self.seed).chain_update(bytes).finalize().into();
    }

    pub(super) fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.position.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.position += 1;
        }
    }
}

/// How many bytes are asked of the system at once. A random text takes eight a character, and each asking costs as much as hundreds do.
const BLOCK: usize = 512;

/// Bytes from the system that are not used yet.
#[derive(Default)]
pub(super) struct Reserve {
    bytes: Vec<u8>,
}

impl Reserve {
    /// Fills a buffer with bytes that nothing else gets.
    ///
    /// # Errors
    /// The system's, when it has none.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), getrandom::Error> {
        if buffer.len() >= BLOCK {
            return getrandom::fill(buffer);
        }
        if self.bytes.len() < buffer.len() {
            let mut block = [0; BLOCK];
            getrandom::fill(&mut block)?;
            self.bytes = block.to_vec();
        }
        let left = self.bytes.len() - buffer.len();
        buffer.copy_from_slice(&self.bytes[left..]);
        self.bytes.truncate(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_of_the_reserve_is_given_twice() {
        let mut reserve = Reserve::default();
        let mut seen = HashSet::new();
        for length in [16, 200, 496, 17, BLOCK, 300, 2 * BLOCK, 495, 16].repeat(20) {
            let mut buffer = vec![0; length];
            assert!(reserve.fill(&mut buffer).is_ok());
            assert!(buffer.chunks_exact(16).all(|part| seen.insert(part.to_vec())), "after {} parts", seen.len());
        }
    }
}

//! How numbers are cut into limbs, and which of the arithmetics this processor has is used.

use fearless_simd::{Level, dispatch};

use super::narrow;
use super::row::Row;
#[cfg(target_arch = "x86_64")]
use super::wide;

/// Ways to compute powers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arithmetic {
    /// In limbs of 28 bits, for any processor.
    Narrow,
    /// In limbs of 52 bits.
    #[cfg(target_arch = "x86_64")]
    Wide(fearless_simd::Avx512),
}

/// How numbers are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limbs {
    /// The bits of a limb.
    pub(crate) bits: usize,
    /// How many there are.
    pub(crate) count: usize,
}

impl Arithmetic {
    /// The fastest that this processor has.
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx512() {
            return Self::Wide(token);
        }
        Self::Narrow
    }

    /// How numbers of at most so many bits are cut.
    pub(crate) fn limbs(self, bits: usize) -> Limbs {
        let (limb, block) = match self {
            Self::Narrow => (narrow::LIMB_BITS, 2),
            #[cfg(target_arch = "x86_64")]
            Self::Wide(_) => (wide::LIMB_BITS, wide::BLOCK),
        };
        Limbs { bits: limb, count: bits.div_ceil(limb).next_multiple_of(block) }
    }

    /// Squares the state for each bit, and multiplies by the base where it is set: one becomes the base to the power whose bits these are,
    /// most significant first. `state` is in Montgomery's form, cut by [`Self::limbs`], and ends below twice base times modulus.
    pub(crate) fn power(self, state: &mut [Row], moduli: &[Row], bits: &[Row], bases: &Row) {
        match self {
            Self::Narrow => dispatch!(Level::new(), _simd => narrow::power(state, moduli, bits, bases)),
            #[cfg(target_arch = "x86_64")]
            Self::Wide(token) => wide::power(token, state, moduli, bits, bases),
        }
    }
}

impl Limbs {
    /// The number whose limbs these are, below two to the power of 64 times `words`: least significant word first.
    pub(crate) fn joined(self, limbs: impl Iterator<Item = u64>, words: usize) -> Vec<u64> {
        let mut joined = vec![0; words + 1];
        for (index, limb) in limbs.enumerate() {
            let (at, by) = (index * self.bits / 64, index * self.bits % 64);
            let wide = u128::from(limb) << by;
            if at < words {
                joined[at] |= wide as u64;
                joined[at + 1] |= (wide >> 64) as u64;
            }
        }
        joined.truncate(words);
        joined
    }

    /// Numbers as rows of limbs, the first number in lanes that have none.
    pub(crate) fn rows(self, numbers: &[Vec<u64>]) -> Vec<Row> {
        let limb = |words: &[u64], index: usize| {
            let word = |index: usize| u128::from(words.get(index).copied().unwrap_or(0));
            let (at, by) = (index * self.bits / 64, index * self.bits % 64);
            ((word(at + 1) << 64 | word(at)) >> by) as u64 & ((1 << self.bits) - 1)
        };
        (0..self.count).map(|index| Row::of(|lane| limb(numbers.get(lane).unwrap_or(&numbers[0]), index))).collect()
    }
}

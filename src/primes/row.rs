//! Limbs of eight numbers, side by side.

/// How many numbers a row holds.
pub(crate) const ROW: usize = 8;

/// A limb of each of eight numbers, or a sum of products of limbs.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Row(pub(crate) [u64; ROW]);

impl Row {
    pub(crate) const ZERO: Self = Self([0; ROW]);

    pub(crate) fn of(lane: impl FnMut(usize) -> u64) -> Self {
        Self(std::array::from_fn(lane))
    }

    pub(crate) fn lane(&self, lane: usize) -> u64 {
        self.0[lane]
    }
}

//! Arithmetic on rows of eight limbs: Montgomery's squaring and powers. All of it is inlined where it is called, so that it is compiled once
//! for each kind of vectors.

/// How many numbers a row holds.
pub(crate) const ROW: usize = 8;
/// The bits of a limb: a column of 150 products of two limbs fits 64 bits, and vectors multiply 32 bits.
pub(crate) const LIMB_BITS: usize = 28;
const LIMB: u64 = (1 << LIMB_BITS) - 1;
const HALF: u64 = u32::MAX as u64;

/// A limb of each of eight numbers, or a sum of products of limbs.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Row([u64; ROW]);

impl Row {
    const ZERO: Self = Self([0; ROW]);

    pub(crate) fn of(lane: impl FnMut(usize) -> u64) -> Self {
        Self(std::array::from_fn(lane))
    }

    pub(crate) fn lane(&self, lane: usize) -> u64 {
        self.0[lane]
    }

    #[inline(always)]
    fn zip(self, other: Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = Self::ZERO;
        for lane in 0..ROW {
            out.0[lane] = merge(self.0[lane], other.0[lane]);
        }
        out
    }

    #[inline(always)]
    fn map(self, change: impl Fn(u64) -> u64) -> Self {
        self.zip(self, |value, _| change(value))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }

    /// The products of what are limbs. The masks tell the compiler so.
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.zip(other, |x, y| (x & HALF).wrapping_mul(y & HALF))
    }
}

/// Squares the state for each bit, and multiplies by the base where it is set: one becomes the base to the power whose bits these are, most
/// significant first. `state` is in Montgomery's form, and ends below twice base times modulus.
#[inline(always)]
pub(crate) fn power(state: &mut [Row], moduli: &[Row], bits: &[Row], bases: &Row) {
    // The negated inverse of the lowest limb: each round doubles the bits that are right.
    let lowest = moduli[0];
    let mut inverse = Row([1; ROW]);
    for _ in 0..5 {
        inverse = inverse.zip(lowest, |inverse, limb| inverse.wrapping_mul(2_u64.wrapping_sub(limb.wrapping_mul(inverse))));
    }
    let inverse = inverse.map(|inverse| inverse.wrapping_neg() & LIMB);
    let mut factors = vec![Row::ZERO; state.len()];
    for bit in bits {
        square(state, moduli, inverse, &mut factors);
        let factor = bit.zip(*bases, |bit, base| if bit == 1 { base } else { 1 });
        let mut carry = Row::ZERO;
        for limb in state.iter_mut() {
            let sum = limb.times(factor).plus(carry);
            *limb = sum.map(|sum| sum & LIMB);
            carry = sum.map(|sum| sum >> LIMB_BITS);
        }
    }
}

/// Montgomery's squaring, column by column; `factors` is room for the multiples of the modulus that are added. The result is below twice
/// the modulus as long as four times the square of what `state` exceeds it by fits the spare bits.
#[inline(always)]
fn square(state: &mut [Row], moduli: &[Row], inverse: Row, factors: &mut [Row]) {
    let count = state.len();
    let mut sum = Row::ZERO;
    for column in 0..2 * count {
        let first = (column + 1).saturating_sub(count);
        let pairs = (column + 1).min(2 * count - 1 - column) / 2;
        let crossed = products(&state[first..first + pairs], &state[column + 1 - first - pairs..column + 1 - first]);
        sum = sum.plus(crossed.map(|crossed| crossed << 1));
        if column % 2 == 0 {
            let middle = state[column / 2];
            sum = sum.plus(middle.times(middle));
        }
        if column < count {
            sum = sum.plus(products(&factors[..column], &moduli[1..=column]));
            let factor = sum.times(inverse).map(|factor| factor & LIMB);
            factors[column] = factor;
            sum = sum.plus(factor.times(moduli[0]));
        } else {
            sum = sum.plus(products(&factors[first..], &moduli[first..]));
            // No later column needs the factor of this place.
            factors[column - count] = sum.map(|sum| sum & LIMB);
        }
        sum = sum.map(|sum| sum >> LIMB_BITS);
    }
    state.copy_from_slice(factors);
}

/// The sum of the products of each limb with its counterpart from the other end.
#[inline(always)]
fn products(left: &[Row], right: &[Row]) -> Row {
    let (mut even, mut odd) = (Row::ZERO, Row::ZERO);
    let (blocks, rest) = left.as_chunks::<4>();
    let (last, from_end) = right.as_rchunks::<4>();
    for (x, y) in blocks.iter().zip(from_end.iter().rev()) {
        even = even.plus(x[0].times(y[3]));
        odd = odd.plus(x[1].times(y[2]));
        even = even.plus(x[2].times(y[1]));
        odd = odd.plus(x[3].times(y[0]));
    }
    for (x, y) in rest.iter().zip(last.iter().rev()) {
        even = even.plus(x.times(*y));
    }
    even.plus(odd)
}

//! Montgomery's squaring and powers in limbs of 28 bits, for any processor. All of it is inlined where it is called, so that it is compiled
//! once for each kind of vectors.

use super::row::{ROW, Row};

/// The bits of a limb: a column of 152 products of two limbs fits 64 bits, and vectors multiply 32 bits.
pub(crate) const LIMB_BITS: usize = 28;
const LIMB: u64 = (1 << LIMB_BITS) - 1;
const HALF: u64 = u32::MAX as u64;

impl Row {
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

/// Columns that are summed together, so that a limb serves them all once it is loaded.
const BLOCK: usize = 4;
/// Zeros behind a number, for the ends of its last blocks.
const PADDING: usize = BLOCK;

/// What [`super::arithmetic::Arithmetic::power`] does, the number of limbs even.
#[inline(always)]
pub(crate) fn power(state: &mut [Row], moduli: &[Row], bits: &[Row], bases: &Row) {
    // The negated inverse of the lowest limb: each round doubles the bits that are right.
    let lowest = moduli[0];
    let mut inverse = Row([1; ROW]);
    for _ in 0..5 {
        inverse = inverse.zip(lowest, |inverse, limb| inverse.wrapping_mul(2_u64.wrapping_sub(limb.wrapping_mul(inverse))));
    }
    let padded = |rows: &[Row]| [rows, &[Row::ZERO; PADDING]].concat();
    let mut powers = Powers {
        count: state.len(),
        state: padded(state),
        moduli: padded(moduli),
        inverse: inverse.map(|inverse| inverse.wrapping_neg() & LIMB),
        factors: vec![Row::ZERO; state.len()],
    };
    for bit in bits {
        powers.square();
        powers.multiply(bit.zip(*bases, |bit, base| if bit == 1 { base } else { 1 }));
    }
    state.copy_from_slice(&powers.state[..state.len()]);
}

/// Numbers in Montgomery's form that become powers.
struct Powers {
    /// How many limbs they have.
    count: usize,
    /// The numbers, padded.
    state: Vec<Row>,
    /// Their moduli, padded.
    moduli: Vec<Row>,
    /// The negated inverses of the lowest limbs of the moduli.
    inverse: Row,
    /// How often the moduli are added to the squares, limb by limb.
    factors: Vec<Row>,
}

impl Powers {
    /// Multiplies by numbers that fit a limb.
    #[inline(always)]
    fn multiply(&mut self, by: Row) {
        let mut carry = Row::ZERO;
        for limb in &mut self.state[..self.count] {
            let sum = limb.times(by).plus(carry);
            *limb = sum.map(|sum| sum & LIMB);
            carry = sum.map(|sum| sum >> LIMB_BITS);
        }
    }

    /// Montgomery's squaring, block by block of columns. The results are below twice the moduli as long as four times the square of what the
    /// numbers exceed them by fits the spare bits.
    #[inline(always)]
    fn square(&mut self) {
        let count = self.count;
        let mut carry = Row::ZERO;
        for column in (0..2 * count).step_by(BLOCK) {
            // What all columns of the block have: pairs of limbs around their middles, and factors with limbs of the modulus.
            let (first, middle, known) = (column.saturating_sub(count), column / 2, column.min(count));
            let [even, odd, third, fourth] = products(&self.state[first..middle], &self.state[column + 1 - middle..column + BLOCK - first]);
            let [even_added, odd_added, third_added, fourth_added] =
                products(&self.factors[first..known], &self.moduli[column + 1 - known..column + BLOCK - first]);
            carry = self.settle(column, [even, odd], [even_added, odd_added], carry);
            if column + 2 < 2 * count {
                let limb = self.state[middle];
                let pairs = [third.plus(limb.times(self.state[middle + 2])), fourth.plus(limb.times(self.state[middle + 3]))];
                let added = [third_added.plus(self.added(column, 2)), fourth_added.plus(self.added(column, 3))];
                carry = self.settle(column + 2, pairs, added, carry);
            }
        }
    }

    /// What the factors of two columns add to the column so far behind the first.
    #[inline(always)]
    fn added(&self, column: usize, behind: usize) -> Row {
        match self.factors.get(column..column + 2) {
            Some([even, odd]) => even.times(self.moduli[behind]).plus(odd.times(self.moduli[behind - 1])),
            _ => Row::ZERO,
        }
    }

    /// Two columns, from what the pairs of limbs around their middles and the factors so far come to and from what the column before carries:
    /// finds their factors or writes their limbs of the results, and gives what they carry.
    #[inline(always)]
    fn settle(&mut self, column: usize, pairs: [Row; 2], added: [Row; 2], carry: Row) -> Row {
        let (middle, next) = (self.state[column / 2], self.state[column / 2 + 1]);
        let odd_pairs = pairs[1].plus(middle.times(next));
        let even = carry.plus(pairs[0].plus(pairs[0])).plus(middle.times(middle)).plus(added[0]);
        let odd = odd_pairs.plus(odd_pairs).plus(added[1]);
        if column < self.count {
            let factor = self.factor(column, even);
            let even = even.plus(factor.times(self.moduli[0]));
            let odd = odd.plus(factor.times(self.moduli[1])).plus(even.map(|sum| sum >> LIMB_BITS));
            let factor = self.factor(column + 1, odd);
            odd.plus(factor.times(self.moduli[0])).map(|sum| sum >> LIMB_BITS)
        } else {
            // No later column needs the limbs of these places.
            let at = column - self.count;
            let odd = odd.plus(even.map(|sum| sum >> LIMB_BITS));
            self.state[at] = even.map(|sum| sum & LIMB);
            self.state[at + 1] = odd.map(|sum| sum & LIMB);
            odd.map(|sum| sum >> LIMB_BITS)
        }
    }

    /// How often the modulus is added at a column, so that nothing is left there.
    #[inline(always)]
    fn factor(&mut self, column: usize, sum: Row) -> Row {
        let factor = sum.times(self.inverse).map(|factor| factor & LIMB);
        self.factors[column] = factor;
        factor
    }
}

/// The sums of the products of limbs with their counterparts from the other end, for a block of columns: one limb further on in each. The
/// limbs are even in number.
#[inline(always)]
fn products(left: &[Row], right: &[Row]) -> [Row; BLOCK] {
    let mut sums = [Row::ZERO; BLOCK];
    let (blocks, rest) = left.as_chunks::<4>();
    for (x, y) in blocks.iter().zip(right.array_windows::<{ BLOCK + 3 }>().rev().step_by(4)) {
        sums = with_products(sums, x[0], [&y[3], &y[4], &y[5], &y[6]]);
        sums = with_products(sums, x[1], [&y[2], &y[3], &y[4], &y[5]]);
        sums = with_products(sums, x[2], [&y[1], &y[2], &y[3], &y[4]]);
        sums = with_products(sums, x[3], [&y[0], &y[1], &y[2], &y[3]]);
    }
    if let ([x0, x1], [y0, y1, y2, y3, y4, ..]) = (rest, right) {
        sums = with_products(sums, *x0, [y1, y2, y3, y4]);
        sums = with_products(sums, *x1, [y0, y1, y2, y3]);
    }
    sums
}

/// Sums with the products of a limb with those of a block. Written out, for the compiler would make vectors across the columns of a loop.
#[inline(always)]
fn with_products(sums: [Row; BLOCK], x: Row, y: [&Row; BLOCK]) -> [Row; BLOCK] {
    [sums[0].plus(x.times(*y[0])), sums[1].plus(x.times(*y[1])), sums[2].plus(x.times(*y[2])), sums[3].plus(x.times(*y[3]))]
}

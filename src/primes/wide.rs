//! Montgomery's squaring and powers in limbs of 52 bits, for x86 processors that multiply and add such limbs (AVX-512 IFMA). Works as
//! [`super::narrow`] does, in fewer than half as many multiplications.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_srli_epi64, _mm512_sub_epi64,
};

use fearless_simd::prelude::*;
use fearless_simd::{kernel, u64x8};

use super::row::Row;

/// The bits of a limb. The upper bits of what is multiplied are ignored.
pub(crate) const LIMB_BITS: usize = 52;
/// Columns that are summed together, so that a limb serves them all once it is loaded. Numbers have a multiple of so many limbs.
pub(crate) const BLOCK: usize = 4;
/// Zeros behind a number, for the ends of its last blocks.
const PADDING: usize = BLOCK;

kernel!(
    /// What [`super::arithmetic::Arithmetic::power`] does, the number of limbs a multiple of [`BLOCK`].
    pub(crate) fn power(avx512: Avx512, state: &mut [Row], moduli: &[Row], bits: &[Row], bases: &Row) {
        let row = |row: &Row| -> __m512i { u64x8::simd_from(avx512, row.0).into() };
        let padded = |rows: &[Row]| rows.iter().chain(&[Row::ZERO; PADDING]).map(row).collect::<Vec<_>>();
        let moduli = padded(moduli);
        let mut powers = Powers {
            count: state.len(),
            state: padded(state),
            inverse: negated_inverse(moduli[0]),
            moduli,
            factors: vec![_mm512_setzero_si512(); state.len()],
        };
        for bit in bits {
            let by = Row::of(|lane| if bit.lane(lane) == 1 { bases.lane(lane) } else { 1 });
            square(&mut powers, row(&by));
        }
        for (limb, result) in state.iter_mut().zip(&powers.state) {
            *limb = Row(u64x8::simd_from(avx512, *result).into());
        }
    }
);

/// Numbers in Montgomery's form that become powers.
struct Powers {
    /// How many limbs they have.
    count: usize,
    /// The numbers, padded.
    state: Vec<__m512i>,
    /// Their moduli, padded.
    moduli: Vec<__m512i>,
    /// The negated inverses of the lowest limbs of the moduli.
    inverse: __m512i,
    /// How often the moduli are added to the squares, limb by limb.
    factors: Vec<__m512i>,
}

/// The sums of the lower halves of products, and those of their upper halves, which belong to the column behind, for a block of columns.
#[derive(Clone, Copy)]
struct Sums {
    low: [__m512i; BLOCK],
    high: [__m512i; BLOCK],
}

/// Each round doubles the bits that are right.
#[target_feature(enable = "avx512f,avx512ifma")]
fn negated_inverse(limb: __m512i) -> __m512i {
    let zero = _mm512_setzero_si512();
    let mut inverse = _mm512_set1_epi64(1);
    for _ in 0..6 {
        let rest = _mm512_sub_epi64(_mm512_set1_epi64(2), _mm512_madd52lo_epu64(zero, limb, inverse));
        inverse = _mm512_madd52lo_epu64(zero, inverse, rest);
    }
    _mm512_sub_epi64(zero, inverse)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn limb(sum: __m512i) -> __m512i {
    _mm512_and_si512(sum, _mm512_set1_epi64((1 << LIMB_BITS) - 1))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn carry(sum: __m512i) -> __m512i {
    _mm512_srli_epi64::<{ LIMB_BITS as u32 }>(sum)
}

/// Montgomery's squaring, and a multiplication by numbers that fit a limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn square(powers: &mut Powers, by: __m512i) {
    let zero = _mm512_setzero_si512();
    let count = powers.count;
    let Some(&lowest) = powers.moduli.first_chunk::<BLOCK>() else { return };
    let (mut carried, mut times_carried) = (zero, zero);
    for column in (0..2 * count).step_by(BLOCK) {
        let (first, middle, known) = (column.saturating_sub(count), column / 2, column.min(count));
        let pairs = Sums { low: [zero; BLOCK], high: [zero; BLOCK] };
        let pairs = with_products(pairs, &powers.state[first..middle], &powers.state[column + 1 - middle..column + BLOCK - first]);
        let Some(&limbs) = powers.state[middle..].first_chunk::<BLOCK>() else { return };
        let squares = with_middle(pairs, limbs);
        let sums = with_products(squares, &powers.factors[first..known], &powers.moduli[column + 1 - known..column + BLOCK - first]);
        if column < count {
            let factors;
            (factors, carried) = settled(sums, carried, powers.inverse, lowest);
            powers.factors[column..column + BLOCK].copy_from_slice(&factors);
        } else {
            let Sums { low, high } = sums;
            let mut limbs = [zero; BLOCK];
            for index in 0..BLOCK {
                let sum = _mm512_add_epi64(low[index], carried);
                let times = _mm512_madd52lo_epu64(times_carried, sum, by);
                limbs[index] = limb(times);
                times_carried = _mm512_madd52hi_epu64(carry(times), sum, by);
                carried = _mm512_add_epi64(carry(sum), high[index]);
            }
            // No later column needs the limbs of these places.
            powers.state[column - count..column - count + BLOCK].copy_from_slice(&limbs);
        }
    }
}

/// How often the modulus is added so that nothing is left in the lowest columns, and what they carry.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn settled(sums: Sums, mut carried: __m512i, inverse: __m512i, modulus: [__m512i; BLOCK]) -> ([__m512i; BLOCK], __m512i) {
    let Sums { mut low, mut high } = sums;
    let mut factors = [_mm512_setzero_si512(); BLOCK];
    for index in 0..BLOCK {
        let sum = _mm512_add_epi64(low[index], carried);
        let factor = _mm512_madd52lo_epu64(_mm512_setzero_si512(), sum, inverse);
        factors[index] = factor;
        for behind in 0..BLOCK - index {
            low[index + behind] = _mm512_madd52lo_epu64(low[index + behind], factor, modulus[behind]);
            high[index + behind] = _mm512_madd52hi_epu64(high[index + behind], factor, modulus[behind]);
        }
        // With the factor's product, the column is nothing but what it carries: one more, unless it was so already.
        let above = carry(_mm512_add_epi64(sum, _mm512_set1_epi64((1 << LIMB_BITS) - 1)));
        carried = _mm512_add_epi64(above, high[index]);
    }
    (factors, carried)
}

/// Adds the products of the limbs in the middle, and their squares once the rest is doubled.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn with_middle(sums: Sums, [x0, x1, x2, x3]: [__m512i; BLOCK]) -> Sums {
    let Sums { mut low, mut high } = sums;
    for (index, x, y) in [(1, x0, x1), (2, x0, x2), (3, x0, x3), (3, x1, x2)] {
        low[index] = _mm512_madd52lo_epu64(low[index], x, y);
        high[index] = _mm512_madd52hi_epu64(high[index], x, y);
    }
    for index in 0..BLOCK {
        low[index] = _mm512_add_epi64(low[index], low[index]);
        high[index] = _mm512_add_epi64(high[index], high[index]);
    }
    for (index, x) in [(0, x0), (2, x1)] {
        low[index] = _mm512_madd52lo_epu64(low[index], x, x);
        high[index] = _mm512_madd52hi_epu64(high[index], x, x);
    }
    Sums { low, high }
}

/// Adds the products of limbs with their counterparts from the other end, for a block of columns: one limb further on in each.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn with_products(sums: Sums, left: &[__m512i], right: &[__m512i]) -> Sums {
    let Sums { low: [mut l0, mut l1, mut l2, mut l3], high: [mut h0, mut h1, mut h2, mut h3] } = sums;
    for (&x, &[y0, y1, y2, y3]) in left.iter().zip(right.array_windows::<BLOCK>().rev()) {
        l0 = _mm512_madd52lo_epu64(l0, x, y0);
        h0 = _mm512_madd52hi_epu64(h0, x, y0);
        l1 = _mm512_madd52lo_epu64(l1, x, y1);
        h1 = _mm512_madd52hi_epu64(h1, x, y1);
        l2 = _mm512_madd52lo_epu64(l2, x, y2);
        h2 = _mm512_madd52hi_epu64(h2, x, y2);
        l3 = _mm512_madd52lo_epu64(l3, x, y3);
        h3 = _mm512_madd52hi_epu64(h3, x, y3);
    }
    Sums { low: [l0, l1, l2, l3], high: [h0, h1, h2, h3] }
}

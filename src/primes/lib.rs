//! Random primes for RSA keys. A package of its own, so that tests can have it optimised while the rest is not.
//!
//! A random odd start is followed upwards, as most generators do: a sieve drops what a small prime divides, Fermat's test to the base two
//! drops all but a prime of the rest, and Miller and Rabin's test to four random bases confirms both primes of a pair. The tests work on
//! eight numbers at once: each limb is a row of eight, one a candidate, in the widest vectors the processor has. Time depends on the
//! numbers: whoever can measure this process' time can read its output, too.

mod arithmetic;
mod narrow;
mod row;
#[cfg(target_arch = "x86_64")]
mod wide;

use arithmetic::{Arithmetic, Limbs};
use row::{ROW, Row};

/// Primes below this are divided out before any test.
const SIEVED: usize = 1 << 16;
/// How many odd numbers from a start on are looked at before another start is drawn.
const WINDOW: usize = 1 << 13;
/// Bases of the last test are below two to this power, and so fit a limb.
const BASE_BITS: usize = 19;
/// The public exponent that keys are made for.
pub const EXPONENT: u32 = 65_537;

/// Two different primes whose product has exactly `bits` bits, a multiple of 128, most significant byte first. Neither minus one is a
/// multiple of [`EXPONENT`].
///
/// # Errors
/// The system's, when it has no random numbers.
pub fn pair(bits: usize) -> Result<[Vec<u8>; 2], getrandom::Error> {
    let (arithmetic, small) = (Arithmetic::fastest(), small_primes());
    loop {
        let pair = [candidate(arithmetic, bits / 2, &small)?, candidate(arithmetic, bits / 2, &small)?];
        // Primes that share their upper half are found by taking the root of their product.
        let apart = pair[0].last() != pair[1].last();
        if apart && are_probably_prime(arithmetic, &pair)? {
            return Ok(pair.map(|prime| bytes(&prime)));
        }
    }
}

/// A number, least significant word first.
type Words = Vec<u64>;

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}

/// A random number of so many bits, the upper two of them set, that passes Fermat's test.
fn candidate(arithmetic: Arithmetic, bits: usize, small: &[u32]) -> Result<Words, getrandom::Error> {
    loop {
        let start = random_start(bits)?;
        for distances in sieve(&start, small).chunks(ROW) {
            let batch: Vec<Words> = distances.iter().map(|&distance| plus(&start, distance)).collect();
            for index in passing_fermat(arithmetic, &batch) {
                let candidate = &batch[index];
                if remainder(candidate, EXPONENT.into()) != 1 {
                    return Ok(candidate.clone());
                }
            }
        }
    }
}

fn random_start(bits: usize) -> Result<Words, getrandom::Error> {
    let mut words = vec![0; bits / 64];
    for word in &mut words {
        *word = getrandom::u64()?;
    }
    words[0] |= 1;
    if let Some(top) = words.last_mut() {
        *top |= 3 << 62;
    }
    Ok(words)
}

/// The odd primes below [`SIEVED`].
fn small_primes() -> Vec<u32> {
    let mut composite = vec![false; SIEVED];
    let mut primes = Vec::new();
    for number in (3..SIEVED).step_by(2) {
        if !composite[number] {
            primes.push(number as u32);
            (number * number..SIEVED).step_by(2 * number).for_each(|multiple| composite[multiple] = true);
        }
    }
    primes
}

/// The distances from an odd start to the odd numbers that no small prime divides.
fn sieve(start: &[u64], small: &[u32]) -> Vec<u64> {
    let mut divided = vec![false; WINDOW];
    // One long division serves four primes.
    for primes in small.chunks(4) {
        let rest = remainder(start, primes.iter().copied().map(u64::from).product());
        for &prime in primes {
            let rest = (rest % u64::from(prime)) as u32;
            // The first distance d with start + 2d divisible.
            let distance = if rest == 0 { 0 } else { prime - rest };
            let first = if distance % 2 == 0 { distance / 2 } else { (distance + prime) / 2 };
            (first as usize..WINDOW).step_by(prime as usize).for_each(|index| divided[index] = true);
        }
    }
    (0..WINDOW as u64).filter(|&index| !divided[index as usize]).map(|index| 2 * index).collect()
}

fn remainder(words: &[u64], divisor: u64) -> u64 {
    let wide = |rest: u64, word: u64| u128::from(rest) << 64 | u128::from(word);
    words.iter().rev().fold(0, |rest, &word| (wide(rest, word) % u128::from(divisor)) as u64)
}

/// The sum; that it has no more words is as good as certain, the number being random.
fn plus(words: &[u64], distance: u64) -> Words {
    let mut carry = distance;
    let add = |&word: &u64| {
        let (sum, over) = word.overflowing_add(carry);
        carry = u64::from(over);
        sum
    };
    words.iter().map(add).collect()
}

/// Which of at most eight numbers pass Fermat's test to the base two. All have their highest bit set.
fn passing_fermat(arithmetic: Arithmetic, batch: &[Words]) -> Vec<usize> {
    let exponents: Vec<Words> = batch.iter().cloned().map(without_lowest_bit).collect();
    let powers = Powers { arithmetic, moduli: batch, bases: &Row([2; ROW]), limbs: limbs(arithmetic, &batch[0], 1) };
    let ones: Vec<Words> = batch.iter().map(|number| one(number, powers.limbs)).collect();
    let raised = powers.raised(&ones, &bits(&exponents));
    (0..batch.len()).filter(|&index| raised[index] == ones[index]).collect()
}

fn without_lowest_bit(mut number: Words) -> Words {
    number[0] &= !1;
    number
}

/// Whether one or two odd numbers with their highest bit set pass Miller and Rabin's test, to eight or four random bases. Of random numbers
/// with 512 bits, one that passes four is composite with a chance below 2^-70, with 1,024 bits below 2^-100 (the bounds of Damgård, Landrock
/// and Pomerance).
fn are_probably_prime(arithmetic: Arithmetic, numbers: &[Words]) -> Result<bool, getrandom::Error> {
    let mut bases = Row::ZERO;
    for base in &mut bases.0 {
        *base = 2 + getrandom::u64()? % ((1 << BASE_BITS) - 2);
    }
    let moduli: Vec<Words> = numbers.iter().cycle().take(ROW).cloned().collect();
    let halvings: Vec<usize> = moduli.iter().map(|number| trailing_zeros(&without_lowest_bit(number.clone()))).collect();
    let powers = Powers { arithmetic, moduli: &moduli, bases: &bases, limbs: limbs(arithmetic, &moduli[0], BASE_BITS) };
    let ones: Vec<Words> = moduli.iter().map(|number| one(number, powers.limbs)).collect();
    let exponents: Vec<Words> = moduli.iter().zip(&halvings).map(|(number, &halvings)| shifted_right(number, halvings)).collect();
    let mut states = powers.raised(&ones, &bits(&exponents));
    let mut passed = [false; ROW];
    for halving in 0..halvings.iter().copied().max().unwrap_or(0) {
        if halving > 0 {
            states = powers.raised(&states, &[Row::ZERO]);
        }
        for (lane, passed) in passed.iter_mut().enumerate() {
            let minus_one = difference(&moduli[lane], &ones[lane]);
            *passed |= halving == 0 && states[lane] == ones[lane] || halving < halvings[lane] && states[lane] == minus_one;
        }
    }
    Ok(passed.iter().all(|&passed| passed))
}

fn trailing_zeros(words: &[u64]) -> usize {
    let zeros = words.iter().take_while(|&&word| word == 0).count();
    64 * zeros + words.get(zeros).map_or(0, |word| word.trailing_zeros() as usize)
}

/// The number divided by two to the power of `by`, which is not 0.
fn shifted_right(words: &[u64], by: usize) -> Words {
    let word = |index: usize| words.get(index).copied().unwrap_or(0);
    let shifted = |index: usize| {
        let wide = u128::from(word(index + by / 64 + 1)) << 64 | u128::from(word(index + by / 64));
        (wide >> (by % 64)) as u64
    };
    (0..words.len()).map(shifted).collect()
}

/// `larger - smaller`.
fn difference(larger: &[u64], smaller: &[u64]) -> Words {
    let mut borrow = false;
    let subtract = |(&x, &y): (&u64, &u64)| {
        let (rest, under) = x.overflowing_sub(y);
        let (rest, under_too) = rest.overflowing_sub(u64::from(borrow));
        borrow = under || under_too;
        rest
    };
    larger.iter().zip(smaller).map(subtract).collect()
}

/// How a modulus is cut, with room for what a number in the middle of a test exceeds it by: twice a base and one bit.
fn limbs(arithmetic: Arithmetic, modulus: &[u64], base_bits: usize) -> Limbs {
    arithmetic.limbs(64 * modulus.len() + 2 * base_bits + 2)
}

/// What stands for the number one in Montgomery's form: two to the power of all bits of the limbs, reduced.
fn one(modulus: &[u64], limbs: Limbs) -> Words {
    let zero = vec![0; modulus.len()];
    // The highest bit is set, so that one subtraction reduces two to the power of the modulus' bits.
    let mut rest = difference(&zero, modulus);
    let mut shift = limbs.bits * limbs.count - 64 * modulus.len();
    while shift > 0 {
        let by = shift.min(32);
        rest = reduced(shifted_right(&[&[0], rest.as_slice()].concat(), 64 - by), modulus);
        shift -= by;
    }
    rest
}

/// The rest of a number of one word more, which is below 2^63 times the modulus, whose highest bit is set.
fn reduced(mut number: Words, modulus: &[u64]) -> Words {
    let count = modulus.len();
    let top = u128::from(modulus[count - 1]) + 1;
    loop {
        // Never more than the true quotient.
        let quotient = ((u128::from(number[count]) << 64 | u128::from(number[count - 1])) / top) as u64;
        let at_least = number[count] > 0 || number[..count].iter().rev().ge(modulus.iter().rev());
        let quotient = if quotient == 0 && at_least { 1 } else { quotient };
        if quotient == 0 {
            number.truncate(count);
            return number;
        }
        let mut borrow: u64 = 0;
        for (digit, &factor) in number.iter_mut().zip(modulus.iter().chain([&0])) {
            let product = u128::from(factor) * u128::from(quotient) + u128::from(borrow);
            let (rest, under) = digit.overflowing_sub(product as u64);
            *digit = rest;
            borrow = (product >> 64) as u64 + u64::from(under);
        }
    }
}

/// Powers of eight bases.
struct Powers<'a> {
    arithmetic: Arithmetic,
    /// Odd numbers with their highest bit set.
    moduli: &'a [Words],
    bases: &'a Row,
    limbs: Limbs,
}

impl Powers<'_> {
    /// What [`Arithmetic::power`] makes of the states, all numbers in Montgomery's form and reduced.
    fn raised(&self, states: &[Words], bits: &[Row]) -> Vec<Words> {
        let mut state = self.limbs.rows(states);
        self.arithmetic.power(&mut state, &self.limbs.rows(self.moduli), bits, self.bases);
        let number = |(lane, modulus): (usize, &Words)| {
            let limbs = state.iter().map(|row| row.lane(lane));
            reduced(self.limbs.joined(limbs, modulus.len() + 1), modulus)
        };
        self.moduli.iter().enumerate().map(number).collect()
    }
}

/// The bits of exponents, most significant first; the first exponent stands for missing ones.
fn bits(exponents: &[Words]) -> Vec<Row> {
    let bit = |bit: usize| Row::of(|lane| exponents.get(lane).unwrap_or(&exponents[0])[bit / 64] >> (bit % 64) & 1);
    (0..64 * exponents[0].len()).rev().map(bit).collect()
}

#[cfg(test)]
mod tests;

//! Random primes for RSA keys. A package of its own, so that tests can have it optimised while the rest is not.
//!
//! A random odd start is followed upwards, as most generators do: a sieve drops what a small prime divides, Fermat's test to the base two
//! drops all but a prime of the rest, and Miller and Rabin's test to eight random bases confirms. The tests work on eight numbers at once:
//! each limb is a row of eight, one a candidate, which the compiler turns into the widest vectors the processor has. That is why they need
//! a fifth of the time of an ordinary multiplication. Time depends on the numbers: whoever can measure this process' time can read its
//! output, too.

use fearless_simd::{Level, dispatch};

mod row;

use row::{LIMB_BITS, ROW, Row, power};

/// Primes below this are divided out before any test.
const SIEVED: usize = 1 << 16;
/// How many odd numbers from a start on are looked at before another start is drawn.
const WINDOW: usize = 1 << 13;
/// How far a number in the middle of a test may exceed its modulus, in bits: twice a base and one bit.
const HEADROOM: usize = 2 * BASE_BITS + 2;
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
    let small = small_primes();
    let first = prime(bits / 2, &small)?;
    loop {
        let second = prime(bits / 2, &small)?;
        // Primes that share their upper half are found by taking the root of their product.
        if first.last() != second.last() {
            return Ok([bytes(&first), bytes(&second)]);
        }
    }
}

/// A number, least significant word first.
type Words = Vec<u64>;

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}

/// A random prime of so many bits, the upper two of them set.
fn prime(bits: usize, small: &[u32]) -> Result<Words, getrandom::Error> {
    loop {
        let start = random_start(bits)?;
        for distances in sieve(&start, small).chunks(ROW) {
            let batch: Vec<Words> = distances.iter().map(|&distance| plus(&start, distance)).collect();
            for index in passing_fermat(&batch) {
                let candidate = &batch[index];
                if remainder(candidate, EXPONENT) != 1 && is_probably_prime(candidate)? {
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
    // One long division serves two primes.
    for pair in small.chunks(2) {
        let rest = remainder(start, pair.iter().product());
        for &prime in pair {
            let rest = rest % prime;
            // The first distance d with start + 2d divisible.
            let distance = if rest == 0 { 0 } else { prime - rest };
            let first = if distance % 2 == 0 { distance / 2 } else { (distance + prime) / 2 };
            (first as usize..WINDOW).step_by(prime as usize).for_each(|index| divided[index] = true);
        }
    }
    (0..WINDOW as u64).filter(|&index| !divided[index as usize]).map(|index| 2 * index).collect()
}

fn remainder(words: &[u64], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let step = |rest: u64, half: u64| (rest << 32 | half) % divisor;
    words.iter().rev().fold(0, |rest, word| step(step(rest, word >> 32), word & 0xffff_ffff)) as u32
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
fn passing_fermat(batch: &[Words]) -> Vec<usize> {
    let exponents: Vec<Words> = batch.iter().cloned().map(without_lowest_bit).collect();
    let ones: Vec<Words> = batch.iter().map(|number| one(number)).collect();
    let powers = raised(batch, &ones, &bits(&exponents), &[2; ROW]);
    (0..batch.len()).filter(|&index| powers[index] == ones[index]).collect()
}

fn without_lowest_bit(mut number: Words) -> Words {
    number[0] &= !1;
    number
}

/// Whether an odd number with its highest bit set passes Miller and Rabin's test to eight random bases.
fn is_probably_prime(number: &Words) -> Result<bool, getrandom::Error> {
    let mut bases = [0; ROW];
    for base in &mut bases {
        *base = 2 + getrandom::u64()? % ((1 << BASE_BITS) - 2);
    }
    let halvings = trailing_zeros(&without_lowest_bit(number.clone()));
    let one = one(number);
    let minus_one = difference(number, &one);
    let moduli = vec![number.clone(); ROW];
    let mut states = vec![one.clone(); ROW];
    states = raised(&moduli, &states, &bits(&[shifted_right(number, halvings)]), &bases);
    let mut passed: Vec<bool> = states.iter().map(|state| *state == one || *state == minus_one).collect();
    for _ in 1..halvings {
        states = raised(&moduli, &states, &bits(&[vec![0]])[..1], &bases);
        passed.iter_mut().zip(&states).for_each(|(passed, state)| *passed |= *state == minus_one);
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

/// How many limbs a modulus of so many words takes, an even number.
fn limbs(words: usize) -> usize {
    (64 * words + HEADROOM).div_ceil(LIMB_BITS).next_multiple_of(2)
}

/// What stands for the number one in Montgomery's form: two to the power of all bits of the limbs, reduced.
fn one(modulus: &[u64]) -> Words {
    let zero = vec![0; modulus.len()];
    // The highest bit is set, so that one subtraction reduces two to the power of the modulus' bits.
    let mut rest = difference(&zero, modulus);
    let mut shift = limbs(modulus.len()) * LIMB_BITS - 64 * modulus.len();
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

/// What [`power`] makes of the states, all numbers in Montgomery's form and reduced. The moduli are odd with their highest bit set.
fn raised(moduli: &[Words], states: &[Words], bits: &[Row], bases: &[u64; ROW]) -> Vec<Words> {
    let count = limbs(moduli[0].len());
    let mut state = rows(states, count);
    let moduli_rows = rows(moduli, count);
    let bases = Row::of(|lane| bases[lane]);
    dispatch!(Level::new(), _simd => power(&mut state, &moduli_rows, bits, &bases));
    moduli.iter().enumerate().map(|(lane, modulus)| reduced(from_limbs(&state, lane, modulus.len() + 1), modulus)).collect()
}

/// The bits of exponents, most significant first; the first exponent stands for missing ones.
fn bits(exponents: &[Words]) -> Vec<Row> {
    let bit = |bit: usize| Row::of(|lane| exponents.get(lane).unwrap_or(&exponents[0])[bit / 64] >> (bit % 64) & 1);
    (0..64 * exponents[0].len()).rev().map(bit).collect()
}

/// Numbers as rows of limbs.
fn rows(numbers: &[Words], count: usize) -> Vec<Row> {
    let limb = |words: &[u64], index: usize| {
        let word = |index: usize| u128::from(words.get(index).copied().unwrap_or(0));
        let (at, by) = (index * LIMB_BITS / 64, index * LIMB_BITS % 64);
        ((word(at + 1) << 64 | word(at)) >> by) as u64 & ((1 << LIMB_BITS) - 1)
    };
    (0..count).map(|index| Row::of(|lane| limb(numbers.get(lane).unwrap_or(&numbers[0]), index))).collect()
}

/// The number in one lane, in so many words.
fn from_limbs(rows: &[Row], lane: usize, count: usize) -> Words {
    let mut words = vec![0; count + 1];
    for (index, row) in rows.iter().enumerate() {
        let (at, by) = (index * LIMB_BITS / 64, index * LIMB_BITS % 64);
        let wide = u128::from(row.lane(lane)) << by;
        if at < count {
            words[at] |= wide as u64;
            words[at + 1] |= (wide >> 64) as u64;
        }
    }
    words.truncate(count);
    words
}

#[cfg(test)]
mod tests;

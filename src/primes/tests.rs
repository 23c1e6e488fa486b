//! The arithmetic against plain words, the tests against the crate crypto-primes.

#![allow(clippy::unwrap_used)]

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, U64};
use crypto_primes::{Flavor, is_prime};
use proptest::prelude::*;

use super::*;

fn boxed(words: &[u64]) -> BoxedUint {
    BoxedUint::from_be_slice(&bytes(words), 64 * words.len() as u32).unwrap()
}

/// All arithmetics that this processor has.
fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    let fastest = Arithmetic::fastest();
    let others = (!matches!(fastest, Arithmetic::Narrow)).then_some(Arithmetic::Narrow);
    others.into_iter().chain([fastest])
}

/// The odd number with its highest bit set that the words give.
fn modulus(mut words: Words) -> Words {
    words[0] |= 1;
    *words.last_mut().unwrap() |= 1 << 63;
    words
}

/// Two to the power of so many bits, reduced.
fn power_of_two(bits: usize, modulus: &BoxedUint) -> BoxedUint {
    let one = BoxedUint::one_with_precision(bits as u32 + 64);
    (one << bits as u32) % NonZero::new(modulus.clone()).unwrap()
}

#[test]
fn pairs_are_different_primes_of_the_right_size() {
    for bits in [1024, 2048, 4096] {
        let [p, q] = pair(bits).unwrap().map(|prime| BoxedUint::from_be_slice(&prime, bits as u32 / 2).unwrap());
        for prime in [&p, &q] {
            assert_eq!(prime.bit_width() as usize, bits / 2);
            assert!(is_prime(Flavor::Any, prime), "{prime:x}");
        }
        assert_ne!(p, q);
        assert_eq!(p.concatenating_mul(&q).bit_width() as usize, bits);
    }
}

/// Carmichael's numbers (6k+1)(12k+1)(18k+1) pass Fermat's test to every base, and only Miller and Rabin's finds them.
#[test]
fn what_fools_fermat_is_found() {
    let factors = |k: u64| [6, 12, 18].map(|by| by * k + 1);
    let all_prime = |k: &u64| factors(*k).into_iter().all(|factor| is_prime(Flavor::Any, &U64::from(factor)));
    for k in (1_u64 << 39..).filter(all_prime).take(5) {
        let product: u128 = factors(k).into_iter().map(u128::from).product();
        let words = vec![product as u64, (product >> 64) as u64];
        for arithmetic in arithmetics() {
            assert_eq!(passing_fermat(arithmetic, std::slice::from_ref(&words)), [0]);
            assert!(!are_probably_prime(arithmetic, &[words.clone(), words.clone()]).unwrap(), "{product}");
        }
    }
}

/// Primes with many and with few halvings side by side, and a number that is none beside a prime.
#[test]
fn numbers_are_tested_side_by_side() {
    // The first primes k * 2^e + 1 above 2^127 with e of 1, 20 and 64.
    let primes = [1, 20, 64].map(|halvings| {
        let candidates = (1_u128 << (127 - halvings)..).filter(|k| k % 2 == 1).map(|k| (k << halvings) + 1);
        let words = candidates.map(|number| vec![number as u64, (number >> 64) as u64]);
        words.into_iter().find(|words| is_prime(Flavor::Any, &boxed(words))).unwrap()
    });
    for arithmetic in arithmetics() {
        for (one, other) in primes.iter().zip(primes.iter().cycle().skip(1)) {
            assert!(are_probably_prime(arithmetic, &[one.clone(), other.clone()]).unwrap());
            assert!(!are_probably_prime(arithmetic, &[one.clone(), plus(other, 2)]).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn remainders_agree(words in prop::collection::vec(any::<u64>(), 16), divisor in 1_u64..) {
        let rest = boxed(&words) % NonZero::new(BoxedUint::from(divisor)).unwrap();
        prop_assert_eq!(BoxedUint::from(remainder(&words, divisor)), rest);
    }

    #[test]
    fn one_is_a_power_of_two(words in prop::collection::vec(any::<u64>(), 8..33)) {
        let modulus = modulus(words);
        for arithmetic in arithmetics() {
            let limbs = limbs(arithmetic, &modulus, BASE_BITS);
            prop_assert_eq!(boxed(&one(&modulus, limbs)), power_of_two(limbs.bits * limbs.count, &boxed(&modulus)));
        }
    }

    #[test]
    fn the_sieve_keeps_what_no_small_prime_divides(words in prop::collection::vec(any::<u64>(), 8)) {
        let (start, small) = (modulus(words), small_primes());
        let kept = sieve(&start, &small);
        for distance in (0..400).step_by(2) {
            let divided = small.iter().any(|&prime| remainder(&plus(&start, distance), prime.into()) == 0);
            prop_assert_eq!(kept.contains(&distance), !divided);
        }
    }

    #[test]
    fn tests_agree_with_crypto_primes(words in prop::collection::vec(any::<u64>(), 8)) {
        let (start, small) = (modulus(words), small_primes());
        let candidates: Vec<Words> = sieve(&start, &small).into_iter().take(64).map(|distance| plus(&start, distance)).collect();
        for (batch, arithmetic) in candidates.chunks(ROW).flat_map(|batch| arithmetics().map(move |arithmetic| (batch, arithmetic))) {
            let passing = passing_fermat(arithmetic, batch);
            for (index, candidate) in batch.iter().enumerate() {
                let prime = is_prime(Flavor::Any, &boxed(candidate));
                prop_assert_eq!(passing.contains(&index), prime);
                prop_assert_eq!(are_probably_prime(arithmetic, std::slice::from_ref(candidate)).unwrap(), prime);
            }
        }
    }
}

//! The arithmetic against plain words, the tests against the crate crypto-primes.

#![allow(clippy::unwrap_used)]

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, U64};
use crypto_primes::{Flavor, is_prime};
use proptest::prelude::*;

use super::*;

fn boxed(words: &[u64]) -> BoxedUint {
    BoxedUint::from_be_slice(&bytes(words), 64 * words.len() as u32).unwrap()
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
        assert_eq!(passing_fermat(std::slice::from_ref(&words)), [0]);
        assert!(!is_probably_prime(&words).unwrap(), "{product}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn remainders_agree(words in prop::collection::vec(any::<u64>(), 16), divisor in 1_u32..) {
        let rest = boxed(&words) % NonZero::new(BoxedUint::from(divisor)).unwrap();
        prop_assert_eq!(BoxedUint::from(remainder(&words, divisor)), rest);
    }

    #[test]
    fn one_is_a_power_of_two(words in prop::collection::vec(any::<u64>(), 8..33)) {
        let modulus = modulus(words);
        let bits = limbs(modulus.len()) * LIMB_BITS;
        prop_assert_eq!(boxed(&one(&modulus)), power_of_two(bits, &boxed(&modulus)));
    }

    #[test]
    fn the_sieve_keeps_what_no_small_prime_divides(words in prop::collection::vec(any::<u64>(), 8)) {
        let (start, small) = (modulus(words), small_primes());
        let kept = sieve(&start, &small);
        for distance in (0..400).step_by(2) {
            let divided = small.iter().any(|&prime| remainder(&plus(&start, distance), prime) == 0);
            prop_assert_eq!(kept.contains(&distance), !divided);
        }
    }

    #[test]
    fn tests_agree_with_crypto_primes(words in prop::collection::vec(any::<u64>(), 8)) {
        let (start, small) = (modulus(words), small_primes());
        let candidates: Vec<Words> = sieve(&start, &small).into_iter().take(64).map(|distance| plus(&start, distance)).collect();
        for batch in candidates.chunks(ROW) {
            let passing = passing_fermat(batch);
            for (index, candidate) in batch.iter().enumerate() {
                let prime = is_prime(Flavor::Any, &boxed(candidate));
                prop_assert_eq!(passing.contains(&index), prime);
                prop_assert_eq!(is_probably_prime(candidate).unwrap(), prime);
            }
        }
    }
}

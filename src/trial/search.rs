//! Which few of many, over numbered candidates: QuickXplain (U. Junker, 2004) where more candidates never hinder, delta debugging (A. Zeller,
//! R. Hildebrandt, 2002) where they do, and group testing. Depends on nothing; what a test is, the caller says.
//!
//! Tests come in batches, so that the caller can run them side by side. A test that could not be made counts as one that failed.

/// Tests sets of candidates, one answer for each.
pub(super) type Test<'t> = dyn FnMut(&[Vec<usize>]) -> Vec<bool> + 't;

/// The part of `all`, which passes the test, that still passes and of which nothing more can be left out.
pub(super) fn reduce(all: &[usize], test: &mut Test<'_>) -> Vec<usize> {
    if all.len() < 2 {
        return all.to_vec();
    }
    let mut few = explain(&[], false, all, test);
    few.sort_unstable();
    // One candidate may undo what another does; then what was found in the company of others fails alone.
    if few.len() < all.len() && first(std::slice::from_ref(&few), test).is_some() { few } else { minimize(all, test) }
}

/// What of `all` is needed next to `given` (QuickXplain). `check`: whether `given` alone may pass by now.
fn explain(given: &[usize], check: bool, all: &[usize], test: &mut Test<'_>) -> Vec<usize> {
    if check && test(&[given.to_vec()]) == [true] {
        return Vec::new();
    }
    if all.len() == 1 {
        return all.to_vec();
    }
    let (one, other) = all.split_at(all.len() / 2);
    let of_other = explain(&[given, one].concat(), true, other, test);
    let of_one = explain(&[given, &*of_other].concat(), !of_other.is_empty(), one, test);
    [of_one, of_other].concat()
}

/// `ddmin`: leaves out parts, then smaller ones, as long as what is left passes.
fn minimize(all: &[usize], test: &mut Test<'_>) -> Vec<usize> {
    let mut kept = all.to_vec();
    let mut pieces = 2;
    while kept.len() > 1 {
        pieces = pieces.min(kept.len());
        let parts = split(&kept, pieces);
        if let Some(part) = first(&parts, test) {
            (kept, pieces) = (part, 2);
            continue;
        }
        // With two parts, the complement of one is the other.
        let rests: Vec<Vec<usize>> = if pieces > 2 { parts.iter().map(|part| without(&kept, part)).collect() } else { Vec::new() };
        if let Some(rest) = first(&rests, test) {
            (kept, pieces) = (rest, (pieces - 1).max(2));
        } else if pieces == kept.len() {
            break;
        } else {
            pieces *= 2;
        }
    }
    kept
}

/// Those of `all`, which passes the test, that pass it themselves. Where none of a set does, but the set does, those that do it together.
pub(super) fn each(all: &[usize], test: &mut Test<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut groups = vec![all.to_vec()];
    while !groups.is_empty() {
        let (single, many): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() == 1);
        found.extend(single.into_iter().flatten());
        let halves: Vec<Vec<usize>> = many.iter().flat_map(|group| split(group, 2)).collect();
        let passed = test(&halves);
        groups = Vec::new();
        for (group, (halves, passed)) in many.iter().zip(halves.chunks(2).zip(passed.chunks(2))) {
            if !passed.contains(&true) {
                let together = reduce(group, test);
                let rest = without(group, &together);
                found.extend(together);
                if !rest.is_empty() && test(std::slice::from_ref(&rest)) == [true] {
                    groups.push(rest);
                }
            }
            groups.extend(halves.iter().zip(passed).filter(|(_, passed)| **passed).map(|(half, _)| half.clone()));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn first(sets: &[Vec<usize>], test: &mut Test<'_>) -> Option<Vec<usize>> {
    if sets.is_empty() {
        return None;
    }
    let passed = test(sets);
    sets.iter().zip(passed).find(|(_, passed)| *passed).map(|(set, _)| set.clone())
}

fn split(all: &[usize], pieces: usize) -> Vec<Vec<usize>> {
    (0..pieces).map(|piece| all[all.len() * piece / pieces..all.len() * (piece + 1) / pieces].to_vec()).collect()
}

fn without(all: &[usize], part: &[usize]) -> Vec<usize> {
    all.iter().copied().filter(|one| !part.contains(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers whether a set holds all of one of these, and counts the sets asked for.
    fn counting<'t>(culprits: &'t [&'t [usize]], asked: &'t mut usize) -> impl FnMut(&[Vec<usize>]) -> Vec<bool> + 't {
        move |sets| {
            *asked += sets.len();
            sets.iter().map(|set| culprits.iter().any(|all| all.iter().all(|one| set.contains(one)))).collect()
        }
    }

    #[test]
    fn what_does_it_together_is_kept_together() {
        let all: Vec<usize> = (0..100).collect();
        for (culprits, most) in [(&[&[42][..]][..], 20), (&[&[3, 77]], 40), (&[&[0, 50, 99]], 60)] {
            let mut asked = 0;
            assert_eq!(reduce(&all, &mut counting(culprits, &mut asked)), culprits[0]);
            assert!(asked <= most, "{asked} tests for {culprits:?}");
        }
    }

    #[test]
    fn each_culprit_is_found_with_few_tests() {
        let all: Vec<usize> = (0..512).collect();
        let mut asked = 0;
        let culprits: &[&[usize]] = &[&[7], &[100], &[300, 301]];
        assert_eq!(each(&all, &mut counting(culprits, &mut asked)), [7, 100, 300, 301]);
        assert!(asked < 100, "{asked} tests");
    }

    #[test]
    fn a_candidate_that_hinders_is_left_out() {
        let all: Vec<usize> = (0..20).collect();
        // 3 does it, but for 12, unless 15 is there.
        let passes = |set: &Vec<usize>| set.contains(&3) && (!set.contains(&12) || set.contains(&15));
        assert_eq!(reduce(&all, &mut |sets| sets.iter().map(passes).collect()), [3]);
    }

    proptest::proptest! {
        #[test]
        fn a_reduction_passes_and_nothing_can_leave_it(culprits in proptest::collection::vec(proptest::collection::vec(0usize..30, 1..4), 1..4)) {
            let all: Vec<usize> = (0..30).collect();
            let passes = |set: &[usize]| culprits.iter().any(|needed| needed.iter().all(|one| set.contains(one)));
            let kept = reduce(&all, &mut |sets| sets.iter().map(|set| passes(set)).collect());
            proptest::prop_assert!(passes(&kept));
            for one in &kept {
                proptest::prop_assert!(!passes(&without(&kept, &[*one])));
            }
        }
    }
}

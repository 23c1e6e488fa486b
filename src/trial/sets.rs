//! Which candidates may be tried together: those that nothing has in common (greedy colouring), and, where everything has to do with
//! everything, sets that tell each from each other by the sets it is in (a code). Depends on nothing.

use std::collections::{BTreeMap, BTreeSet};

/// Splits `all` into sets, as few as is easily found, of which no group has two members.
pub(super) fn apart(all: &[usize], groups: &BTreeSet<Vec<usize>>) -> Vec<Vec<usize>> {
    let groups: Vec<&Vec<usize>> = groups.iter().collect();
    let mut of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        group.iter().for_each(|one| of.entry(*one).or_default().push(number));
    }
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut used: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
    for one in all {
        let own = of.get(one).map_or(&[][..], Vec::as_slice);
        let free = (0..sets.len()).find(|set| own.iter().all(|group| !used[*group].contains(set)));
        let set = free.unwrap_or_else(|| {
            sets.push(Vec::new());
            sets.len() - 1
        });
        sets[set].push(*one);
        own.iter().for_each(|group| _ = used[*group].insert(set));
    }
    sets
}

/// Whether any group has this member and another one of `set`, all of them in order.
pub(super) fn is_crowded(one: usize, set: &[usize], groups: &BTreeSet<Vec<usize>>) -> bool {
    let has = |all: &[usize], one: usize| all.binary_search(&one).is_ok();
    groups.iter().any(|group| has(group, one) && group.iter().any(|other| *other != one && has(set, *other)))
}

/// Two sets for each binary digit of a class's number, twice the logarithm of the number of classes in all: for any two classes there is one
/// that has the first and lacks the second.
pub(super) fn coded(classes: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let digits = usize::BITS - classes.len().saturating_sub(1).leading_zeros();
    let with = |digit: u32, value: usize| {
        let classes = classes.iter().enumerate().filter(|(number, _)| number >> digit & 1 == value);
        let mut set: Vec<usize> = classes.flat_map(|(_, class)| class).copied().collect();
        set.sort_unstable();
        set
    };
    (0..digits).flat_map(|digit| [with(digit, 0), with(digit, 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_group_are_apart() {
        let groups = BTreeSet::from([vec![1, 2], vec![2, 3], vec![4, 5, 6]]);
        assert_eq!(apart(&[1, 2, 3, 4, 5, 6, 7], &groups), [vec![1, 3, 4, 7], vec![2, 5], vec![6]]);
        assert!(is_crowded(2, &[1, 2], &groups) && !is_crowded(2, &[2, 4], &groups));
    }

    #[test]
    fn a_code_tells_any_two_classes_apart() {
        for count in [1, 2, 3, 8, 9, 500] {
            let classes: Vec<Vec<usize>> = (0..count).map(|number| vec![number]).collect();
            let sets = coded(&classes);
            assert!(sets.len() <= 18, "{} sets", sets.len());
            let members: Vec<BTreeSet<usize>> = sets.into_iter().map(BTreeSet::from_iter).collect();
            let told = |one: usize, other: usize| members.iter().any(|set| set.contains(&one) && !set.contains(&other));
            assert!((0..count).all(|one| (0..count).all(|other| one == other || told(one, other))), "{count}");
        }
    }
}

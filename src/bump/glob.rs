//! Patterns of paths as Argo CD and helmfile read them: `*` and `?` stay inside of one folder's name, `**` crosses folders.

/// Whether the text is a pattern and not a path.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The folder that everything which matches is in.
pub(super) fn root(pattern: &str) -> &str {
    let fixed = &pattern[..pattern.find(['*', '?', '[']).unwrap_or(pattern.len())];
    super::text::folder(fixed)
}

/// Whether a path matches a pattern.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let path: Vec<&str> = path.split('/').collect();
    parts_match(&pattern, &path)
}

/// Folders against folders: the places reached so far in the path, one pattern after the other, so that the work grows with the product of
/// both lengths and no further.
fn parts_match(pattern: &[&str], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        if *part == "**" {
            let first = reached.iter().position(|reached| *reached).unwrap_or(path.len() + 1);
            next.iter_mut().skip(first).for_each(|place| *place = true);
        } else {
            for at in (0..path.len()).filter(|&at| reached[at]) {
                next[at + 1] |= name_matches(part, path[at]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Where the last star was, and how far of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, place));
            at += 1;
        } else if let Some(width) = one_matches(&pattern[at..], name[place]) {
            at += width;
            place += 1;
        } else if let Some((behind, taken)) = star {
            star = Some((behind, taken + 1));
            (at, place) = (behind, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// How many characters of the pattern one character of the name takes.
fn one_matches(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => {
            let end = pattern.iter().skip(2).position(|c| *c == ']')? + 2;
            let inverted = matches!(pattern[1], '!' | '^');
            let set = &pattern[if inverted { 2 } else { 1 }..end];
            let ranges = set.windows(3).any(|window| window[1] == '-' && window[0] <= c && c <= window[2]);
            ((ranges || set.contains(&c)) != inverted).then_some(end + 1)
        }
        '\\' => (pattern.get(1) == Some(&c)).then_some(2),
        literal => (*literal == c).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_a_folder_and_two_cross_them() {
        let table = [
            ("apps/*", "apps/a", true),
            ("apps/*", "apps/a/b", false),
            ("apps/**", "apps/a/b", true),
            ("apps/**/config.json", "apps/config.json", true),
            ("apps/**/config.json", "apps/a/b/config.json", true),
            ("apps/*/values-?.yaml", "apps/x/values-1.yaml", true),
            ("*.yaml", "a/b.yaml", false),
            ("**/*.yaml", "a/b.yaml", true),
            ("a[0-9]b", "a5b", true),
            ("a[!0-9]b", "a5b", false),
            ("[abc]", "b", true),
            ("[", "[", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert_eq!((root("apps/*/x"), root("*"), root("a/b-*.yaml"), root("a/b.yaml")), ("apps", "", "a", "a"));
    }
}

//! The patterns of `.Files.Glob` (gobwas/glob with `/` as separator): `*`, `**`, `?`, classes, alternatives.

use regex::Regex;

/// A compiled pattern.
pub(crate) struct Glob {
    regex: Option<Regex>,
}

impl Glob {
    /// Compiles; a pattern that isn't one matches everything, as in Helm.
    pub(crate) fn new(pattern: &str) -> Self {
        Self { regex: translate(pattern).and_then(|regex| Regex::new(&regex).ok()) }
    }

    /// Whether the whole path matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(path))
    }
}

fn translate(pattern: &str) -> Option<String> {
    let mut out = String::from("(?s)^");
    let mut depth = 0usize;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                while chars.next_if_eq(&'*').is_some() {}
                out.push_str(".*");
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                loop {
                    match chars.next()? {
                        ']' => break,
                        '-' => out.push('-'),
                        c => out.push_str(&regex::escape(&c.to_string())),
                    }
                }
                out.push(']');
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    (depth == 0).then(|| out + "$")
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_stop_at_slashes_and_double_stars_do_not() {
        let table = [
            ("files/*", "files/a.txt", true),
            ("files/*", "files/x/a.txt", false),
            ("files/**", "files/x/a.txt", true),
            ("**.{yaml,yml}", "a/b.yml", true),
            ("f?o[!a-c]", "foxd", false),
            ("f?[!a-c]", "fod", true),
            ("[", "anything", true),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(Glob::new(pattern).matches(path), expected, "{pattern} on {path}");
        }
    }
}

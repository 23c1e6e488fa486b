//! Paths into a value: `compactor.serviceAccount.create`, `extraEnvVars[name=A].value`, `args[0]`. Depends on nothing.

use std::fmt;
use std::sync::Arc;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a mapping.
    Key(Arc<str>),
    /// Into a list, by position from 0.
    Index(usize),
    /// Into a list of mappings, to the item whose `key` says `value`.
    Item {
        /// The identifying key: `name`, `key`, `port` …
        key: Arc<str>,
        /// What it says.
        value: Arc<str>,
    },
}

/// The way from a document's root to one of its values. `Display` writes keys as `--set` reads them: dots, commas, `=` and brackets
/// escaped by `\`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The root's own path.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of mapping keys.
    pub fn keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// This path and one more step.
    #[must_use]
    pub fn child(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// This path and a mapping key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.child(Step::Key(key.into()))
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(&self, rest: &Path) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// The steps, from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The path one step up; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_last().map(|(_, rest)| Self(rest.to_vec()))
    }

    /// The last step's mapping key, when it is one.
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if depth > 0 {
                        f.write_str(".")?;
                    }
                    write_escaped(f, key)?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Item { key, value } => {
                    f.write_str("[")?;
                    write_escaped(f, key)?;
                    f.write_str("=")?;
                    write_escaped(f, value)?;
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    for c in text.chars() {
        if matches!(c, '.' | ',' | '=' | '[' | ']' | '{' | '}' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}

impl serde::Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_set_reads_it() {
        let item = Step::Item { key: "name".into(), value: "A.B".into() };
        for (path, written) in [
            (Path::root(), ""),
            (Path::keys(["a", "b"]), "a.b"),
            (Path::keys(["nodeSelector", "kubernetes.io/os"]), r"nodeSelector.kubernetes\.io/os"),
            (Path::keys(["a=b,c", "[d]", r"e\f"]), r"a\=b\,c.\[d\].e\\f"),
            (Path::keys(["args"]).child(Step::Index(0)), "args[0]"),
            (Path::keys(["env"]).child(item).key("value"), r"env[name=A\.B].value"),
        ] {
            assert_eq!(path.to_string(), written);
        }
    }

    #[test]
    fn a_path_is_walked_up_and_down() {
        let path = Path::keys(["a", "b"]);
        assert_eq!(path.parent().unwrap().key("b"), path);
        assert_eq!(Path::root().join(&path), path);
        assert_eq!((path.last_key(), Path::root().parent()), (Some("b"), None));
        assert_eq!(path.child(Step::Index(1)).last_key(), None);
    }
}

//! What `helm template` prints on standard output.

use bstr::ByteSlice;

use super::{Rendered, manifests};
use crate::error::{Error, ErrorKind, Result};
use crate::template::PathGlob;

/// What is printed besides the manifests.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextOptions {
    /// The files of `crds/`, first.
    pub include_crds: bool,
    /// No hooks.
    pub no_hooks: bool,
    /// No hooks that test.
    pub skip_tests: bool,
}

impl Rendered {
    /// The text, each document with its `# Source:` line, hooks last.
    pub fn text(&self, options: TextOptions) -> Vec<u8> {
        let mut manifests = Vec::new();
        if options.include_crds {
            for (path, content) in &self.crds {
                push(&mut manifests, path, content);
            }
        }
        for manifest in &self.manifests {
            push(&mut manifests, &manifest.path, &manifest.text);
        }
        let mut out = manifests.trim().to_vec();
        out.push(b'\n');
        if options.no_hooks {
            return out;
        }
        for hook in &self.hooks {
            let is_test = hook.events.iter().any(|event| event == "test");
            if !(options.skip_tests && is_test) {
                push(&mut out, &hook.manifest.path, &hook.manifest.text);
            }
        }
        out
    }

    /// Only the documents of the templates that these patterns match, pattern by pattern: `templates/service.yaml`, `templates/*.yaml`,
    /// `charts/redis/templates/*`.
    ///
    /// # Errors
    /// `NotFound`, in Helm's words, for a pattern that matches nothing that is printed.
    pub fn text_of(&self, patterns: &[String], options: TextOptions) -> Result<Vec<u8>> {
        let whole = self.text(options);
        let documents = manifests::split(&whole, self.splitting);
        let mut out = Vec::new();
        for pattern in patterns {
            let glob = PathGlob::new(pattern);
            let mut missing = true;
            for document in documents.iter().filter(|document| path_in_chart(document).is_some_and(|path| glob.matches(&path))) {
                out.extend_from_slice(b"---\n");
                out.extend_from_slice(document);
                out.push(b'\n');
                missing = false;
            }
            if missing {
                return Err(Error::new(ErrorKind::NotFound, format!("could not find template {pattern} in chart")));
            }
        }
        Ok(out)
    }
}

/// What the first `# Source: CHART/PATH` of a document says of the path.
fn path_in_chart(document: &[u8]) -> Option<String> {
    let lines = document.lines().filter_map(|line| line.split_once_str("# Source: "));
    let mut paths =
        lines.filter_map(|(_, source)| source.split_once_str("/")).filter(|(chart, path)| !chart.is_empty() && !path.is_empty());
    paths.next().map(|(_, path)| String::from_utf8_lossy(path).into_owned())
}

fn push(out: &mut Vec<u8>, path: &str, content: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(content);
    out.push(b'\n');
}

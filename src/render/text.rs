//! What `helm template` prints on standard output.

use bstr::ByteSlice;

use super::Rendered;

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
}

fn push(out: &mut Vec<u8>, path: &str, content: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(content);
    out.push(b'\n');
}

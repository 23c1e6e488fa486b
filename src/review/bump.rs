//! A chart that a change moves, as a review: the layers of values that its release uses become overrides, its tool's words become settings.
//! Pure; packages were fetched and files read by others.

use super::{ReleaseSettings, Settings};
use crate::bump::{Bump, Layer};
use crate::error::Result;
use crate::render::{Capabilities, Overrides, Release, SetFile};
use crate::template::Profile;

/// The settings of one bump's review. `defaults` holds what is the same for all; its release is only a pattern: name, namespace and values
/// are the bump's own, and so are the versions of Kubernetes that its tool names.
///
/// # Errors
/// In Helm's words, for values that can't be laid over each other and a version of Kubernetes that is none; `Usage` for a release's name
/// that isn't one.
pub fn settings(bump: &Bump, defaults: &Settings, pattern: &ReleaseSettings) -> Result<Settings> {
    // As an installation: charts that ask the cluster for what an upgrade keeps (passwords) would refuse without one.
    let release = Release { name: bump.release.clone(), namespace: bump.namespace.clone(), is_upgrade: false };
    release.check_name()?;
    let overrides = overrides(&bump.values, &pattern.profile)?;
    let capabilities = capabilities(bump, pattern)?;
    Ok(Settings {
        limits: defaults.limits,
        diff: defaults.diff,
        classify: defaults.classify.clone(),
        release: Some(ReleaseSettings { release, overrides, capabilities, ..pattern.clone() }),
        values_key: bump.values_key.clone(),
        force: true,
    })
}

fn capabilities(bump: &Bump, pattern: &ReleaseSettings) -> Result<Capabilities> {
    let mut capabilities = pattern.capabilities.clone();
    if let Some(version) = &bump.kube_version {
        capabilities = capabilities.with_kube_version(version, &pattern.profile)?;
    }
    capabilities.api_versions.extend(bump.api_versions.iter().cloned());
    Ok(capabilities)
}

/// The layers as Helm's flags would say them. Helm lays every file below every flag: where a tool lays a file over a flag, what is there so
/// far is settled into a file first.
fn overrides(layers: &[Layer], profile: &Profile) -> Result<Overrides> {
    let mut overrides = Overrides::default();
    for layer in layers {
        if overlaid(layer, &overrides) {
            overrides = Overrides { files: vec![overrides.settled(profile)?], ..Overrides::default() };
        }
        match layer {
            Layer::Values(node) => overrides.files.push(node.clone()),
            Layer::SetJson(text) => overrides.set_json.push(text.clone()),
            Layer::Set(text) => overrides.set.push(text.clone()),
            Layer::SetString(text) => overrides.set_string.push(text.clone()),
            Layer::SetFile(key, file, content) => {
                let contents = vec![(file.clone(), content.clone())];
                overrides.set_file.push(SetFile { text: format!("{key}={file}"), contents });
            }
        }
    }
    Ok(overrides)
}

/// Whether something is there that Helm would lay over this layer.
fn overlaid(layer: &Layer, so_far: &Overrides) -> bool {
    let kinds = [!so_far.set_json.is_empty(), !so_far.set.is_empty(), !so_far.set_string.is_empty(), !so_far.set_file.is_empty()];
    let own = match layer {
        Layer::Values(_) => 0,
        Layer::SetJson(_) => 1,
        Layer::Set(_) => 2,
        Layer::SetString(_) => 3,
        Layer::SetFile(..) => 4,
    };
    kinds.iter().skip(own).any(|there| *there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::yaml;

    fn values(text: &str) -> Layer {
        let source = yaml::source("values.yaml", text.as_bytes()).unwrap();
        Layer::Values(yaml::read(&source, &yaml::Limits::default()).unwrap())
    }

    fn settled(layers: &[Layer]) -> String {
        let profile = Profile::named("3.19").unwrap();
        let node = overrides(layers, &profile).unwrap().settled(&profile).unwrap();
        serde_json::to_string(&node).unwrap()
    }

    #[test]
    fn a_later_layer_wins_whatever_its_kind() {
        let file = || values("a: file\nkept: 1.50\n");
        let set = || Layer::Set("a=set".into());
        assert_eq!(settled(&[file(), set()]), r#"{"a":"set","kept":1.5}"#);
        assert_eq!(settled(&[set(), file()]), r#"{"a":"file","kept":1.5}"#);
        assert_eq!(settled(&[Layer::SetString("a=text".into()), set()]), r#"{"a":"set"}"#);
        let content = Layer::SetFile("a".into(), "ca.pem".into(), "from a file".into());
        assert_eq!(settled(&[content.clone(), Layer::SetJson("a={\"b\":[1]}".into())]), r#"{"a":{"b":[1]}}"#);
        assert_eq!(settled(&[set(), content]), r#"{"a":"from a file"}"#);
    }

    #[test]
    fn what_a_later_file_does_not_say_stays() {
        assert_eq!(settled(&[Layer::Set("a.b=1".into()), values("a: {c: 2}\n"), values("a: {b: null}\n")]), r#"{"a":{"b":null,"c":2}}"#);
    }
}

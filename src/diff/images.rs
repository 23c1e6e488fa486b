//! The default images that differ.
//!
//! An image is a mapping with `repository` and at least one of `registry`, `tag` and `digest`; a mapping under a key that ends in `image`
//! with `image` or `name` instead of `repository`; or a text such as `repo/name:tag` under such a key. Lists are not searched. Depends on `chart` and `value`.

use indexmap::IndexMap;

use super::ImageChange;
use super::tree;
use super::values::Defaults;
use crate::value::{Data, Mapping, Node, Path, Step};

type Images = IndexMap<Path, String>;

/// Compares the images among two sides' defaults, in the order of the new one.
pub(super) fn compare(old: &Defaults<'_>, new: &Defaults<'_>) -> Vec<ImageChange> {
    let (old, new) = (collect(old), collect(new));
    let old_in_new: Vec<Option<usize>> = old.keys().map(|path| new.get_index_of(path)).collect();
    let pairs = tree::in_new_order(&old_in_new, new.len()).into_iter();
    pairs
        .filter_map(|(old_index, new_index)| {
            let old = old_index.and_then(|index| old.get_index(index));
            let new = new_index.and_then(|index| new.get_index(index));
            let (path, _) = new.or(old)?;
            let (old, new) = (old.map(|(_, image)| image.clone()), new.map(|(_, image)| image.clone()));
            (old != new).then(|| ImageChange { path: path.clone(), old, new })
        })
        .collect()
}

fn collect(defaults: &Defaults<'_>) -> Images {
    let mut images = Images::new();
    search(&defaults.values, &mut Vec::new(), &mut |steps, image| {
        let path: Path = steps.iter().cloned().collect();
        let text = match image {
            Found::Text(text) => text.to_owned(),
            Found::Parts(image) => image.reference(|| app_version(defaults, &path)),
        };
        images.insert(path, text);
    });
    images
}

/// An image in one of the forms it is written in.
enum Found<'a> {
    Text(&'a str),
    Parts(Image),
}

fn search(node: &Node, steps: &mut Vec<Step>, found: &mut dyn FnMut(&[Step], Found<'_>)) {
    let names_image = matches!(steps.last(), Some(Step::Key(key)) if key.to_ascii_lowercase().ends_with("image"));
    match &node.data {
        Data::Map(map) => match image(map, names_image) {
            Some(image) => found(steps, Found::Parts(image)),
            None => map.iter().filter(|(_, entry)| may_hold_images(&entry.value)).for_each(|(key, entry)| {
                steps.push(Step::Key(key.clone()));
                search(&entry.value, steps, found);
                steps.pop();
            }),
        },
        Data::Str(text) if names_image && is_reference(text) => found(steps, Found::Text(text)),
        _ => {}
    }
}

fn may_hold_images(node: &Node) -> bool {
    matches!(node.data, Data::Map(_) | Data::Str(_))
}

fn app_version<'a>(defaults: &Defaults<'a>, path: &Path) -> Option<&'a str> {
    defaults.parts.owner(path).map(|chart| chart.metadata.app_version.as_str()).filter(|version| !version.is_empty())
}

/// The parts of an image's name, empty ones left out.
#[derive(Debug)]
struct Image {
    registry: Option<String>,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

fn image(map: &Mapping, names_image: bool) -> Option<Image> {
    let text = |key: &str| map.get(key).and_then(|entry| scalar(&entry.value)).filter(|text| !text.is_empty());
    let has = |key: &str| map.contains_key(key);
    let names = if names_image { &["repository", "image", "name"][..] } else { &["repository"] };
    let names = if has("registry") || has("tag") || has("digest") { names } else { &[] };
    let repository = names.iter().find_map(|name| text(name))?;
    Some(Image { registry: text("registry"), repository, tag: text("tag"), digest: text("digest") })
        .filter(|image| !image.repository.contains("://"))
}

impl Image {
    /// `registry/repository:tag@digest`. Without tag and digest charts take the tag from `appVersion`, by a custom that Helm's own
    /// starter chart follows; the text says that it was assumed.
    fn reference<'a>(&self, app_version: impl FnOnce() -> Option<&'a str>) -> String {
        let registry = self.registry.as_ref().map(|registry| format!("{registry}/")).unwrap_or_default();
        let name = format!("{registry}{}", self.repository);
        match (&self.tag, &self.digest) {
            (Some(tag), Some(digest)) => format!("{name}:{tag}@{digest}"),
            (Some(tag), None) => format!("{name}:{tag}"),
            (None, Some(digest)) => format!("{name}@{digest}"),
            (None, None) => app_version().map_or(name.clone(), |version| format!("{name}:{version} (tag from appVersion)")),
        }
    }
}

fn scalar(node: &Node) -> Option<String> {
    match &node.data {
        Data::Str(text) => Some(text.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Uint(number) => Some(number.to_string()),
        Data::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a text under an image key looks like `name:tag`, `host/name` or `name@digest`.
fn is_reference(text: &str) -> bool {
    text.contains(['/', ':', '@']) && !text.contains("://") && !text.contains(|c: char| c.is_whitespace() || "{}\"'".contains(c))
}

//! References and ids (gojsonschema `schemaPool.go`, gojsonreference, gojsonpointer): each `$ref` is made absolute by the ids around it, and
//! what ids name is found by name.

use std::collections::{BTreeMap, HashMap};

use url::Url;

use crate::render::schema::json::Json;
use crate::render::schema::{Unusable, metaschemas, percent_decoded, refused_reference};

/// Stands for "no base" where URLs are joined.
const NOWHERE: &str = "nowhere:///";

/// A schema's documents with the names they can be referred to by.
pub(super) struct Pool {
    /// The schema itself first, then metaschemas that it refers to.
    documents: Vec<Json>,
    /// Where a name leads: a document, and the keys in it.
    named: HashMap<String, (usize, Vec<String>)>,
    /// The draft that each document names.
    drafts: Vec<Option<u16>>,
}

impl Pool {
    pub(super) fn new(document: Json, draft: Option<u16>) -> Self {
        let mut pool = Self { documents: Vec::new(), named: HashMap::new(), drafts: Vec::new() };
        pool.add(document, draft, "");
        pool
    }

    fn add(&mut self, mut document: Json, draft: Option<u16>, name: &str) {
        let index = self.documents.len();
        self.resolve(&mut document, name, index, &mut Vec::new());
        self.named.insert(name.to_owned(), (index, Vec::new()));
        self.documents.push(document);
        self.drafts.push(draft);
    }

    /// The schema itself, every `$ref` absolute.
    pub(super) fn root(&self) -> &Json {
        &self.documents[0]
    }

    /// Makes the references below a place absolute, and notes what has an id.
    fn resolve(&mut self, node: &mut Json, base: &str, document: usize, keys: &mut Vec<String>) {
        let map = match node {
            Json::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    keys.push(index.to_string());
                    self.resolve(item, base, document, keys);
                    keys.pop();
                }
                return;
            }
            Json::Object(map) => map,
            _ => return,
        };
        let key = if map.contains_key("id") { "id" } else { "$id" };
        let base = match map.get(key).and_then(Json::text).and_then(|id| joined(base, id)) {
            Some(id) if self.named.contains_key(&id) => return,
            Some(id) => {
                self.named.insert(id.clone(), (document, keys.clone()));
                id
            }
            None => base.to_owned(),
        };
        if let Some(Json::Text(reference)) = map.get_mut("$ref")
            && let Some(absolute) = joined(&base, reference)
        {
            *reference = absolute;
        }
        for (key, child) in map.iter_mut().filter(|(key, _)| !matches!(&***key, "const" | "enum")) {
            keys.push(key.clone());
            match child {
                Json::Object(named) if matches!(&**key, "properties" | "dependencies" | "patternProperties") => {
                    for (name, schema) in named {
                        keys.push(name.clone());
                        self.resolve(schema, &base, document, keys);
                        keys.pop();
                    }
                }
                child => self.resolve(child, &base, document, keys),
            }
            keys.pop();
        }
    }

    /// What an absolute reference means, with the draft of its document.
    ///
    /// # Errors
    /// Helm's words for what is not there, ours for what would have to be fetched.
    pub(super) fn find(&mut self, reference: &str) -> Result<(Json, Option<u16>), Unusable> {
        if let Some((document, keys)) = self.named.get(reference) {
            let found = keys.iter().try_fold(&self.documents[*document], |node, key| step(node, key).ok());
            return found.cloned().map(|json| (json, self.drafts[*document])).ok_or_else(|| Unusable::Helm("schema is invalid".into()));
        }
        let (url, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if !self.named.contains_key(url) {
            let absolute = Url::parse(url).is_ok();
            if !absolute {
                return Err(Unusable::Helm(format!("Reference {reference} must be canonical")));
            }
            let draft = draft_of(url).ok_or_else(|| refused_reference(reference))?;
            let metaschema = metaschemas::document(url).ok_or_else(|| refused_reference(reference))?;
            self.add(metaschema, Some(draft), url);
        }
        let (document, keys) = &self.named[url];
        let fragment = percent_decoded(fragment);
        let tokens = fragment
            .strip_prefix('/')
            .into_iter()
            .flat_map(|rest| rest.split('/'))
            .map(|token| token.replace("~1", "/").replace("~0", "~"));
        let mut node = &self.documents[*document];
        for key in keys.iter().cloned().chain(tokens) {
            node = step(node, &key).map_err(Unusable::Helm)?;
        }
        Ok((node.clone(), self.drafts[*document]))
    }
}

/// The draft whose metaschema has this URL.
pub(super) fn draft_of(url: &str) -> Option<u16> {
    match url.trim_end_matches('#') {
        "http://json-schema.org/draft-04/schema" => Some(4),
        "http://json-schema.org/draft-06/schema" => Some(6),
        "http://json-schema.org/draft-07/schema" => Some(7),
        _ => None,
    }
}

fn step<'j>(node: &'j Json, key: &str) -> Result<&'j Json, String> {
    match node {
        Json::Object(map) => map.get(key).ok_or_else(|| format!("Object has no key '{key}'")),
        Json::List(items) => {
            let index: i64 = key.parse().map_err(|_| format!("Invalid array index '{key}'"))?;
            let item = usize::try_from(index).ok().and_then(|index| items.get(index));
            item.ok_or_else(|| format!("Out of bound array[0,{}] index '{index}'", items.len()))
        }
        _ => Err(format!("Invalid token reference '{key}'")),
    }
}

/// A reference seen from a base; both may be without a host. An empty fragment is dropped.
fn joined(base: &str, reference: &str) -> Option<String> {
    let base = base.split('#').next().unwrap_or_default();
    if reference.is_empty() || reference == "#" {
        return Some(base.to_owned());
    }
    if reference.starts_with('#') {
        return Some(format!("{base}{reference}"));
    }
    let from = if base.contains(':') { Url::parse(base) } else { Url::parse(NOWHERE).and_then(|nowhere| nowhere.join(base)) };
    let absolute = from.ok()?.join(reference).ok()?.to_string();
    let local = absolute.strip_prefix("nowhere://").map_or(absolute.clone(), str::to_owned);
    Some(local.strip_suffix('#').map_or(local.clone(), str::to_owned))
}

/// The entries of an object, for one that has them.
pub(super) type Entries = BTreeMap<String, Json>;

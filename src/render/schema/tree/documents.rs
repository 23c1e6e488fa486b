//! The documents a schema consists of, and what can be referred to in them (`roots.go`, `root.go`, `draft.go`): resources by `$id`, places
//! by JSON pointer and by anchor. Only metaschemas come from elsewhere; nothing is fetched.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use url::Url;

use super::words::escape;
use crate::render::schema::json::{Json, quoted};
use crate::render::schema::limits::{MAX_SCHEMAS, too_much};
use crate::render::schema::{TOO_MANY_SCHEMAS, Unusable, metaschemas, percent_decoded, refused_reference};

/// The draft of a schema that names none.
const LATEST: u16 = 2020;

/// A document with its resources.
pub(super) struct Document {
    pub(super) url: String,
    pub(super) json: Arc<Json>,
    /// The document as a whole.
    root: Resource,
    /// Those inside it, by pointer.
    inner: BTreeMap<String, Resource>,
    /// Where the one with an address stands.
    places: HashMap<String, String>,
    /// The pointers at which schemas are known to stand.
    processed: BTreeSet<String>,
}

/// A schema with an address of its own.
#[derive(Clone)]
pub(super) struct Resource {
    pub(super) url: String,
    pub(super) draft: u16,
    anchors: BTreeMap<String, String>,
    pub(super) dynamic_anchors: BTreeSet<String>,
}

impl Resource {
    fn new(url: &str, draft: u16) -> Self {
        Self { url: url.to_owned(), draft, anchors: BTreeMap::new(), dynamic_anchors: BTreeSet::new() }
    }

    /// Where an anchor stands.
    pub(super) fn anchor(&self, name: &str) -> Option<&String> {
        self.anchors.get(name)
    }
}

/// The keywords below which schemas stand, from the draft on that has them: one schema, a list, or an object of schemas.
const PLACES: [(&str, u16, char); 23] = [
    ("definitions", 4, '*'),
    ("not", 4, '.'),
    ("allOf", 4, '['),
    ("anyOf", 4, '['),
    ("oneOf", 4, '['),
    ("properties", 4, '*'),
    ("additionalProperties", 4, '.'),
    ("patternProperties", 4, '*'),
    ("items", 4, '.'),
    ("items", 4, '['),
    ("additionalItems", 4, '.'),
    ("dependencies", 4, '*'),
    ("propertyNames", 6, '.'),
    ("contains", 6, '.'),
    ("if", 7, '.'),
    ("then", 7, '.'),
    ("else", 7, '.'),
    ("$defs", 2019, '*'),
    ("dependentSchemas", 2019, '*'),
    ("unevaluatedProperties", 2019, '.'),
    ("unevaluatedItems", 2019, '.'),
    ("contentSchema", 2019, '.'),
    ("prefixItems", 2020, '['),
];

/// All documents of one schema; the first is the schema itself.
#[derive(Default)]
pub(super) struct Documents(pub(super) Vec<Document>);

impl Documents {
    /// Adds a document and finds its resources.
    pub(super) fn add(&mut self, url: &str, json: Json) -> Result<usize, Unusable> {
        let json = Arc::new(json);
        let root = Resource::new(url, LATEST);
        let mut document = Document {
            url: url.to_owned(),
            json: Arc::clone(&json),
            root,
            inner: BTreeMap::new(),
            places: HashMap::new(),
            processed: BTreeSet::new(),
        };
        document.collect(&json, url, String::new(), LATEST)?;
        self.0.push(document);
        Ok(self.0.len() - 1)
    }

    /// The document at an address; a metaschema is added when it is first asked for.
    fn document(&mut self, url: &str) -> Result<usize, Unusable> {
        if let Some(index) = self.0.iter().position(|document| document.url == url) {
            return Ok(index);
        }
        let json = metaschemas::document(url).ok_or_else(|| refused_reference(url))?;
        self.add(url, json)
    }

    /// Where a reference leads, seen from a resource: document and pointer.
    pub(super) fn resolve(&mut self, document: usize, base: &str, reference: &str) -> Result<(usize, String), Unusable> {
        let (url, fragment) = joined(base, reference)?;
        if let Some(place) = self.0[document].find(&url, &fragment)? {
            return Ok((document, place));
        }
        let other = self.document(&url)?;
        let place = self.0[other].find(&url, &fragment)?;
        place.map(|place| (other, place)).ok_or_else(|| refused_reference(reference))
    }
}

impl Document {
    /// The resource that a place belongs to, with its own place.
    pub(super) fn resource(&self, pointer: &str) -> (&str, &Resource) {
        let mut at = pointer;
        while !at.is_empty() {
            if let Some((pointer, resource)) = self.inner.get_key_value(at) {
                return (pointer, resource);
            }
            at = at.rfind('/').map_or("", |slash| &at[..slash]);
        }
        ("", &self.root)
    }

    /// The JSON at a place.
    pub(super) fn at(&self, pointer: &str) -> Result<&Json, Unusable> {
        lookup(&self.json, &self.url, pointer)
    }

    /// Whether a schema is known to stand at a place. A reference may lead to one that no keyword does.
    pub(super) fn is_processed(&self, pointer: &str) -> bool {
        self.processed.contains(pointer)
    }

    /// Finds the resources at and below a place that no keyword leads to.
    pub(super) fn collect_at(&mut self, pointer: &str) -> Result<(), Unusable> {
        let whole = Arc::clone(&self.json);
        let json = lookup(&whole, &self.url, pointer)?;
        let (base, draft) = {
            let resource = self.resource(pointer).1;
            (resource.url.clone(), resource.draft)
        };
        self.collect(json, &base, pointer.to_owned(), draft)
    }

    fn collect(&mut self, json: &Json, base: &str, pointer: String, fallback: u16) -> Result<(), Unusable> {
        if self.processed.contains(&pointer) {
            return Ok(());
        }
        if self.processed.len() >= MAX_SCHEMAS {
            return Err(Unusable::Ours(too_much(TOO_MANY_SCHEMAS)));
        }
        let Json::Object(map) = json else {
            self.processed.insert(pointer);
            return Ok(());
        };
        let named = map.get("$schema").and_then(Json::text).map(draft_of).transpose()?;
        let mut draft = named.unwrap_or(fallback);
        let mut id = id_of(json, draft);
        if id.is_none() && !pointer.is_empty() {
            draft = fallback;
            id = id_of(json, draft);
        }
        let mut base = base.to_owned();
        if let Some(id) = &id {
            base = joined(&base, id)?.0;
        }
        if pointer.is_empty() {
            self.root = Resource::new(&base, draft);
            self.places.insert(base.clone(), String::new());
        } else if id.is_some() {
            if let Some(other) = self.places.insert(base.clone(), pointer.clone()) {
                let [id, url, one, two] = [&base, &self.url, &pointer, &other].map(|text| quoted(text));
                return Err(Unusable::Helm(format!("duplicate id {id} in {url} at {one} and {two}")));
            }
            self.inner.insert(pointer.clone(), Resource::new(&base, draft));
        }
        self.anchors(json, &pointer)?;
        let inherited = self.resource(&pointer).1.draft;
        for (keyword, _, shape) in PLACES.iter().filter(|(_, since, _)| *since <= draft) {
            let Some(below) = map.get(*keyword) else { continue };
            let place = format!("{pointer}/{}", escape(keyword));
            match (shape, below) {
                ('.', schema) => self.collect(schema, &base, place, inherited)?,
                ('[', Json::List(schemas)) => {
                    for (index, schema) in schemas.iter().enumerate() {
                        self.collect(schema, &base, format!("{place}/{index}"), inherited)?;
                    }
                }
                ('*', Json::Object(schemas)) => {
                    for (key, schema) in schemas {
                        self.collect(schema, &base, format!("{place}/{}", escape(key)), inherited)?;
                    }
                }
                _ => {}
            }
        }
        self.processed.insert(pointer);
        Ok(())
    }

    /// Notes the anchors that a schema gives itself.
    fn anchors(&mut self, json: &Json, pointer: &str) -> Result<(), Unusable> {
        let (place, resource) = self.resource(pointer);
        let (place, draft) = (place.to_owned(), resource.draft);
        let text = |key: &str| json.object().and_then(|map| map.get(key)).and_then(Json::text);
        let mut found: Vec<(String, bool)> = Vec::new();
        if draft < 2019 {
            let id = if draft == 4 { text("id") } else { text("$id") };
            let fragment = id.and_then(|id| id.split_once('#')).map(|(_, fragment)| percent_decoded(fragment));
            let is_anchor = |name: &String| !name.is_empty() && !name.starts_with('/');
            if text("$ref").is_none() {
                found.extend(fragment.filter(is_anchor).map(|name| (name, false)));
            }
        } else {
            found.extend(text("$anchor").map(|name| (name.to_owned(), false)));
        }
        if draft >= 2020 {
            found.extend(text("$dynamicAnchor").map(|name| (name.to_owned(), true)));
        }
        for (name, dynamic) in found {
            let url = self.url.clone();
            let resource = self.inner.get_mut(&place).unwrap_or(&mut self.root);
            if let Some(other) = resource.anchors.get(&name).filter(|other| *other != pointer) {
                let words = [&name, &url, other, pointer].map(quoted);
                let [name, url, one, two] = words;
                return Err(Unusable::Helm(format!("duplicate anchor {name} in {url} at {one} and {two}")));
            }
            resource.anchors.insert(name.clone(), pointer.to_owned());
            if dynamic {
                resource.dynamic_anchors.insert(name);
            }
        }
        Ok(())
    }

    /// The place a fragment means in the resource with an address; `None` when no resource here has it.
    fn find(&self, url: &str, fragment: &str) -> Result<Option<String>, Unusable> {
        let place = if url == self.url {
            ""
        } else if let Some(place) = self.places.get(url) {
            place
        } else {
            return Ok(None);
        };
        let resource = self.inner.get(place).unwrap_or(&self.root);
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(Some(format!("{place}{fragment}")));
        }
        match resource.anchors.get(fragment) {
            Some(place) => Ok(Some(place.clone())),
            None => {
                let reference = quoted(&location(&resource.url, fragment));
                Err(Unusable::Helm(format!("anchor in {reference} not found in schema {}", quoted(&self.url))))
            }
        }
    }
}

/// The JSON at a place of the document at an address.
///
/// # Errors
/// Helm's words for a place that is not there.
pub(super) fn lookup<'j>(document: &'j Json, url: &str, pointer: &str) -> Result<&'j Json, Unusable> {
    let mut node = document;
    for token in pointer.split('/').skip(1) {
        let key = token.replace("~1", "/").replace("~0", "~");
        let next = match node {
            Json::Object(map) => map.get(&key),
            Json::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        node = next.ok_or_else(|| Unusable::Helm(format!("json-pointer in {} not found", quoted(&location(url, pointer)))))?;
    }
    Ok(node)
}

/// The id of a schema, without its fragment.
fn id_of(json: &Json, draft: u16) -> Option<String> {
    let map = json.object()?;
    if draft < 2019 && map.contains_key("$ref") {
        return None;
    }
    let id = map.get(if draft == 4 { "id" } else { "$id" })?.text()?;
    let id = id.split('#').next().unwrap_or_default();
    (!id.is_empty()).then(|| id.to_owned())
}

/// The draft that a `$schema` names.
fn draft_of(url: &str) -> Result<u16, Unusable> {
    let bare = url.strip_suffix('#').unwrap_or(url);
    let name = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://")).unwrap_or(bare);
    Ok(match name {
        "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => 2020,
        "json-schema.org/draft/2019-09/schema" => 2019,
        "json-schema.org/draft-07/schema" => 7,
        "json-schema.org/draft-06/schema" => 6,
        "json-schema.org/draft-04/schema" => 4,
        _ => return Err(refused_reference(url)),
    })
}

/// A reference seen from a base: the address without its fragment, and the fragment, decoded.
fn joined(base: &str, reference: &str) -> Result<(String, String), Unusable> {
    let (url, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let fragment = percent_decoded(fragment);
    if url.is_empty() {
        return Ok((base.to_owned(), fragment));
    }
    let absolute = match Url::parse(base) {
        Ok(base) => base.join(url),
        Err(_) => Url::parse(url),
    };
    let absolute = absolute.map_err(|_| Unusable::Helm(format!("error in parsing {}", quoted(url))))?;
    Ok((absolute.to_string(), fragment))
}

/// An address with a place in it.
pub(super) fn location(url: &str, fragment: &str) -> String {
    let encode = |byte: u8| match byte {
        b'/' | b'$' | b'&' | b'+' | b':' | b'=' | b'@' | b'-' | b'_' | b'.' | b'~' => (byte as char).to_string(),
        byte if byte.is_ascii_alphanumeric() => (byte as char).to_string(),
        byte => format!("%{byte:02X}"),
    };
    format!("{url}#{}", fragment.bytes().map(encode).collect::<String>())
}

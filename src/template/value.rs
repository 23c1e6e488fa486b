//! What a template computes with: Go's values as text/template sees them through reflection.
//!
//! A [`Value`] lives in one render on one thread. Maps are shared by reference and can change (`set`, `merge`), as Go's do; everything
//! else is immutable. Strings are bytes, as Go's are. Read-only trees ([`crate::value::Node`]) become values with [`Value::from_node`],
//! where every number is a `float64`, as after Helm's trip through JSON. A map is frozen as it was read until somebody looks into it.
//! Depends on `frozen`, `value` and `version`.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::frozen::{Frozen, FrozenMap};
use super::object::{Ordinal, Struct};
use super::profile::ValuesPackage;
use super::time::{Time, Zone};
use crate::value::Node;
use crate::version::Version;

/// A Go string: bytes that are usually UTF-8. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<[u8]>);

impl Text {
    /// The text with every invalid sequence replaced by U+FFFD.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        // The standard library looks at each character.
        bstr::ByteSlice::to_str_lossy(&*self.0)
    }
}

impl Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::borrow::Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Arc<[u8]>> for Text {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(bytes)
    }
}

impl From<Text> for Arc<[u8]> {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.lossy(), f)
    }
}

/// How deep a value may nest where it is walked: a map can contain itself.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// What a value counts for besides the bytes of its text, in bytes.
pub(super) const VALUE_BYTES: u64 = 64;

/// The entries of a map, sorted bytewise by key: the order of text/template's `range`.
pub type Table = BTreeMap<Text, Value>;

/// Which Go type a map has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`.
    Any,
    /// `chartutil.Values`: the root of a chart's values, with methods.
    Values(ValuesPackage),
    /// `map[string]string`: a missing key reads as the empty string.
    Strings,
    /// `engine.files`: file names and bytes, with methods.
    Files,
}

/// A reference to a map, or a nil map.
#[derive(Debug, Clone)]
pub struct Map {
    /// Its Go type.
    pub kind: MapKind,
    /// The shared entries; `None` for a nil map.
    shared: Option<Rc<RefCell<Entries>>>,
}

/// The entries of a map.
#[derive(Debug)]
struct Entries {
    /// As they were read, while nobody has looked at a map or list of them; then `table` is empty.
    frozen: Option<Arc<FrozenMap>>,
    table: Table,
}

impl Map {
    /// A new `map[string]interface {}`.
    pub fn new(table: Table) -> Self {
        Self::of(MapKind::Any, table)
    }

    /// A new map of a Go type.
    pub fn of(kind: MapKind, table: Table) -> Self {
        Self::with_entries(kind, Entries { frozen: None, table })
    }

    /// A new `map[string]interface {}` of what was read.
    pub(crate) fn frozen(map: Arc<FrozenMap>) -> Self {
        Self::with_entries(MapKind::Any, Entries { frozen: Some(map), table: Table::new() })
    }

    fn with_entries(kind: MapKind, entries: Entries) -> Self {
        Self { kind, shared: Some(Rc::new(RefCell::new(entries))) }
    }

    /// The same map as another Go type.
    #[must_use]
    pub fn with_kind(&self, kind: MapKind) -> Self {
        Self { kind, shared: self.shared.clone() }
    }

    /// A nil `map[string]interface {}`.
    pub fn nil() -> Self {
        Self { kind: MapKind::Any, shared: None }
    }

    /// Whether it is a nil map.
    pub fn is_nil(&self) -> bool {
        self.shared.is_none()
    }

    /// What it is known by as long as it lives; `None` for a nil map.
    pub(crate) fn address(&self) -> Option<usize> {
        self.shared.as_ref().map(|shared| Rc::as_ptr(shared).addr())
    }

    /// What was read, when nobody has looked into it yet.
    pub(crate) fn as_frozen(&self) -> Option<Arc<FrozenMap>> {
        self.shared.as_ref()?.borrow().frozen.clone()
    }

    /// The entries, which are this map's own from now on.
    fn thawed(&self) -> Option<&RefCell<Entries>> {
        let shared = self.shared.as_deref()?;
        if let Some(frozen) = self.as_frozen() {
            *shared.borrow_mut() = Entries { frozen: None, table: frozen.table() };
        }
        Some(shared)
    }

    /// The entries; `None` for a nil map.
    pub fn table(&self) -> Option<Ref<'_, Table>> {
        Some(Ref::map(self.thawed()?.borrow(), |entries| &entries.table))
    }

    /// The entries, to be changed; `None` for a nil map.
    pub fn table_mut(&self) -> Option<RefMut<'_, Table>> {
        Some(RefMut::map(self.thawed()?.borrow_mut(), |entries| &mut entries.table))
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        let entries = self.shared.as_ref()?.borrow();
        let Some(frozen) = &entries.frozen else { return entries.table.get(key).cloned() };
        match frozen.get(key)? {
            // What is changed in it is changed here.
            Frozen::Map(_) | Frozen::List(_) => {
                drop(entries);
                self.table()?.get(key).cloned()
            }
            scalar => Some(scalar.value()),
        }
    }

    /// Whether the key is there, with whatever value.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.shared.as_ref().is_some_and(|shared| match &*shared.borrow() {
            Entries { frozen: Some(frozen), .. } => frozen.get(key).is_some(),
            Entries { table, .. } => table.contains_key(key),
        })
    }

    /// Sets a key; false when the map is nil.
    pub fn set(&self, key: Text, value: Value) -> bool {
        self.table_mut().is_some_and(|mut table| {
            table.insert(key, value);
            true
        })
    }

    /// Takes a key out.
    pub fn remove(&self, key: &[u8]) {
        if let Some(mut table) = self.table_mut() {
            table.remove(key);
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.shared.as_ref().map_or(0, |shared| match &*shared.borrow() {
            Entries { frozen: Some(frozen), .. } => frozen.entries().len(),
            Entries { table, .. } => table.len(),
        })
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries as they are now.
    pub fn snapshot(&self) -> Vec<(Text, Value)> {
        self.table().map_or_else(Vec::new, |table| table.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// The entries as they are now, for one who only reads: maps and lists in them may be copies.
    pub(crate) fn copies(&self) -> Vec<(Text, Value)> {
        match self.as_frozen() {
            Some(frozen) => frozen.entries().iter().map(|(key, value)| (key.clone(), value.value())).collect(),
            None => self.snapshot(),
        }
    }

    /// Whether both are the same map, not merely equal ones.
    pub fn same(&self, other: &Map) -> bool {
        match (&self.shared, &other.shared) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// Which Go type the elements of a list have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elem {
    /// `[]interface {}`.
    Any,
    /// `[]string`.
    Str,
    /// `[]int`.
    Int,
    /// `[][]interface {}`, what `chunk` returns.
    Lists,
    /// `[]*chart.Maintainer` and its like: the name is the element's.
    Structs(&'static str),
    /// `chartutil.VersionSet`: strings with the method `Has`.
    Versions(ValuesPackage),
}

/// A slice, which may be nil.
#[derive(Debug, Clone)]
pub struct List {
    /// The type of its elements.
    pub elem: Elem,
    /// The elements; `None` for a nil slice.
    pub items: Option<Rc<Vec<Value>>>,
}

impl List {
    /// A new slice.
    pub fn of(elem: Elem, items: Vec<Value>) -> Self {
        Self { elem, items: Some(Rc::new(items)) }
    }

    /// A nil slice.
    pub fn nil(elem: Elem) -> Self {
        Self { elem, items: None }
    }

    /// The elements.
    pub fn items(&self) -> &[Value] {
        self.items.as_deref().map_or(&[], Vec::as_slice)
    }
}

/// A Go value. What is called `Nil` here is a nil interface inside a container, and no value at all elsewhere; the executor's operands
/// tell the two apart.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`.
    Int64(i64),
    /// `uint64`.
    Uint64(u64),
    /// `uint8`, an element of `[]uint8` or of a string.
    Uint8(u8),
    /// `float64`.
    Float(f64),
    /// `string`.
    Str(Text),
    /// `[]uint8`.
    Bytes(Text),
    /// Any other slice.
    List(List),
    /// A map.
    Map(Map),
    /// A struct or a pointer to one.
    Struct(Rc<Struct>),
    /// `time.Time`.
    Time(Rc<Time>),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// `time.Month` or `time.Weekday`: an `int` that prints as a name.
    Ordinal(Ordinal, i64),
    /// `*time.Location`.
    Location(Rc<Zone>),
    /// `*semver.Version`.
    Version(Rc<Version>),
    /// `semver.Version`: what methods return, without those methods that only a pointer has.
    VersionCopy(Rc<Version>),
}

impl Value {
    /// A string.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Str(text.into())
    }

    /// A new `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Self {
        Self::List(List::of(Elem::Any, items))
    }

    /// A new `[]string`.
    pub fn texts<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(List::of(Elem::Str, items.into_iter().map(Value::text).collect()))
    }

    /// A new `map[string]interface {}`.
    pub fn map(table: Table) -> Self {
        Self::Map(Map::new(table))
    }

    /// What sigs.k8s.io/yaml makes of a document: numbers are `float64`, keys strings.
    pub fn from_node(node: &Node) -> Self {
        Frozen::of(node).value()
    }

    /// What a function gets for it: a copy of a struct no longer has the methods of its pointer.
    #[must_use]
    pub(crate) fn passed(self) -> Self {
        match &self {
            Self::Struct(object) => match object.of.action_prints {
                Some(in_place) => Struct::value(in_place.copy, object.fields.clone()),
                None => self,
            },
            _ => self,
        }
    }

    /// A copy that shares no map with this one; `None` when it is nested deeper than `MAX_DEPTH`, perhaps in itself. Of structs that show
    /// nothing of what they hold the library copies nothing (mitchellh/copystructure 1.2), but for times.
    #[must_use]
    pub fn deep_copy(&self) -> Option<Self> {
        self.copy_nested(0)
    }

    fn copy_nested(&self, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self {
            Self::Map(map) => {
                if let Some(frozen) = map.as_frozen() {
                    let copy = Map::frozen(Arc::clone(&frozen)).with_kind(map.kind);
                    return (depth + frozen.height() <= MAX_DEPTH).then_some(Self::Map(copy));
                }
                let Some(table) = map.table() else { return Some(self.clone()) };
                let mut copy = table.clone();
                for value in copy.values_mut().filter(|value| !matches!(value, Self::Nil | Self::Bool(_) | Self::Float(_) | Self::Str(_))) {
                    *value = value.copy_nested(depth + 1)?;
                }
                Some(Self::Map(Map::of(map.kind, copy)))
            }
            Self::List(list) if list.items.is_some() => {
                let items = list.items().iter().map(|item| item.copy_nested(depth + 1)).collect::<Option<_>>()?;
                Some(Self::List(List::of(list.elem, items)))
            }
            Self::Version(_) => Some(Self::Version(Rc::default())),
            Self::VersionCopy(_) => Some(Self::VersionCopy(Rc::default())),
            Self::Location(_) => Some(Self::Location(Rc::new(Zone::Nameless))),
            other => Some(other.clone()),
        }
    }

    /// About how many bytes there are to go through when all of it is walked, what is shared as often as it stands there; `None` when
    /// that is more than `most`.
    pub(crate) fn weight(&self, most: u64) -> Option<u64> {
        let mut left = most;
        self.weigh(&mut left, 0)?;
        Some(most - left)
    }

    fn weigh(&self, left: &mut u64, depth: usize) -> Option<()> {
        let mut take = |bytes: u64| {
            *left = left.checked_sub(VALUE_BYTES + bytes)?;
            Some(())
        };
        match self {
            _ if depth > MAX_DEPTH => Some(()),
            Self::Str(text) | Self::Bytes(text) => take(text.len() as u64),
            Self::List(list) => {
                take(0)?;
                list.items().iter().try_for_each(|item| item.weigh(left, depth + 1))
            }
            Self::Map(map) => {
                if let Some(frozen) = map.as_frozen() {
                    *left = left.checked_sub(frozen.weight())?;
                    return Some(());
                }
                take(0)?;
                let Some(table) = map.table() else { return Some(()) };
                table.iter().try_for_each(|(key, value)| {
                    *left = left.checked_sub(key.len() as u64)?;
                    value.weigh(left, depth + 1)
                })
            }
            Self::Struct(object) => {
                take(0)?;
                object.fields.iter().try_for_each(|field| field.weigh(left, depth + 1))
            }
            _ => take(0),
        }
    }

    /// The bytes that were needed to make it, when what it holds was there before.
    pub(crate) fn own_bytes(&self) -> u64 {
        VALUE_BYTES
            + match self {
                Self::Str(text) | Self::Bytes(text) => text.len() as u64,
                Self::List(list) => {
                    let texts = if list.elem == Elem::Str { list.items().iter().map(Self::own_bytes).sum() } else { 0 };
                    texts + size_of_val(list.items()) as u64
                }
                _ => 0,
            }
    }

    /// Whether it is a nil map or a nil slice.
    pub(crate) fn is_nil_reference(&self) -> bool {
        match self {
            Self::Map(map) => map.is_nil(),
            Self::List(list) => list.items.is_none(),
            _ => false,
        }
    }

    /// The name of its Go type, as `%T` prints it.
    pub fn type_name(&self) -> String {
        match self {
            Self::Nil => "<nil>".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(_) => "int".into(),
            Self::Int64(_) => "int64".into(),
            Self::Uint64(_) => "uint64".into(),
            Self::Uint8(_) => "uint8".into(),
            Self::Float(_) => "float64".into(),
            Self::Str(_) => "string".into(),
            Self::Bytes(_) => "[]uint8".into(),
            Self::List(list) => match list.elem {
                Elem::Any => "[]interface {}".into(),
                Elem::Str => "[]string".into(),
                Elem::Int => "[]int".into(),
                Elem::Lists => "[][]interface {}".into(),
                Elem::Structs(name) => format!("[]{name}"),
                Elem::Versions(package) => format!("{}.VersionSet", package.name()),
            },
            Self::Map(map) => match map.kind {
                MapKind::Any => "map[string]interface {}",
                MapKind::Values(package) => return format!("{}.Values", package.name()),
                MapKind::Strings => "map[string]string",
                MapKind::Files => "engine.files",
            }
            .into(),
            Self::Struct(object) => object.of.type_name(),
            Self::Time(_) => "time.Time".into(),
            Self::Duration(_) => "time.Duration".into(),
            Self::Ordinal(of, _) => of.type_name().into(),
            Self::Location(_) => "*time.Location".into(),
            Self::Version(_) => "*semver.Version".into(),
            Self::VersionCopy(_) => "semver.Version".into(),
        }
    }

    /// The name of its Go kind, as `kindOf` prints it.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Ordinal(..) => "int",
            Self::Int64(_) | Self::Duration(_) => "int64",
            Self::Uint64(_) => "uint64",
            Self::Uint8(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Str(_) => "string",
            Self::Bytes(_) | Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Struct(object) if object.of.pointer => "ptr",
            Self::Struct(_) | Self::Time(_) | Self::VersionCopy(_) => "struct",
            Self::Version(_) | Self::Location(_) => "ptr",
        }
    }

    /// Whether `if` takes it for true: not nil, false, zero or empty.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Int64(value) | Self::Duration(value) | Self::Ordinal(_, value) => *value != 0,
            Self::Uint64(value) => *value != 0,
            Self::Uint8(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) | Self::Bytes(text) => !text.is_empty(),
            Self::List(list) => !list.items().is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) | Self::Time(_) | Self::Location(_) | Self::Version(_) | Self::VersionCopy(_) => true,
        }
    }

    /// `reflect.DeepEqual`: types must be the same, nil and empty containers differ. What nests deeper than `MAX_DEPTH` equals nothing.
    pub fn deep_equal(&self, other: &Value) -> bool {
        self.equal_nested(other, 0)
    }

    fn equal_nested(&self, other: &Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) | (Self::Int64(a), Self::Int64(b)) | (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Ordinal(of, a), Self::Ordinal(other, b)) => of == other && a == b,
            (Self::Uint64(a), Self::Uint64(b)) => a == b,
            (Self::Uint8(a), Self::Uint8(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Str(a), Self::Str(b)) | (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.elem == b.elem
                    && a.items.is_none() == b.items.is_none()
                    && a.items().len() == b.items().len()
                    && a.items().iter().zip(b.items()).all(|(a, b)| a.equal_nested(b, depth + 1))
            }
            (Self::Map(a), Self::Map(b)) => a.kind == b.kind && equal_tables(a, b, depth + 1),
            (Self::Struct(a), Self::Struct(b)) => {
                (a.of.name, a.of.pointer) == (b.of.name, b.of.pointer)
                    && a.fields.iter().zip(&b.fields).all(|(a, b)| a.equal_nested(b, depth + 1))
            }
            (Self::Time(a), Self::Time(b)) => a.is_deeply(b),
            (Self::Location(a), Self::Location(b)) => a.is_like(b),
            (Self::Version(a), Self::Version(b)) | (Self::VersionCopy(a), Self::VersionCopy(b)) => {
                a.to_string() == b.to_string() && a.original() == b.original()
            }
            _ => false,
        }
    }
}

fn equal_tables(a: &Map, b: &Map, depth: usize) -> bool {
    if a.same(b) {
        return true;
    }
    match (a.table(), b.table()) {
        (None, None) => true,
        (Some(first), Some(second)) => {
            first.len() == second.len()
                && first.iter().zip(second.iter()).all(|((k, v), (other_k, other_v))| k == other_k && v.equal_nested(other_v, depth))
        }
        _ => false,
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Time(Rc::new(time))
    }
}

/// Nested containers are taken apart one after the other: dropping them inside each other would need stack for each level.
impl Drop for Map {
    fn drop(&mut self) {
        let Some(entries) = self.shared.take().and_then(Rc::into_inner) else { return };
        drop_all(entries.into_inner().table.into_values().collect());
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if let Some(items) = self.items.take().and_then(Rc::into_inner) {
            drop_all(items);
        }
    }
}

fn drop_all(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(mut map) => {
                if let Some(entries) = map.shared.take().and_then(Rc::into_inner) {
                    pending.extend(entries.into_inner().table.into_values());
                }
            }
            Value::List(mut list) => {
                if let Some(items) = list.items.take().and_then(Rc::into_inner) {
                    pending.extend(items);
                }
            }
            _ => {}
        }
    }
}

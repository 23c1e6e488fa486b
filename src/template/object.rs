//! Go structs as values: what stands behind `.Chart`, `.Capabilities`, certificates. Depends on values.

use std::rc::Rc;

use super::time::layout::{MONTHS, WEEKDAYS};
use super::value::Value;

/// A field of a struct type.
#[derive(Debug)]
pub struct Field {
    /// The name templates use.
    pub name: &'static str,
    /// The name in JSON and YAML; empty for a field that Go does not export, which only printing shows.
    pub json: &'static str,
    /// Whether JSON leaves it out when empty.
    pub omit_empty: bool,
    /// Whether its fields count as the struct's own (`embedded` in Go).
    pub embedded: bool,
}

/// A Go struct type.
#[derive(Debug)]
pub struct StructType {
    /// Its name without `*`, such as `chartutil.Capabilities`.
    pub name: &'static str,
    /// Whether values of it are pointers.
    pub pointer: bool,
    /// Its fields in order.
    pub fields: &'static [Field],
    /// What an action prints for the struct itself, when its pointer has a `String` method.
    pub action_prints: Option<InPlace>,
}

/// The methods of a pointer, which a struct has only while it stands in its place: in a field of another struct, or in a variable that holds
/// this field.
#[derive(Debug, Clone, Copy)]
pub struct InPlace {
    /// The field whose text `String` returns.
    pub prints: usize,
    /// The type of a copy, without methods.
    pub copy: &'static StructType,
}

impl StructType {
    /// The name `%T` prints.
    pub fn type_name(&self) -> String {
        format!("{}{}", if self.pointer { "*" } else { "" }, self.name)
    }
}

/// A struct or a pointer to one.
#[derive(Debug)]
pub struct Struct {
    /// Its type.
    pub of: &'static StructType,
    /// The fields' values, in the type's order.
    pub fields: Vec<Value>,
}

impl Struct {
    /// A value of a type; missing fields are nil.
    pub fn value(of: &'static StructType, mut fields: Vec<Value>) -> Value {
        fields.resize(of.fields.len(), Value::Nil);
        Value::Struct(Rc::new(Self { of, fields }))
    }

    /// A field, or a field of an embedded struct.
    pub fn field(&self, name: &[u8]) -> Option<Value> {
        let own = self.of.fields.iter().position(|field| field.name.as_bytes() == name && !field.json.is_empty());
        if let Some(index) = own {
            return self.fields.get(index).cloned();
        }
        let embedded = self.of.fields.iter().zip(&self.fields).filter(|(field, _)| field.embedded);
        embedded.into_iter().find_map(|(_, value)| match value {
            Value::Struct(inner) => inner.field(name),
            _ => None,
        })
    }

    /// What an action prints for it, when that is not its fields.
    pub fn action_text(&self) -> Option<&Value> {
        self.fields.get(self.of.action_prints?.prints)
    }
}

/// A Go type whose numbers have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordinal {
    /// `time.Month`, from 1.
    Month,
    /// `time.Weekday`, from 0 for Sunday.
    Weekday,
}

impl Ordinal {
    /// The name `%T` prints.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }

    /// The name of a number; Go prints numbers that have none another way, and nothing makes them.
    pub(crate) fn name(self, number: i64) -> &'static str {
        let (names, first): (&[&'static str], i64) = match self {
            Self::Month => (&MONTHS, 1),
            Self::Weekday => (&WEEKDAYS, 0),
        };
        usize::try_from(number - first).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
    }
}

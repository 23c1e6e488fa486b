//! Values against a compiled schema, in the order of the library (`validator.go`). A wrong type, constant or format ends the check of a
//! schema; all other keywords are looked at, each violation beside the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::formats;
use super::words::{self, FAILED, Shape, Violation, escape, grouped, pointer, quote, quote_all};
use crate::render::schema::json::{Json, Number, equals, quoted};
use crate::render::schema::keywords::{Additional, Compiled, Dependency, Id, Items, Path, Schema};
use crate::render::schema::limits::Budget;

/// One check.
pub(super) struct Walk<'w> {
    pub(super) compiled: &'w Compiled,
    pub(super) budget: &'w Budget,
}

/// What no keyword has looked at yet, as far as anybody asks.
#[derive(Default)]
struct Unseen {
    properties: BTreeSet<String>,
    items: BTreeSet<usize>,
}

impl Unseen {
    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    /// What another schema for the same value has looked at is seen here, too.
    fn merge(&mut self, other: &Self) {
        self.properties.retain(|key| other.properties.contains(key));
        self.items.retain(|index| other.items.contains(index));
    }
}

/// The schemas that led here.
struct Scope<'s> {
    schema: Id,
    /// How deep the value is; schemas for the same value have the same.
    value: usize,
    /// `$ref` and the like when one led here.
    keyword: &'static str,
    depth: usize,
    parent: Option<&'s Scope<'s>>,
}

/// A schema under check.
struct Check<'c> {
    id: Id,
    value: &'c Json,
    at: &'c Path,
    scope: &'c Scope<'c>,
    unseen: Unseen,
    violations: Vec<Violation>,
    /// Only whether it holds is asked.
    quiet: bool,
}

type Verdict = Result<Unseen, Violation>;

impl<'w> Walk<'w> {
    /// The violations of the schema as a whole.
    pub(super) fn violations(&self, values: &Json) -> Vec<Violation> {
        let root = self.compiled.root;
        let scope = Scope { schema: root, value: 0, keyword: "", depth: 0, parent: None };
        let unseen = self.unseen(root, values, false);
        let check = Check { id: root, value: values, at: &Path::root(), scope: &scope, unseen, violations: Vec::new(), quiet: false };
        self.check(check).map_or_else(Violation::opened, |_| Vec::new())
    }

    fn schema(&self, id: Id) -> &'w Schema {
        &self.compiled.schemas[id]
    }

    fn unseen(&self, id: Id, value: &Json, asked: bool) -> Unseen {
        let schema = self.schema(id);
        let mut unseen = Unseen::default();
        match value {
            Json::Object(map) if schema.additional_properties.is_none() && (asked || schema.unevaluated_properties.is_some()) => {
                unseen.properties = map.keys().cloned().collect();
            }
            Json::List(items) if schema.additional_items.is_none() && (asked || schema.unevaluated_items.is_some()) => {
                let known = match &schema.items {
                    Items::Any => 0,
                    Items::All(_) => items.len(),
                    Items::Each(each) => each.len(),
                };
                unseen.items = (known..items.len()).collect();
            }
            _ => {}
        }
        self.budget.step(unseen.properties.len() + unseen.items.len(), 0);
        unseen
    }

    fn check(&self, mut check: Check<'_>) -> Verdict {
        // Looking for circles takes longer the deeper it goes.
        if !self.budget.step(1 + check.scope.depth / 32, check.scope.depth) {
            return Ok(check.unseen);
        }
        let schema = self.schema(check.id);
        match schema.always {
            Some(true) => return Ok(check.unseen),
            Some(false) => return Err(self.violation(&check, || "false schema".to_owned())),
            None => {}
        }
        if let Some(earlier) = circle(check.scope) {
            let loops = || {
                let (one, two) = (self.keyword_path(check.scope), self.keyword_path(earlier));
                format!("both {one} and {two} resolve to {} causing reference cycle", quoted(&schema.location))
            };
            return Err(self.violation(&check, loops));
        }
        self.value_itself(schema, &check)?;
        if let Some(target) = schema.reference {
            match self.follow(&check, target, "$ref") {
                Ok(seen) => check.unseen.merge(&seen),
                Err(violation) => check.violations.push(violation),
            }
            if schema.draft < 2019 {
                return close(check.violations, check.unseen, check.at);
            }
        }
        match check.value {
            Json::Object(map) => self.object(schema, &mut check, map),
            Json::List(items) => self.list(schema, &mut check, items),
            Json::Text(text) => self.text(schema, &mut check, text),
            Json::Number(number) => self.number(schema, &mut check, number),
            Json::Null | Json::Bool(_) => {}
        }
        if check.violations.is_empty() || !check.quiet {
            self.dynamic_references(schema, &mut check);
            self.combinations(schema, &mut check);
            self.condition(schema, &mut check);
            self.unevaluated(schema, &mut check);
        }
        close(check.violations, check.unseen, check.at)
    }

    /// Type, constant, options and format: the first that fails ends the check.
    fn value_itself(&self, schema: &Schema, check: &Check<'_>) -> Result<(), Violation> {
        if !schema.types.is_empty() && !has_type(schema, check.value) {
            return Err(self.violation(check, || format!("got {}, want {}", check.value.type_name(), schema.types.join(" or "))));
        }
        if let Some(wanted) = &schema.constant
            && !equals(check.value, wanted)
        {
            return Err(self.violation(check, || words::constant(wanted)));
        }
        if let Some(wanted) = &schema.options {
            self.budget.step(wanted.len(), 0);
            let of_its_type = |option: &Json| option.type_name() == check.value.type_name();
            if !wanted.iter().any(of_its_type) || !wanted.iter().any(|option| equals(check.value, option)) {
                return Err(self.violation(check, || words::options(wanted)));
            }
        }
        if let (Some(format), Json::Text(text)) = (&schema.format, check.value)
            && let Err(problem) = formats::check(format, text)
        {
            return Err(self.violation(check, || format!("{} is not valid {format}: {problem}", quote(text))));
        }
        Ok(())
    }

    fn violation(&self, check: &Check<'_>, text: impl FnOnce() -> String) -> Violation {
        if check.quiet {
            return Violation::default();
        }
        self.budget.violation();
        Violation { at: pointer(check.at), text: text(), ..Violation::default() }
    }

    fn add(&self, check: &mut Check<'_>, text: impl FnOnce() -> String) {
        let violation = self.violation(check, text);
        check.violations.push(violation);
    }

    fn add_with(&self, check: &mut Check<'_>, reasons: Vec<Violation>, text: impl FnOnce() -> String) {
        let violation = Violation { reasons, ..self.violation(check, text) };
        check.violations.push(violation);
    }

    /// Another schema for the same value.
    fn same(&self, check: &Check<'_>, id: Id, keyword: &'static str, quiet: bool) -> Verdict {
        let scope = Scope { schema: id, value: check.scope.value, keyword, depth: check.scope.depth + 1, parent: Some(check.scope) };
        let unseen = self.unseen(id, check.value, !check.unseen.is_empty());
        let quiet = quiet || check.quiet;
        self.check(Check { id, value: check.value, at: check.at, scope: &scope, unseen, violations: Vec::new(), quiet })
    }

    /// The same, noting the outcome.
    fn require(&self, check: &mut Check<'_>, id: Id) {
        match self.same(check, id, "", false) {
            Ok(seen) => check.unseen.merge(&seen),
            Err(violation) => check.violations.push(violation),
        }
    }

    /// A schema for a property or an item.
    fn below(&self, check: &Check<'_>, id: Id, value: &Json, key: &str) -> Result<(), Violation> {
        let scope =
            Scope { schema: id, value: check.scope.value + 1, keyword: "", depth: check.scope.depth + 1, parent: Some(check.scope) };
        let at = check.at.child(key);
        let unseen = self.unseen(id, value, false);
        let inner = Check { id, value, at: &at, scope: &scope, unseen, violations: Vec::new(), quiet: check.quiet };
        self.check(inner).map(|_| ())
    }

    fn require_below(&self, check: &mut Check<'_>, id: Id, value: &Json, key: &str) {
        if let Err(violation) = self.below(check, id, value, key) {
            check.violations.push(violation);
        }
    }

    fn follow(&self, check: &Check<'_>, id: Id, keyword: &'static str) -> Verdict {
        self.same(check, id, keyword, false).map_err(|violation| Violation {
            at: pointer(check.at),
            text: FAILED.to_owned(),
            shape: Shape::Reference,
            reasons: violation.opened(),
        })
    }

    fn object(&self, schema: &Schema, check: &mut Check<'_>, map: &BTreeMap<String, Json>) {
        let count = map.len() as i64;
        if let Some(want) = schema.min_properties.filter(|want| count < *want) {
            self.add(check, || words::count("minProperties", count, want));
        }
        if let Some(want) = schema.max_properties.filter(|want| count > *want) {
            self.add(check, || words::count("maxProperties", count, want));
        }
        let missing = |names: &[String]| -> Vec<String> { names.iter().filter(|name| !map.contains_key(*name)).cloned().collect() };
        let lacking = missing(&schema.required);
        if !lacking.is_empty() {
            self.add(check, || words::required(&lacking));
        }
        for (key, dependency) in schema.dependencies.iter().filter(|(key, _)| map.contains_key(*key)) {
            match dependency {
                Dependency::Schema(id) => self.require(check, *id),
                Dependency::Required(names) => self.dependent(check, &missing(names), key),
            }
        }
        self.properties(schema, check, map);
        if let Some(names) = schema.property_names {
            self.names(names, check, map);
        }
        for (_, id) in schema.dependent_schemas.iter().filter(|(key, _)| map.contains_key(*key)) {
            self.require(check, *id);
        }
        for (key, names) in schema.dependent_required.iter().filter(|(key, _)| map.contains_key(*key)) {
            self.dependent(check, &missing(names), key);
        }
    }

    fn dependent(&self, check: &mut Check<'_>, missing: &[String], key: &str) {
        if !missing.is_empty() {
            self.add(check, || words::dependent(missing, key));
        }
    }

    fn properties(&self, schema: &Schema, check: &mut Check<'_>, map: &BTreeMap<String, Json>) {
        let mut additional = Vec::new();
        for (key, value) in map {
            if !self.budget.step(1 + schema.pattern_properties.len(), check.scope.depth) {
                return;
            }
            let mut seen = false;
            if let Some(id) = schema.properties.get(key) {
                seen = true;
                self.require_below(check, *id, value, key);
            }
            for (_, id) in schema.pattern_properties.iter().filter(|(pattern, _)| pattern.matches(key)) {
                seen = true;
                self.require_below(check, *id, value, key);
            }
            match schema.additional_properties.filter(|_| !seen) {
                None => {}
                Some(Additional::Allowed(allowed)) => {
                    seen = true;
                    if !allowed {
                        additional.push(key.clone());
                    }
                }
                Some(Additional::Schema(id)) => {
                    seen = true;
                    self.require_below(check, id, value, key);
                }
            }
            if seen {
                check.unseen.properties.remove(key);
            }
        }
        if !additional.is_empty() {
            self.add(check, || format!("additional properties {} not allowed", quote_all(&additional)));
        }
    }

    /// The names themselves, each as a value of its own.
    fn names(&self, id: Id, check: &mut Check<'_>, map: &BTreeMap<String, Json>) {
        for key in map.keys() {
            let name = Json::Text(key.clone());
            let scope = Scope { schema: id, value: 0, keyword: "", depth: check.scope.depth + 1, parent: None };
            let inner = Check {
                id,
                value: &name,
                at: &Path::root(),
                scope: &scope,
                unseen: Unseen::default(),
                violations: Vec::new(),
                quiet: false,
            };
            if let Err(violation) = self.check(inner) {
                let text = format!("invalid propertyName {}", quote(key));
                check.violations.push(Violation { at: String::new(), text, shape: Shape::Plain, reasons: violation.opened() });
            }
        }
    }

    fn list(&self, schema: &Schema, check: &mut Check<'_>, items: &[Json]) {
        let count = items.len() as i64;
        if let Some(want) = schema.min_items.filter(|want| count < *want) {
            self.add(check, || words::count("minItems", count, want));
        }
        if let Some(want) = schema.max_items.filter(|want| count > *want) {
            self.add(check, || words::count("maxItems", count, want));
        }
        if let Some((one, two)) = schema.unique_items.then(|| duplicates(items)).flatten() {
            let (one, two) = (grouped(&one.to_string()), grouped(&two.to_string()));
            self.add(check, || format!("items at {one} and {two} are equal"));
        }
        let known = match &schema.items {
            Items::Any => 0,
            Items::All(id) => {
                for (index, item) in items.iter().enumerate() {
                    self.require_below(check, *id, item, &index.to_string());
                }
                items.len()
            }
            Items::Each(ids) => {
                for (index, (id, item)) in ids.iter().zip(items).enumerate() {
                    self.require_below(check, *id, item, &index.to_string());
                }
                ids.len().min(items.len())
            }
        };
        match schema.additional_items {
            Some(Additional::Allowed(false)) if known < items.len() => {
                self.add(check, || format!("last {} additionalItem(s) not allowed", grouped(&(items.len() - known).to_string())));
            }
            Some(Additional::Schema(id)) => {
                // The library counts these from the first of them.
                for (index, item) in items[known..].iter().enumerate() {
                    self.require_below(check, id, item, &index.to_string());
                }
            }
            _ => {}
        }
        if let Some(id) = schema.contains {
            self.contains(schema, id, check, items);
        }
    }

    fn contains(&self, schema: &Schema, id: Id, check: &mut Check<'_>, items: &[Json]) {
        let mut reasons = Vec::new();
        let mut matched = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match self.below(check, id, item, &index.to_string()) {
                Err(violation) => reasons.push(violation),
                Ok(()) => {
                    matched.push(index);
                    if schema.draft >= 2020 {
                        check.unseen.items.remove(&index);
                    }
                }
            }
        }
        let count = matched.len() as i64;
        match schema.min_contains {
            Some(want) if count < want => self.add_with(check, reasons, || words::min_contains(&matched, want)),
            None if matched.is_empty() => self.add_with(check, reasons, || "no items match contains schema".to_owned()),
            _ => {}
        }
        if let Some(want) = schema.max_contains.filter(|want| count > *want) {
            self.add(check, || words::max_contains(&matched, want));
        }
    }

    fn text(&self, schema: &Schema, check: &mut Check<'_>, text: &str) {
        if schema.min_length.is_some() || schema.max_length.is_some() {
            let count = text.chars().count() as i64;
            if let Some(want) = schema.min_length.filter(|want| count < *want) {
                self.add(check, || words::count("minLength", count, want));
            }
            if let Some(want) = schema.max_length.filter(|want| count > *want) {
                self.add(check, || words::count("maxLength", count, want));
            }
        }
        if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
            self.add(check, || format!("{} does not match pattern {}", quote(text), quote(&pattern.text)));
        }
    }

    fn number(&self, schema: &Schema, check: &mut Check<'_>, number: &Number) {
        type Fails = fn(&Number, &Number) -> bool;
        let fails: [(&str, &Option<Number>, Fails); 5] = [
            ("minimum", &schema.minimum, |number, want| number.compare(want).is_lt()),
            ("maximum", &schema.maximum, |number, want| number.compare(want).is_gt()),
            ("exclusiveMinimum", &schema.exclusive_minimum, |number, want| number.compare(want).is_le()),
            ("exclusiveMaximum", &schema.exclusive_maximum, |number, want| number.compare(want).is_ge()),
            ("multipleOf", &schema.multiple_of, |number, want| !number.is_multiple_of(want)),
        ];
        for (keyword, want, fails) in fails {
            if let Some(want) = want.as_ref().filter(|want| fails(number, want)) {
                self.add(check, || words::bound(keyword, number, want));
            }
        }
    }

    fn combinations(&self, schema: &Schema, check: &mut Check<'_>) {
        if let Some(not) = schema.not
            && let Ok(seen) = self.same(check, not, "", true)
        {
            check.unseen.merge(&seen);
            self.add(check, || "'not' failed".to_owned());
        }
        let mut reasons = Vec::new();
        for id in &schema.all_of {
            match self.same(check, *id, "", false) {
                Ok(seen) => check.unseen.merge(&seen),
                Err(violation) => reasons.push(violation),
            }
        }
        if !reasons.is_empty() {
            self.add_with(check, reasons, || "'allOf' failed".to_owned());
        }
        self.any_of(schema, check);
        self.one_of(schema, check);
    }

    fn any_of(&self, schema: &Schema, check: &mut Check<'_>) {
        let mut matched = schema.any_of.is_empty();
        let mut reasons = Vec::new();
        for id in &schema.any_of {
            match self.same(check, *id, "", false) {
                Err(violation) => reasons.push(violation),
                Ok(seen) => {
                    matched = true;
                    check.unseen.merge(&seen);
                    if check.unseen.is_empty() {
                        break;
                    }
                }
            }
        }
        if !matched {
            self.add_with(check, reasons, || "'anyOf' failed".to_owned());
        }
    }

    fn one_of(&self, schema: &Schema, check: &mut Check<'_>) {
        let mut first = None;
        let mut reasons = Vec::new();
        for (index, id) in schema.one_of.iter().enumerate() {
            match (self.same(check, *id, "", first.is_some()), first) {
                (Err(violation), None) => reasons.push(violation),
                (Err(_), Some(_)) => {}
                (Ok(seen), None) => {
                    check.unseen.merge(&seen);
                    first = Some(index);
                }
                (Ok(seen), Some(first)) => {
                    check.unseen.merge(&seen);
                    return self.add(check, || format!("'oneOf' failed, subschemas {first}, {index} matched"));
                }
            }
        }
        if first.is_none() && !schema.one_of.is_empty() {
            self.add_with(check, reasons, || "'oneOf' failed, none matched".to_owned());
        }
    }

    fn condition(&self, schema: &Schema, check: &mut Check<'_>) {
        let Some(condition) = schema.condition else { return };
        let branch = match self.same(check, condition, "", true) {
            Ok(seen) => {
                check.unseen.merge(&seen);
                schema.then
            }
            Err(_) => schema.otherwise,
        };
        if let Some(id) = branch {
            self.require(check, id);
        }
    }

    fn unevaluated(&self, schema: &Schema, check: &mut Check<'_>) {
        if let (Some(id), Json::Object(map)) = (schema.unevaluated_properties, check.value) {
            for key in std::mem::take(&mut check.unseen.properties) {
                if let Some(value) = map.get(&key) {
                    self.require_below(check, id, value, &key);
                }
            }
        }
        if let (Some(id), Json::List(items)) = (schema.unevaluated_items, check.value) {
            for index in std::mem::take(&mut check.unseen.items) {
                self.require_below(check, id, &items[index], &index.to_string());
            }
        }
    }

    fn dynamic_references(&self, schema: &Schema, check: &mut Check<'_>) {
        let scopes = || std::iter::successors(Some(check.scope), |scope| scope.parent);
        // The outermost schema on the way here that takes part decides.
        let recursive = schema.recursive_reference.map(|first| {
            let outer = scopes().filter(|scope| self.schema(self.schema(scope.schema).resource).recursive_anchor).last();
            let is_anchor = self.schema(first).recursive_anchor;
            (outer.filter(|_| is_anchor).map_or(first, |scope| scope.schema), "$recursiveRef")
        });
        let dynamic = schema.dynamic_reference.as_ref().map(|(first, anchor)| {
            let anchor = anchor.as_ref().filter(|anchor| self.schema(*first).dynamic_anchor.as_ref() == Some(anchor));
            let outer = anchor.and_then(|anchor| {
                scopes().filter_map(|scope| self.schema(self.schema(scope.schema).resource).dynamic_anchors.get(anchor)).last()
            });
            (outer.copied().unwrap_or(*first), "$dynamicRef")
        });
        for (id, keyword) in recursive.into_iter().chain(dynamic) {
            match self.follow(check, id, keyword) {
                Ok(seen) => check.unseen.merge(&seen),
                Err(violation) => check.violations.push(violation),
            }
        }
    }

    /// The keywords from the root of the schema to a place that was reached.
    fn keyword_path(&self, scope: &Scope<'_>) -> String {
        let Some(parent) = scope.parent else { return String::new() };
        let step = if scope.keyword.is_empty() {
            let (here, above) = (&self.schema(scope.schema).location, &self.schema(parent.schema).location);
            here.get(above.len()..).unwrap_or_default().to_owned()
        } else {
            format!("/{}", escape(scope.keyword))
        };
        self.keyword_path(parent) + &step
    }
}

/// None, one, or a group of violations.
fn close(mut violations: Vec<Violation>, unseen: Unseen, at: &Path) -> Verdict {
    match violations.len() {
        0 => Ok(unseen),
        1 => Err(violations.remove(0)),
        _ => Err(Violation { at: pointer(at), text: FAILED.to_owned(), shape: Shape::Group, reasons: violations }),
    }
}

/// The earlier check of the same value against the same schema, when references lead round to it.
fn circle<'s>(scope: &'s Scope<'s>) -> Option<&'s Scope<'s>> {
    let earlier = std::iter::successors(scope.parent, |scope| scope.parent);
    earlier.take_while(|one| one.value == scope.value).find(|one| one.schema == scope.schema)
}

fn has_type(schema: &Schema, value: &Json) -> bool {
    let has = |name: &str| schema.types.iter().any(|known| known == name);
    has(value.type_name()) || (has("integer") && value.number().is_some_and(Number::is_integer))
}

/// As many items the library compares each with each; of longer lists it compares only those with the same hash.
const FEW: usize = 20;

/// The first item that equals an earlier one, after that one.
fn duplicates(items: &[Json]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let earlier = seen.entry(if items.len() > FEW { item.marshalled() } else { String::new() }).or_default();
        if let Some(one) = earlier.iter().find(|one| equals(item, &items[**one])) {
            return Some((*one, index));
        }
        earlier.push(index);
    }
    None
}

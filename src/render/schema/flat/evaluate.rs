//! Values against a compiled schema, in the order and with the words of gojsonschema (`validation.go`, `locales.go`). Of the branches of a
//! failed `anyOf`, `oneOf` or `contains` it shows the one that scored best; the score is kept as it keeps it.

use std::collections::{BTreeMap, HashMap};

use super::formats;
use crate::render::schema::json::{Json, Number, general};
use crate::render::schema::keywords::{Additional, Compiled, Dependency, Id, Items, Path, Schema};
use crate::render::schema::limits::Budget;

/// One check.
pub(super) struct Walk<'w> {
    pub(super) compiled: &'w Compiled,
    pub(super) budget: &'w Budget,
}

/// The violations of one subschema, and how well the value did otherwise.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    score: i64,
}

impl Report {
    fn is_clean(&self) -> bool {
        self.lines.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.lines.extend(other.lines);
        self.score += other.score;
    }

    /// Keeps the better of two failures; the first of equals.
    fn keep_best(best: &mut Option<Self>, other: Self) {
        if best.as_ref().is_none_or(|best| other.score > best.score) {
            *best = Some(other);
        }
    }
}

/// The place as its messages name it.
fn field(at: &Path) -> String {
    let keys = at.keys();
    if keys.is_empty() { "(root)".to_owned() } else { keys.join(".") }
}

impl Walk<'_> {
    /// Every violation, `context: description`.
    pub(super) fn violations(&self, values: &Json) -> Vec<String> {
        let mut report = Report::default();
        self.check(self.compiled.root, values, &Path::root(), &mut report, 0);
        report.lines
    }

    fn fail(&self, report: &mut Report, at: &Path, description: impl AsRef<str>) {
        self.budget.violation();
        report.lines.push(format!("{}: {}", field(at), description.as_ref()));
        report.score -= 2;
    }

    fn apart(&self, id: Id, value: &Json, at: &Path, depth: usize) -> Report {
        let mut report = Report::default();
        self.check(id, value, at, &mut report, depth);
        report
    }

    fn check(&self, id: Id, value: &Json, at: &Path, report: &mut Report, depth: usize) {
        if !self.budget.step(1, depth) {
            return;
        }
        let schema = &self.compiled.schemas[id];
        match schema.always {
            Some(true) => return,
            Some(false) => return self.fail(report, at, "False always fails validation"),
            None => {}
        }
        if let Some(target) = schema.reference {
            return self.check(target, value, at, report, depth + 1);
        }
        if !has_type(schema, value) {
            let expected = match &*schema.types {
                [one] => one.clone(),
                several => format!("[{}]", several.join(",")),
            };
            return self.fail(report, at, format!("Invalid type. Expected: {expected}, given: {}", given_type(value)));
        }
        self.combinations(schema, value, at, report, depth);
        match value {
            Json::Number(number) => self.number(schema, number, at, report),
            Json::List(items) => self.list(schema, items, at, report, depth),
            Json::Object(map) => self.object(schema, map, at, report, depth),
            _ => {}
        }
        self.constants(schema, value, at, report);
        match value {
            Json::Text(text) => self.text(schema, text, at, report),
            Json::Object(map) => {
                for (key, property) in &schema.properties {
                    if let Some(value) = map.get(key) {
                        self.check(*property, value, &at.child(key), report, depth + 1);
                    }
                }
            }
            _ => {}
        }
        report.score += 1;
    }

    fn combinations(&self, schema: &Schema, value: &Json, at: &Path, report: &mut Report, depth: usize) {
        self.any_of(schema, value, at, report, depth);
        self.one_of(schema, value, at, report, depth);
        let mut all = true;
        for id in &schema.all_of {
            let branch = self.apart(*id, value, at, depth + 1);
            all &= branch.is_clean();
            report.merge(branch);
        }
        if !all {
            self.fail(report, at, "Must validate all the schemas (allOf)");
        }
        if schema.not.is_some_and(|not| self.apart(not, value, at, depth + 1).is_clean()) {
            self.fail(report, at, "Must not validate the schema (not)");
        }
        if let Json::Object(map) = value {
            for (_, dependency) in schema.dependencies.iter().filter(|(key, _)| map.contains_key(*key)) {
                match dependency {
                    Dependency::Required(names) => {
                        for name in names.iter().filter(|name| !map.contains_key(*name)) {
                            self.fail(report, at, format!("Has a dependency on {name}"));
                        }
                    }
                    Dependency::Schema(id) => self.check(*id, value, at, report, depth + 1),
                }
            }
        }
        self.condition(schema, value, at, report, depth);
        report.score += 1;
    }

    fn any_of(&self, schema: &Schema, value: &Json, at: &Path, report: &mut Report, depth: usize) {
        let mut best = None;
        for id in &schema.any_of {
            let branch = self.apart(*id, value, at, depth + 1);
            if branch.is_clean() {
                return;
            }
            Report::keep_best(&mut best, branch);
        }
        if let Some(best) = best {
            self.fail(report, at, "Must validate at least one schema (anyOf)");
            report.merge(best);
        }
    }

    fn one_of(&self, schema: &Schema, value: &Json, at: &Path, report: &mut Report, depth: usize) {
        if schema.one_of.is_empty() {
            return;
        }
        let mut matched = 0;
        let mut best = None;
        for id in &schema.one_of {
            let branch = self.apart(*id, value, at, depth + 1);
            if branch.is_clean() {
                matched += 1;
            } else if matched == 0 {
                Report::keep_best(&mut best, branch);
            }
        }
        if matched != 1 {
            self.fail(report, at, "Must validate one and only one schema (oneOf)");
        }
        if let (0, Some(best)) = (matched, best) {
            report.merge(best);
        }
    }

    fn condition(&self, schema: &Schema, value: &Json, at: &Path, report: &mut Report, depth: usize) {
        let Some(condition) = schema.condition else { return };
        let holds = self.apart(condition, value, at, depth + 1).is_clean();
        let (branch, words) = if holds {
            (schema.then, "Must validate \"then\" as \"if\" was valid")
        } else {
            (schema.otherwise, "Must validate \"else\" as \"if\" was not valid")
        };
        let Some(branch) = branch.map(|id| self.apart(id, value, at, depth + 1)) else { return };
        if !branch.is_clean() {
            self.fail(report, at, words);
            report.merge(branch);
        }
    }

    fn constants(&self, schema: &Schema, value: &Json, at: &Path, report: &mut Report) {
        if schema.constant.is_some() || schema.options.is_some() {
            let text = value.marshalled();
            self.budget.step(text.len() / 64, 0);
            if let Some(allowed) = schema.constant.as_ref().map(Json::marshalled)
                && text != allowed
            {
                self.fail(report, at, format!("{} does not match: {allowed}", field(at)));
            }
            if let Some(options) = &schema.options {
                self.budget.step(options.len(), 0);
                let allowed: Vec<String> = options.iter().map(Json::marshalled).collect();
                if !allowed.contains(&text) {
                    self.fail(report, at, format!("{} must be one of the following: {}", field(at), allowed.join(", ")));
                }
            }
        }
        report.score += 1;
    }

    fn number(&self, schema: &Schema, number: &Number, at: &Path, report: &mut Report) {
        let shown = |bound: &Number| general(bound.float());
        if let Some(unit) = schema.multiple_of.as_ref().filter(|unit| !number.is_multiple_of(unit)) {
            self.fail(report, at, format!("Must be a multiple of {}", shown(unit)));
        }
        if let Some(most) = schema.maximum.as_ref().filter(|most| number.compare(most).is_gt()) {
            self.fail(report, at, format!("Must be less than or equal to {}", shown(most)));
        }
        if let Some(most) = schema.exclusive_maximum.as_ref().filter(|most| number.compare(most).is_ge()) {
            self.fail(report, at, format!("Must be less than {}", shown(most)));
        }
        if let Some(least) = schema.minimum.as_ref().filter(|least| number.compare(least).is_lt()) {
            self.fail(report, at, format!("Must be greater than or equal to {}", shown(least)));
        }
        if let Some(least) = schema.exclusive_minimum.as_ref().filter(|least| number.compare(least).is_le()) {
            self.fail(report, at, format!("Must be greater than {}", shown(least)));
        }
        // A number is of no format that the library knows.
        if let Some(format) = schema.format.as_ref().filter(|format| formats::is_known(format)) {
            self.fail(report, at, format!("Does not match format '{format}'"));
        }
        report.score += 1;
    }

    fn list(&self, schema: &Schema, items: &[Json], at: &Path, report: &mut Report, depth: usize) {
        let one = |index: usize, id: Id, report: &mut Report| {
            report.merge(self.apart(id, &items[index], &at.child(index.to_string()), depth + 1))
        };
        match &schema.items {
            Items::Any => {}
            Items::All(id) => (0..items.len()).for_each(|index| one(index, *id, report)),
            Items::Each(ids) => {
                ids.iter().take(items.len()).enumerate().for_each(|(index, id)| one(index, *id, report));
                match schema.additional_items {
                    Some(Additional::Allowed(false)) if ids.len() < items.len() => {
                        self.fail(report, at, "No additional items allowed on array")
                    }
                    Some(Additional::Schema(id)) => (ids.len()..items.len()).for_each(|index| one(index, id, report)),
                    _ => {}
                }
            }
        }
        let count = items.len() as i64;
        if let Some(least) = schema.min_items.filter(|least| count < *least) {
            self.fail(report, at, format!("Array must have at least {least} items"));
        }
        if let Some(most) = schema.max_items.filter(|most| count > *most) {
            self.fail(report, at, format!("Array must have at most {most} items"));
        }
        if schema.unique_items {
            let mut seen: HashMap<String, usize> = HashMap::new();
            for (index, item) in items.iter().enumerate() {
                if let Some(earlier) = seen.insert(item.marshalled(), index) {
                    self.fail(report, at, format!("array items[{earlier},{index}] must be unique"));
                }
            }
        }
        if let Some(id) = schema.contains {
            self.contains(id, items, at, report, depth);
        }
        report.score += 1;
    }

    fn contains(&self, id: Id, items: &[Json], at: &Path, report: &mut Report, depth: usize) {
        let mut best = None;
        for (index, item) in items.iter().enumerate() {
            let one = self.apart(id, item, &at.child(index.to_string()), depth + 1);
            if one.is_clean() {
                return;
            }
            Report::keep_best(&mut best, one);
        }
        self.fail(report, at, "At least one of the items must match");
        if let Some(best) = best {
            report.merge(best);
        }
    }

    fn object(&self, schema: &Schema, map: &BTreeMap<String, Json>, at: &Path, report: &mut Report, depth: usize) {
        let count = map.len() as i64;
        if let Some(least) = schema.min_properties.filter(|least| count < *least) {
            self.fail(report, at, format!("Must have at least {least} properties"));
        }
        if let Some(most) = schema.max_properties.filter(|most| count > *most) {
            self.fail(report, at, format!("Must have at most {most} properties"));
        }
        for name in &schema.required {
            if map.contains_key(name) {
                report.score += 1;
            } else {
                self.fail(report, at, format!("{name} is required"));
            }
        }
        for (key, value) in map {
            if !self.budget.step(1 + schema.pattern_properties.len(), depth) {
                return;
            }
            let mut described = schema.properties.contains_key(key);
            let mut matched = false;
            for (_, id) in schema.pattern_properties.iter().filter(|(pattern, _)| pattern.matches(key)) {
                matched = true;
                report.merge(self.apart(*id, value, &at.child(key), depth + 1));
            }
            report.score += i64::from(matched);
            described |= matched;
            match schema.additional_properties {
                Some(Additional::Allowed(false)) if !described => {
                    self.fail(report, at, format!("Additional property {key} is not allowed"))
                }
                Some(Additional::Schema(id)) if !described => report.merge(self.apart(id, value, &at.child(key), depth + 1)),
                _ => {}
            }
        }
        if let Some(names) = schema.property_names {
            for key in map.keys() {
                let name = self.apart(names, &Json::Text(key.clone()), at, depth + 1);
                if !name.is_clean() {
                    self.fail(report, at, format!("Property name of \"{key}\" does not match"));
                    report.merge(name);
                }
            }
        }
        report.score += 1;
    }

    fn text(&self, schema: &Schema, text: &str, at: &Path, report: &mut Report) {
        if schema.min_length.is_some() || schema.max_length.is_some() {
            let count = text.chars().count() as i64;
            if let Some(least) = schema.min_length.filter(|least| count < *least) {
                self.fail(report, at, format!("String length must be greater than or equal to {least}"));
            }
            if let Some(most) = schema.max_length.filter(|most| count > *most) {
                self.fail(report, at, format!("String length must be less than or equal to {most}"));
            }
        }
        if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
            self.fail(report, at, format!("Does not match pattern '{}'", pattern.text));
        }
        if let Some(format) = schema.format.as_ref().filter(|format| !formats::holds(format, text)) {
            self.fail(report, at, format!("Does not match format '{format}'"));
        }
        report.score += 1;
    }
}

fn has_type(schema: &Schema, value: &Json) -> bool {
    let has = |name: &str| schema.types.iter().any(|known| known == name);
    schema.types.is_empty() || has(value.type_name()) || (has("integer") && value.number().is_some_and(Number::is_integer))
}

fn given_type(value: &Json) -> &'static str {
    match value {
        Json::Number(number) if number.is_integer() => "integer",
        other => other.type_name(),
    }
}

//! What else a prepared chart is asked for when renders are tried: the values its templates would see, and the same chart with other
//! defaults. Follows `pkg/chartutil/values.go` and `pkg/action/upgrade.go` of Helm 3.17.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::coalesce::Manner;
use super::dependencies::Mount;
use super::documents::Documents;
use super::notes::Notes;
use super::schema::Schemas;
use super::{Overrides, Prepared, coalesce};
use crate::chart::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::template::Profile;
use crate::template::value::{Map, Value};
use crate::value::{Data, Entry, Node, Span};

impl Prepared {
    /// The chart that is rendered.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// The user's values over the chart's and its enabled subcharts' defaults: what `.Values` of the root is, and what Helm keeps of a
    /// release for `--reuse-values`. Everything in it stands at `at`.
    ///
    /// # Errors
    /// As [`Prepared::render`], as far as values are concerned.
    pub fn values(&self, overrides: &Overrides, at: &Span) -> Result<Node> {
        let mut warnings = Vec::new();
        let mut notes = Notes::new(&mut warnings, &self.profile);
        let given = overrides.merged(&self.profile)?;
        let root = Mount::root(&self.chart, self.defaults()?, &given, &self.profile, &mut notes)?;
        let manner = Manner { variant: self.profile.coalescing, keeps_nulls: false };
        let coalesced = coalesce::coalesce_values(&root, &given, manner, &mut notes)?;
        node(&coalesced, at)
    }

    /// The same chart with other default values of the root; the subcharts keep theirs. Templates that were parsed are not parsed again.
    #[must_use]
    pub fn with_defaults(&self, values: Node) -> Self {
        let mut variant = self.variant();
        let mut chart = Chart::clone(&self.chart);
        chart.values = Some(values);
        variant.chart = Arc::new(chart);
        variant
    }

    /// The Helm version that it renders as.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    fn variant(&self) -> Self {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            chart: Arc::clone(&self.chart),
            profile: self.profile.clone(),
            limits: self.limits.clone(),
            chance: self.chance,
            local: self.local.clone(),
            traced: self.traced,
            checks_schemas: self.checks_schemas,
            schemas: Schemas::default(),
            defaults: OnceLock::new(),
            parsed: Mutex::new(parsed),
            latest: Mutex::default(),
            documents: Documents::default(),
            readings: Arc::clone(&self.readings),
        }
    }
}

impl Overrides {
    /// Whether the user gives no values at all.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.set_json, &self.set, &self.set_string, &self.set_literal];
        self.files.is_empty() && self.set_file.is_empty() && self.edits.is_empty() && texts.iter().all(|texts| texts.is_empty())
    }

    /// All that the user sets in one mapping, as a Helm version merges it. Everything in it stands at `at`.
    ///
    /// # Errors
    /// `Syntax` or `Chart`, in Helm's words, for what Helm can't read.
    pub fn node(&self, profile: &Profile, at: &Span) -> Result<Node> {
        node(&self.merged(profile)?, at)
    }

    /// These values over others: what `under` says takes effect where nothing here sets it.
    #[must_use]
    pub fn over(&self, under: Node) -> Self {
        let mut layered = self.clone();
        layered.files.insert(0, under);
        layered
    }

    /// These values with others over them, `--set` flags included: the user's values after an edit.
    #[must_use]
    pub fn under(&self, over: Node) -> Self {
        let mut layered = self.clone();
        layered.edits.push(over);
        layered
    }
}

fn node(map: &Map, at: &Span) -> Result<Node> {
    // Values that hold themselves have no copy, and no end.
    let copy = coalesce::copy(map)?;
    to_node(&Value::Map(copy), at).ok_or_else(|| Error::new(ErrorKind::Chart, "a value that YAML can't hold"))
}

fn to_node(value: &Value, at: &Span) -> Option<Node> {
    let data = match value {
        Value::Nil => Data::Null,
        Value::Bool(truth) => Data::Bool(*truth),
        Value::Int(number) | Value::Int64(number) => Data::Int(*number),
        Value::Uint64(number) => Data::Uint(*number),
        Value::Float(number) => Data::Float(*number),
        Value::Str(text) => Data::Str(text.lossy().into()),
        Value::List(list) => Data::List(list.items().iter().map(|item| to_node(item, at)).collect::<Option<_>>()?),
        Value::Map(map) => {
            let entry = |value: &Value| Some(Entry { at: at.clone(), comment: None, value: to_node(value, at)? });
            let entries = map.snapshot().into_iter().map(|(key, value)| Some((key.lossy().into(), entry(&value)?)));
            Data::Map(entries.collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(Node { data, at: at.clone(), comment: None })
}

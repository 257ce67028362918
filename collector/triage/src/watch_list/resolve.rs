//! What one endpoint is told, and why.

use std::collections::BTreeMap;

use dogwatch_model::{CheckWatch, ServiceWatch};
use jiff::SignedDuration;
use serde::Serialize;

use super::{Entry, Layer, MAX_CHECKS, MAX_SERVICES, Setting, Subject, Value, WatchList, build};
use crate::filter::{Filter, Row, Verdict};

/// What an endpoint watches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// Services, by name.
    pub services: Vec<ServiceWatch>,
    /// Checks, by name.
    pub checks: Vec<CheckWatch>,
    /// Spans of time that take the place of the collector's own, by their key in `[telemetry]`.
    pub intervals: BTreeMap<&'static str, SignedDuration>,
    /// Each value that counts, and where it comes from.
    pub given: Vec<Given>,
    /// What does not count although it is written.
    pub left_out: Vec<LeftOut>,
}

/// A value that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Given {
    /// `telemetry`, `service sshd.service`, `check web`.
    pub subject: String,
    /// Its key.
    pub key: String,
    /// The value as it was written.
    pub value: String,
    /// `msp`, `org acme`, `site acme/toronto`.
    pub layer: String,
    /// The file, as people call it.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
    /// The condition that the endpoint matches, where the entry has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Something that is written and does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// As in [`Given`].
    pub subject: String,
    /// Why.
    pub why: String,
}

/// A value, its entry and its layer.
type Place<'l> = (&'l Setting, &'l Entry, &'l Layer);

impl WatchList {
    /// What an endpoint is told. A condition of which a fact is missing does not match.
    pub fn resolve(&self, row: &Row<'_>) -> Resolved {
        let mut merged: BTreeMap<&Subject, BTreeMap<&'static str, Place<'_>>> = BTreeMap::new();
        let layers = self.layers(&row.endpoint.org, &row.endpoint.site);
        for conditional in [false, true] {
            let entries =
                layers.clone().flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
            for (layer, entry) in entries.filter(|(_, entry)| entry.when.is_some() == conditional) {
                if entry.when.as_ref().is_none_or(|when| when.judge(row) == Verdict::Match) {
                    let values = merged.entry(&entry.subject).or_default();
                    values.extend(entry.settings.iter().map(|set| (set.key, (set, entry, layer))));
                }
            }
        }
        let mut resolved = Resolved::default();
        for (subject, places) in &merged {
            resolved.take(subject, places);
        }
        resolved
    }
}

impl Resolved {
    fn take(&mut self, subject: &Subject, places: &BTreeMap<&'static str, Place<'_>>) {
        self.given.extend(places.values().map(|place| given(subject, *place)));
        let values: build::Values<'_> = places.iter().map(|(key, (set, ..))| (*key, &set.value)).collect();
        let taken = if build::is_enabled(&values) {
            self.add(subject, &values)
        } else {
            Err("it is switched off".to_owned())
        };
        if let Err(why) = taken {
            self.left_out.push(LeftOut { subject: subject.to_string(), why });
        }
    }

    fn add(&mut self, subject: &Subject, values: &build::Values<'_>) -> Result<(), String> {
        let too_many = |limit| format!("an endpoint watches {limit} of these at most");
        match subject {
            Subject::Telemetry => {
                let spans = values.iter().filter_map(|(key, value)| match value {
                    Value::Span(span, _) => Some((*key, *span)),
                    _ => None,
                });
                self.intervals.extend(spans);
            }
            Subject::Service(_) if self.services.len() == MAX_SERVICES => return Err(too_many(MAX_SERVICES)),
            Subject::Service(name) => self.services.push(build::service(name, values)?),
            Subject::Check(_) if self.checks.len() == MAX_CHECKS => return Err(too_many(MAX_CHECKS)),
            Subject::Check(name) => self.checks.push(build::check(name, values)?),
        }
        Ok(())
    }
}

fn given(subject: &Subject, (setting, entry, layer): Place<'_>) -> Given {
    Given {
        subject: subject.to_string(),
        key: setting.key.to_owned(),
        value: setting.value.to_string(),
        layer: layer.label.clone(),
        file: layer.file.clone(),
        line: setting.line,
        when: entry.when.as_ref().map(Filter::source).map(str::to_owned),
    }
}

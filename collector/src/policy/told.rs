//! What one agent is told: the collector's own telemetry settings, and over them what the watch list says of its
//! endpoint; and for people, each value of that and of the rules with the layer that it comes from.

use std::collections::BTreeSet;

use dogwatch_proto::v1;
use dogwatch_triage::{
    filter::Row,
    watch_list::{Given, LeftOut, Resolved},
};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::Policy;
use crate::{access::Sha256, config::Telemetry};

/// What holds for an endpoint, value by value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// The version that the agent is given.
    pub version: String,
    /// Each value that counts.
    pub values: Vec<ToldValue>,
    /// What is written and does not count.
    pub left_out: Vec<LeftOut>,
}

/// A value, from a file of the policy folder or from `collector.toml`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ToldValue {
    /// From a watch list, with its place.
    Given(Given),
    /// From beneath.
    Base {
        /// `telemetry`.
        subject: &'static str,
        /// Its key.
        key: &'static str,
        /// The value.
        value: String,
        /// `shipped`, or `collector` when `collector.toml` says otherwise.
        layer: &'static str,
    },
}

/// An interval of `[telemetry]`: its key, and where it stands.
type Interval = (&'static str, fn(&Telemetry) -> SignedDuration);

const INTERVALS: [Interval; 4] = [
    ("sample_every", |telemetry| telemetry.sample_every),
    ("summary_every", |telemetry| telemetry.summary_every),
    ("patch_scan_every", |telemetry| telemetry.patch_scan_every),
    ("backup_scan_every", |telemetry| telemetry.backup_scan_every),
];

impl Policy {
    /// What the agent of this endpoint is told.
    pub fn for_agent(&self, row: &Row<'_>) -> v1::Policy {
        wire(&self.telemetry, &self.watch.resolve(row))
    }

    /// The same, value by value, each with the layer that it comes from.
    pub fn told(&self, row: &Row<'_>) -> Told {
        let resolved = self.watch.resolve(row);
        let version = wire(&self.telemetry, &resolved).version;
        let shipped = Telemetry::default();
        let base = INTERVALS.into_iter().filter(|(key, _)| !resolved.intervals.contains_key(key));
        let base = base.map(|(key, of)| ToldValue::Base {
            subject: "telemetry",
            key,
            value: format!("{:#}", of(&self.telemetry)),
            layer: if of(&self.telemetry) == of(&shipped) { "shipped" } else { "collector" },
        });
        let given = resolved.given.into_iter().chain(self.rule_values(row));
        let values = base.chain(given.map(ToldValue::Given)).collect();
        Told { version, values, left_out: resolved.left_out }
    }
}

impl Policy {
    /// What decides when a rule speaks about this endpoint.
    fn rule_values<'p>(&'p self, row: &Row<'_>) -> impl Iterator<Item = Given> + use<'p> {
        let about = self.rules.rules().iter().filter(|rule| rule.is_for(row));
        let about: BTreeSet<&str> = about.map(|rule| rule.id.as_str()).collect();
        let values = self.rules.values().iter().filter(move |value| about.contains(value.rule.as_str()));
        values.map(|value| Given {
            subject: format!("rule {}", value.rule),
            key: value.key.clone(),
            value: value.value.clone(),
            layer: if value.layer == 0 { "shipped" } else { "msp" }.to_owned(),
            file: value.file.clone(),
            line: value.line,
            when: None,
        })
    }
}

fn wire(telemetry: &Telemetry, resolved: &Resolved) -> v1::Policy {
    let [sample, summary, patch, backup] =
        INTERVALS.map(|(key, of)| resolved.intervals.get(key).copied().unwrap_or_else(|| of(telemetry)));
    let ms = |span: SignedDuration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
    let seconds = |span: SignedDuration| u32::try_from(span.as_secs().max(1)).unwrap_or(u32::MAX);
    let bands = telemetry.bands.iter();
    let deadbands = telemetry.deadbands.iter();
    let mut policy = v1::Policy {
        version: String::new(),
        sample_ms: ms(sample),
        summary_ms: ms(summary),
        patch_scan_seconds: seconds(patch),
        backup_scan_seconds: seconds(backup),
        bands: bands.map(|band| v1::Band { metric: band.metric.to_string(), at: band.at }).collect(),
        deadbands: deadbands
            .map(|band| v1::Deadband { metric: band.metric.to_string(), width: band.width })
            .collect(),
        services: resolved.services.iter().map(Into::into).collect(),
        checks: resolved.checks.iter().map(Into::into).collect(),
    };
    let content = prost::Message::encode_to_vec(&policy);
    policy.version = Sha256::of(&content).to_string()[..12].to_owned();
    policy
}

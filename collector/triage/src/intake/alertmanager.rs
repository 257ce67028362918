//! The webhook of Prometheus Alertmanager, version 4 of its shape: a group of alerts, each firing or resolved.
//!
//! The shape is that of Alertmanager's documentation (`<webhook_config>`), which Grafana, Mimir and Loki send as well.
//!
//! An alert that comes and goes is told of in episodes, and `startsAt` says of which: a late word about the last one says
//! nothing of this one. Of the labels some have a meaning here: `severity`, `tool`, `category` and `site` route, and the first of
//! [`NAMES`] that fits names the endpoint. All of them are evidence.

use std::collections::BTreeMap;

use dogwatch_model::{SiteId, ToolId};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Defaults, Episode, Fault, MAX_ALERTS, Message, Says, Told,
    bounds::{self, Lines, MAX_TITLE_CHARS},
    severity,
};
use crate::finding::{Category, Severity};

/// Labels that may name an endpoint, the most exact first. Exporters write `host:port` into `instance`.
pub const NAMES: [&str; 7] = ["endpoint", "hostname", "host", "nodename", "node", "instance", "device_name"];

/// The version of the shape that is read.
const VERSION: &str = "4";

/// The webhook's body.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    version: String,
    #[serde(default)]
    group_key: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<Alert>,
}

/// One alert of it.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: Status,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    #[serde(default)]
    fingerprint: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

/// Reads a webhook that came at `now`.
///
/// # Errors
/// [`Fault`] when it is of another version, or an alert's key is longer than any fingerprint.
pub fn read(webhook: &Webhook, defaults: &Defaults, now: Timestamp) -> Result<Message, Fault> {
    if webhook.version != VERSION {
        return Err(Fault::Version { version: bounds::plain(&webhook.version) });
    }
    let beyond = webhook.alerts.len().saturating_sub(MAX_ALERTS);
    let told = webhook.alerts.iter().take(MAX_ALERTS).map(|alert| one(alert, defaults, now));
    let mut told = told.collect::<Result<Vec<_>, _>>()?;
    // A group may hold the end of one episode and the beginning of the next: they are taken as they happened.
    told.sort_by_key(|told| (told.since, matches!(told.says, Says::Ends(_))));
    Ok(Message {
        told,
        group: bounds::plain(&webhook.group_key),
        left_off: webhook.truncated_alerts.saturating_add(beyond as u64),
    })
}

fn one(alert: &Alert, defaults: &Defaults, now: Timestamp) -> Result<Told, Fault> {
    let label = |name: &str| alert.labels.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let key = match alert.fingerprint.as_str() {
        "" => fingerprint(&alert.labels),
        given => super::key("fingerprint", given)?,
    };
    let severity = label("severity").or_else(|| label("priority")).and_then(severity::of);
    let (title, evidence) = words(alert);
    Ok(Told {
        key,
        says: match alert.status {
            Status::Firing => Says::Fires,
            Status::Resolved => Says::Ends(alert.episode()),
        },
        title,
        severity: severity.or(defaults.severity).unwrap_or(Severity::Warning),
        severity_is_said: severity.or(defaults.severity).is_some(),
        tool: label("tool").and_then(|text| ToolId::new(text).ok()).or_else(|| defaults.tool.clone()),
        category: label("category").and_then(|text| text.parse::<Category>().ok()).or(defaults.category),
        site: label("site").and_then(|text| SiteId::new(text).ok()).or_else(|| defaults.site.clone()),
        names: NAMES.iter().filter_map(|name| label(name)).map(str::to_owned).collect(),
        evidence,
        since: alert.starts_at.parse::<Timestamp>().map_or(now, |since| since.min(now)),
    })
}

impl Alert {
    /// The episode that it names. Alertmanager writes the end into `startsAt` where its client gave none; that and a
    /// text that is no instant name no episode.
    fn episode(&self) -> Option<Episode> {
        let began: Timestamp = self.starts_at.parse().ok()?;
        let ended: Option<Timestamp> = self.ends_at.parse().ok();
        // No end is the zero time of Go, long before any beginning.
        (ended != Some(began)).then(|| Episode { began, ended: ended.filter(|ended| *ended > began) })
    }
}

/// The title, and everything else that it says.
fn words(alert: &Alert) -> (String, Vec<crate::finding::Evidence>) {
    let mut lines = Lines::default();
    let annotation = |name: &str| alert.annotations.get(name).filter(|text| !text.trim().is_empty());
    let name = alert.labels.get("alertname");
    let title = annotation("summary")
        .or_else(|| annotation("title"))
        .or(name)
        .map_or("an alert without a name", |text| text);
    let title = lines.cut(title, MAX_TITLE_CHARS);
    for (name, value) in alert.annotations.iter().chain(&alert.labels) {
        lines.push(name, value);
    }
    lines.push("generator", &alert.generator_url);
    (title, lines.finish())
}

/// What Alertmanager would have written: FNV-1a of the sorted labels, as Prometheus computes it. For senders of this shape
/// that leave it out.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    const SEPARATOR: u8 = 255;
    let bytes = labels
        .iter()
        .flat_map(|(name, value)| name.bytes().chain([SEPARATOR]).chain(value.bytes()).chain([SEPARATOR]));
    format!("{:016x}", fnv1a(bytes))
}

/// FNV-1a, 64 bits.
pub(super) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Message {
    /// A short name of the group, the same for the same group.
    pub fn group_hash(&self) -> String {
        format!("{:016x}", fnv1a(self.group.bytes()))
    }
}

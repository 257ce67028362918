//! The events of `PagerDuty`'s Events API, version 2: one alert is triggered, acknowledged or resolved.
//!
//! The shape is that of the published API. Whose alert it is says the routing key, which is a token here and is settled
//! before any of this is read. A trigger is an occurrence, not a state: one that comes after somebody has closed the
//! item is a new one. How bad it is says the latest trigger, up and down, and the item's timeline tells of each change; one
//! that does not say leaves it as it was, and one with a word that is not known is refused, as the published API does: a
//! misspelt `critical` must call nobody less.
//!
//! Of `custom_details` the members `tool`, `category`, `site` route, and `endpoint`, `hostname`, `host`, `instance`
//! name the endpoint, after `payload.source`. Links and pictures are kept as text and never fetched.

use dogwatch_model::{SiteId, ToolId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Defaults, Fault, Message, Says, Told,
    bounds::{self, Lines, MAX_TITLE_CHARS},
    severity,
};
use crate::finding::{Category, Evidence, Severity};

/// Members of `custom_details` that may name an endpoint, the most exact first.
pub const NAMES: [&str; 4] = ["endpoint", "hostname", "host", "instance"];

/// The event's body. The routing key is not part of what is read: nothing that is kept can hold it.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    event_action: Action,
    dedup_key: Option<String>,
    payload: Option<Payload>,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    client_url: Option<String>,
    #[serde(default)]
    links: Option<Vec<Link>>,
    #[serde(default)]
    images: Option<Vec<Image>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Action {
    Trigger,
    Acknowledge,
    Resolve,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Payload {
    summary: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    component: Option<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    custom_details: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Link {
    #[serde(default)]
    href: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Image {
    #[serde(default)]
    src: Option<String>,
    #[serde(default)]
    href: Option<String>,
    #[serde(default)]
    alt: Option<String>,
}

/// Reads an event that came at `now`. `fresh` becomes the key of a trigger that brings none.
///
/// # Errors
/// [`Fault`] when something is missing that this action needs, or the key is too long.
pub fn read(event: &Event, defaults: &Defaults, fresh: &str, now: Timestamp) -> Result<Message, Fault> {
    let given = event.dedup_key.as_deref().filter(|key| !key.trim().is_empty());
    let (says, key) = match (event.event_action, given) {
        (Action::Trigger, given) => (Says::Fires, given.unwrap_or(fresh)),
        (Action::Acknowledge, Some(given)) => (Says::Seen, given),
        (Action::Resolve, Some(given)) => (Says::Ends(None), given),
        (Action::Acknowledge | Action::Resolve, None) => {
            return Err(Fault::Missing { what: "dedup_key", why: "it says which alert is meant" });
        }
    };
    let key = super::key("dedup_key", key)?;
    let told = match (&event.payload, says) {
        (Some(payload), Says::Fires) => Told {
            severity: said(payload)?.or(defaults.severity).unwrap_or(Severity::Warning),
            severity_is_said: said(payload)?.or(defaults.severity).is_some(),
            ..one(key, says, event, payload, defaults, now)
        },
        (Some(payload), _) => one(key, says, event, payload, defaults, now),
        (None, Says::Fires) => {
            return Err(Fault::Missing { what: "payload", why: "a trigger says in it what is the matter" });
        }
        (None, _) => bare(key, says, defaults, now),
    };
    Ok(Message { told: vec![told], group: String::new(), left_off: 0 })
}

/// An event that only speaks of an alert that is known.
fn bare(key: String, says: Says, defaults: &Defaults, now: Timestamp) -> Told {
    Told {
        key,
        says,
        title: String::new(),
        severity: defaults.severity.unwrap_or(Severity::Warning),
        severity_is_said: defaults.severity.is_some(),
        tool: defaults.tool.clone(),
        category: defaults.category,
        site: defaults.site.clone(),
        names: Vec::new(),
        evidence: Vec::new(),
        since: now,
    }
}

/// How bad a trigger says that it is.
fn said(payload: &Payload) -> Result<Option<Severity>, Fault> {
    let word = payload.severity.as_deref().map(str::trim).filter(|word| !word.is_empty());
    let known = |word: &str| severity::of(word).ok_or_else(|| Fault::Severity { word: bounds::short(word) });
    word.map(known).transpose()
}

fn one(
    key: String,
    says: Says,
    event: &Event,
    payload: &Payload,
    defaults: &Defaults,
    now: Timestamp,
) -> Told {
    let nothing = Map::new();
    let details = payload.custom_details.as_ref().and_then(Value::as_object).unwrap_or(&nothing);
    let detail =
        |name: &str| details.get(name).and_then(Value::as_str).map(str::trim).filter(|s| !s.is_empty());
    let source = payload.source.iter().map(|source| source.trim().to_owned());
    let names = NAMES.iter().filter_map(|name| detail(name)).map(str::to_owned);
    let (title, evidence) = words(event, payload, details);
    Told {
        title,
        tool: detail("tool").and_then(|text| ToolId::new(text).ok()).or_else(|| defaults.tool.clone()),
        category: detail("category").and_then(|text| text.parse::<Category>().ok()).or(defaults.category),
        site: detail("site").and_then(|text| SiteId::new(text).ok()).or_else(|| defaults.site.clone()),
        names: source.chain(names).collect(),
        evidence,
        // An occurrence begins when it comes; the sender's own instant stands in the evidence.
        ..bare(key, says, defaults, now)
    }
}

/// The title, and everything else that it says.
fn words(event: &Event, payload: &Payload, details: &Map<String, Value>) -> (String, Vec<Evidence>) {
    let mut lines = Lines::default();
    let title = match payload.summary.trim() {
        "" => "an event without a summary",
        text => text,
    };
    let title = lines.cut(title, MAX_TITLE_CHARS);
    let members = [
        ("source", &payload.source),
        ("severity", &payload.severity),
        ("component", &payload.component),
        ("group", &payload.group),
        ("class", &payload.class),
        ("timestamp", &payload.timestamp),
        ("client", &event.client),
        ("client url", &event.client_url),
    ];
    for (name, value) in members {
        lines.push(name, value.as_deref().unwrap_or_default());
    }
    for (name, value) in details {
        match value {
            Value::String(text) => lines.push(name, text),
            other => lines.push(name, &other.to_string()),
        }
    }
    if let Some(other) =
        payload.custom_details.as_ref().filter(|details| !details.is_object() && !details.is_null())
    {
        lines.push("details", other.as_str().map_or_else(|| other.to_string(), str::to_owned).as_str());
    }
    for link in event.links.iter().flatten() {
        let name = link.text.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or("link");
        lines.push(name, link.href.as_deref().unwrap_or_default());
    }
    for image in event.images.iter().flatten() {
        let name = image.alt.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or("picture");
        lines.push(name, image.src.as_deref().or(image.href.as_deref()).unwrap_or_default());
    }
    (title, lines.finish())
}

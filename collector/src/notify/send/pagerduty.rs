//! PagerDuty's Events API v2: trigger, acknowledge and resolve, each with the key that makes a repetition harmless.

use dogwatch_triage::{
    finding::Severity,
    notice::incident::{Action, Incident},
};
use serde_json::{Value, json};

use super::{
    super::{Line, Message, Subject, channels::Secret, template::plain},
    slack::cut,
};

/// The longest summary that is taken.
const MAX_SUMMARY_CHARS: usize = 1024;

/// The longest key that is taken.
const MAX_KEY_CHARS: usize = 255;

/// One event for each incident that a message speaks of.
pub(super) fn bodies(message: &Message, routing_key: &Secret) -> Vec<Vec<u8>> {
    let events: Vec<Value> = match &message.subject {
        Subject::Items { org_name, lines, incidents, .. } => {
            incidents.iter().map(|incident| event(incident, org_name, lines, routing_key)).collect()
        }
        Subject::Summary { .. } => vec![summary(message, routing_key)],
    };
    events.into_iter().map(|event| event.to_string().into_bytes()).collect()
}

fn event(incident: &Incident, org_name: &str, lines: &[Line], routing_key: &Secret) -> Value {
    let mut event = json!({
        "routing_key": routing_key.reveal(),
        "event_action": incident.action,
        "dedup_key": cut(&incident.key, MAX_KEY_CHARS),
    });
    if incident.action == Action::Trigger {
        let line = incident.alerts.first().and_then(|first| lines.iter().find(|line| line.number == *first));
        event["client"] = json!("Dogwatch");
        event["payload"] = payload(incident, org_name, line);
    }
    event
}

fn payload(incident: &Incident, org_name: &str, line: Option<&Line>) -> Value {
    let count = incident.alerts.len();
    let title = line.map_or_else(|| "an item".to_owned(), |line| plain(&line.title));
    let title = if count > 1 { format!("{count} items, first: {title}") } else { title };
    let endpoint = line.map(|line| plain(&line.endpoint)).filter(|name| !name.is_empty());
    let mut payload = json!({
        "summary": cut(&format!("[{}] {title}", plain(org_name)), MAX_SUMMARY_CHARS),
        "source": endpoint.unwrap_or_else(|| plain(org_name)),
        "severity": severity(line.map_or(Severity::Critical, |line| line.severity)),
        "timestamp": line.map(|line| line.at),
        "component": line.map(|line| line.category.as_str()),
        "group": line.map(|line| line.site.as_str()),
        "class": line.map(|line| line.rule.as_str()),
        "custom_details": {
            "items": incident.alerts.iter().take(100).map(ToString::to_string).collect::<Vec<_>>(),
            "priority": line.map(|line| line.priority),
            "reason": line.map(|line| line.reason.in_words()),
            "owner": line.map(|line| line.owner.as_str()),
        },
    });
    // The schema knows strings and absence, no null.
    if let Some(fields) = payload.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    payload
}

fn summary(message: &Message, routing_key: &Secret) -> Value {
    json!({
        "routing_key": routing_key.reveal(),
        "event_action": Action::Trigger,
        "dedup_key": cut(&format!("dogwatch/{}", message.id), MAX_KEY_CHARS),
        "client": "Dogwatch",
        "payload": {
            "summary": cut(&plain(&message.headline()), MAX_SUMMARY_CHARS),
            "source": "Dogwatch",
            "severity": "critical",
        },
    })
}

/// PagerDuty's words for ours.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

//! Which hiders hold for an item at an instant.

use jiff::Timestamp;

use super::{Window, outage::Outage};
use crate::{
    alert::{Alert, AlertNumber, Condition, Hider, Priority, Work},
    filter,
    finding::Severity,
};

/// What explains other items: found by the caller among the open ones, since only it knows the rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Explained<'a> {
    /// The open item that says this endpoint is away.
    pub offline: Option<&'a Alert>,
    /// The open item that says its site is unreachable.
    pub site: Option<&'a Alert>,
    /// The collector itself is suspected, since and until when.
    pub storm: Option<&'a Outage>,
}

impl Explained<'_> {
    /// Whether an item may explain others: it is open and its condition holds.
    pub fn may_explain(alert: &Alert) -> bool {
        alert.work != Work::Done && alert.condition != Condition::Cleared
    }
}

/// Every hider that holds for `alert` at `at`, the strongest first: what people planned, then what explains it, then
/// the storm.
pub fn hiders<'w>(
    alert: &Alert,
    endpoint: Option<&filter::Row<'_>>,
    windows: impl Iterator<Item = &'w Window>,
    explained: &Explained<'_>,
    at: Timestamp,
) -> Vec<Hider> {
    let mut hiders = Vec::new();
    for window in windows {
        if !window.is_about(&alert.org, &alert.site) || is_out_of_reach(alert, window) {
            continue;
        }
        let Some(span) = window.span_at(at) else { continue };
        if window.covers((&alert.org, &alert.site), (alert.category, &alert.tool), endpoint) {
            hiders.push(Hider::Window { window: window.id.clone(), until: span.end });
        }
    }
    let by = |other: Option<&Alert>| {
        other
            .filter(|other| other.number != alert.number && Explained::may_explain(other))
            .map(|other| Hider::Alert { number: other.number, why: other.title.clone() })
    };
    hiders.extend(by(explained.site).filter(|_| alert.endpoint.is_some()));
    hiders.extend(by(explained.offline));
    let storm = explained.storm.filter(|_| is_about_presence(alert, explained.offline));
    hiders.extend(storm.map(|storm| Hider::Storm { until: storm.until }));
    hiders
}

/// What no plan foresaw stays visible: what a person opened by hand, and the gravest items when a window names its whole
/// org and nothing else. Who plans to break something that grave can name it.
fn is_out_of_reach(alert: &Alert, window: &Window) -> bool {
    let gravest = alert.priority == Priority::P1 && alert.severity == Severity::Critical;
    alert.opened_by.is_some() || (gravest && !window.is_narrowed())
}

/// A storm hides only what the collector's own network can have caused: that an endpoint is away.
fn is_about_presence(alert: &Alert, offline: Option<&Alert>) -> bool {
    offline.is_some_and(|offline| offline.number == alert.number)
}

/// Whether `number` is what hides by one of these.
pub fn hides(hiders: &[Hider], number: AlertNumber) -> bool {
    hiders.iter().any(|hider| matches!(hider, Hider::Alert { number: by, .. } if *by == number))
}

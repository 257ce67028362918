//! What may be asked of several routes: the names of their query parameters, as the guard lets them through.

use crate::api::extract::ANY;

/// What a page may be asked with: anything, for links to it get parameters on the way, and a browser's user wrote none of them.
pub(super) const LINKED: &[&str] = &[ANY];

/// What of the fleet may be asked for.
pub(super) const FLEET: &[&str] = &["filter", "sort", "limit", "cursor", "state", "fields"];

/// What of the queue may be asked for.
pub(super) const QUEUE: &[&str] = &["state", "filter", "hidden", "mine", "team", "limit", "cursor", "fields"];

/// What of a list with an org may be asked for.
pub(super) const OF_ORG: &[&str] = &["org", "limit", "cursor"];

/// What of a list may be asked for.
pub(super) const PAGED: &[&str] = &["limit", "cursor"];

/// What of the events may be asked for.
pub(super) const EVENTS: &[&str] = &["kinds", "org", "after"];

/// What `who` may be asked.
pub(super) const WHO: &[&str] = &["about", "alert", "endpoint", "severity", "at", "org", "week", "expect"];

/// What of the audit may be asked for.
pub(super) const AUDIT: &[&str] = &["org", "from", "until", "by", "act", "order", "cursor", "limit"];

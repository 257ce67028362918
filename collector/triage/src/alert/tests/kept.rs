//! Alerts as they were kept before hand-offs, timers and chains: they load, and nobody is called for them at once.

use super::*;

/// What the first release wrote.
const OF_BEFORE: &str = r#"{
    "number": 7, "version": 3, "org": "acme", "site": "toronto",
    "endpoint": "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11", "endpoint_name": "srv-01",
    "rule": "backup-failed", "subject": "nightly", "category": "backup", "tool": "backup",
    "severity": "critical", "priority": "P2", "title": "backup job nightly failed", "evidence": [],
    "condition": "firing", "work": "unclaimed", "visibility": "normal",
    "owner": {
        "team": "msp-noc", "side": "msp", "row": "backup-nights",
        "first_responder_until": "2026-10-01T08:10:00Z",
        "matrix_version": "0123456789ab", "why": ["row `backup-nights` matches"]
    },
    "touched": false,
    "since": "2026-10-01T08:00:00Z", "first_seen": "2026-10-01T08:00:00Z",
    "last_seen": "2026-10-01T08:00:00Z", "count": 1
}"#;

fn desk_tick(alert: &Alert) -> Option<Change> {
    let (matrix, policy) = (matrix(), Policy::default());
    tick(alert, &[], &Desk { matrix: &matrix, policy: &policy }, at(0))
}

#[test]
fn what_was_kept_before_loads_and_calls_nobody_at_once() {
    let alert: Alert = serde_json::from_str(OF_BEFORE).unwrap();
    assert_eq!((alert.work, alert.offer.as_ref(), alert.hidden_by.len()), (Work::Unclaimed, None, 0));
    assert_eq!(desk_tick(&alert), None, "what could have been decided long ago was");
    let again = serde_json::to_string(&alert).unwrap();
    assert_eq!(serde_json::from_str::<Alert>(&again).unwrap(), alert);
    let claimed = done(&alert, &CLAIM, &mira(), 0);
    assert_eq!((desk_tick(&claimed), claimed.progress.worked_at), (None, Some(at(0))));
    let released = done(&claimed, &RELEASE, &mira(), 1);
    let (matrix, policy) = (matrix(), Policy::default());
    let next = next_due(&released, &[], &Desk { matrix: &matrix, policy: &policy }, at(1));
    assert_eq!(next, Some(at(16)), "from then on it is like any other");
}

#[test]
fn what_was_kept_with_its_progress_loads_too() {
    let with_progress = OF_BEFORE.trim_end_matches('}').to_owned()
        + r#", "progress": {"began": "2026-11-02T08:00:00Z", "steps": 1, "handed_over": true}}"#;
    let alert: Alert = serde_json::from_str(&with_progress).unwrap();
    assert_eq!((alert.progress.steps, alert.free_since(), alert.progress.answered), (1, at(0), false));
}

#[test]
fn timelines_of_before_load() {
    let kept = r#"[
        {"at": "2026-10-01T08:00:00Z", "by": {}, "event": "created", "title": "t", "severity": "critical"},
        {"at": "2026-10-01T08:05:00Z", "by": {"person": "mira", "side": "msp"}, "event": "claimed"},
        {"at": "2026-10-01T08:06:00Z", "by": {"person": "mira", "side": "msp"}, "event": "override",
         "act": "close", "reason": "here"}
    ]"#;
    let timeline: Vec<TimelineEvent> = serde_json::from_str(kept).unwrap();
    assert_eq!(kinds(&timeline), ["created", "claimed", "override"]);
}

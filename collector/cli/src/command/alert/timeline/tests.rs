//! Every kind of entry that there is, as the collector writes it, in words.

use dogwatch_triage::{
    alert::{
        AlertNumber, Clock, EventKind, Hider, Link, Measure, Owner, Packet, Priority, Relation,
        TimelineEvent, Told, WaitOn,
    },
    finding::Severity,
};
use jiff::tz::TimeZone;

use super::*;
use crate::args::Format;

fn at() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn owner() -> Owner {
    Owner {
        team: "noc".parse().unwrap(),
        side: dogwatch_model::Side::Msp,
        row: Some("nights".parse().unwrap()),
        calendar: None,
        until: None,
        first_responder_until: None,
        matrix_version: "0123456789ab".into(),
        why: Vec::new(),
    }
}

fn packet() -> Packet {
    Packet {
        tried: "restarted".into(),
        state: "fails".into(),
        why_you: "your share".into(),
        blocked: Some("payroll".into()),
        deadline: Some(at()),
        links: vec!["https://x/a,b".into(), "https://y/".into()],
    }
}

fn window() -> Hider {
    Hider::Window { window: "w3".parse().unwrap(), until: at() }
}

fn told(told: Told) -> EventKind {
    EventKind::Notified { who: "kim".into(), channel: "mail".parse().unwrap(), key: "k".into(), told }
}

fn work() -> Vec<(EventKind, &'static str)> {
    let text = || "hm".to_owned();
    vec![
        (
            EventKind::Created { title: "disk full".into(), severity: Severity::Critical },
            "created, critical: disk full",
        ),
        (EventKind::OpenedByHand { text: text() }, "opened by hand: “hm”"),
        (
            EventKind::Moved { from: "main".parse().unwrap(), to: "attic".parse().unwrap() },
            "its endpoint moved from main to attic",
        ),
        (EventKind::Routed { owner: owner() }, "routed to noc (msp) by row nights"),
        (
            EventKind::Routed { owner: Owner { row: None, ..owner() } },
            "routed to noc (msp) by the last resort",
        ),
        (
            EventKind::SeverityChanged { from: Severity::Warning, to: Severity::Critical },
            "severity warning → critical",
        ),
        (EventKind::Cleared, "cleared"),
        (EventKind::Returned, "the condition returned"),
        (EventKind::Reopened, "it came again and was reopened"),
        (EventKind::ReopenedByHand { reason: text() }, "reopened: hm"),
        (EventKind::Acknowledged, "acknowledged"),
        (EventKind::Override { act: "claim".into(), reason: text() }, "override to claim: hm"),
        (EventKind::Claimed, "claimed"),
        (EventKind::Released, "released"),
        (EventKind::Assigned { to: "kim".parse().unwrap() }, "assigned to kim"),
        (
            EventKind::Prioritised { from: Priority::P3, to: Priority::P1, reason: text() },
            "priority P3 → P1: hm",
        ),
        (EventKind::Comment { text: text() }, "“hm”"),
        (EventKind::Closed { resolution: text() }, "closed: hm"),
        (
            EventKind::Linked { link: Link { relation: Relation::DuplicateOf, to: AlertNumber(7) } },
            "duplicate of #7",
        ),
        (EventKind::Linked { link: Link { relation: Relation::Joint, to: AlertNumber(7) } }, "joint with #7"),
        (EventKind::Feedback { noise: true, text: String::new() }, "was noise"),
        (EventKind::Feedback { noise: false, text: text() }, "was worth it: hm"),
    ]
}

fn boundary() -> Vec<(EventKind, &'static str)> {
    vec![
        (
            EventKind::Offered { to: "it".parse().unwrap(), packet: packet(), not_ours: true },
            "offered to it, never belonged there; tried: restarted; state: fails; why you: your share; \
             blocked: payroll; deadline: 2026-11-22 12:00; see: https://x/a,b https://y/",
        ),
        (EventKind::OfferWithdrawn, "took the offer back"),
        (EventKind::OfferExpired, "the offer was not answered in time"),
        (EventKind::Accepted, "accepted the hand-off"),
        (EventKind::Declined { reason: "no".into(), not_ours: false }, "declined: no"),
        (
            EventKind::HandedOver { owner: owner() },
            "nobody claimed it in time; handed over to noc (msp) by row nights",
        ),
        (
            EventKind::Escalated {
                step: Some(2),
                to: "rota nights (mira)".into(),
                person: None,
                empty: None,
                why: "15m unclaimed".into(),
            },
            "escalated, step 2: rota nights (mira); 15m unclaimed",
        ),
        (
            EventKind::Escalated {
                step: None,
                to: "noc".into(),
                person: None,
                empty: None,
                why: "the chain ended".into(),
            },
            "escalated, to the last resort: noc; the chain ended",
        ),
        (EventKind::Measured { measure: Measure::DoubleTicket, how: "as #7".into() }, "double ticket: as #7"),
    ]
}

fn machine() -> Vec<(EventKind, &'static str)> {
    let (until, deadline) = (at(), at());
    vec![
        (EventKind::Reminded, "reminded its holder that nothing happens"),
        (EventKind::Lapsed, "nothing happened for long; it is free again"),
        (
            EventKind::SideLeft { side: dogwatch_model::Side::Msp },
            "the msp side has left; what it had is free again",
        ),
        (
            EventKind::Waits { on: WaitOn::Vendor, until, reason: "case 1".into() },
            "waits for vendor until 2026-11-22 12:00: case 1",
        ),
        (EventKind::WaitEnded, "it waits no more"),
        (EventKind::Snoozed { until, reason: "closed".into() }, "snoozed until 2026-11-22 12:00: closed"),
        (EventKind::Woke, "woke"),
        (EventKind::Hidden { hider: window() }, "hidden by window w3 until 2026-11-22 12:00"),
        (
            EventKind::Hidden {
                hider: Hider::Alert { number: AlertNumber(7), why: "srv-01 is offline".into() },
            },
            "hidden by #7: srv-01 is offline",
        ),
        (
            EventKind::Unhidden { hider: Hider::Storm { until } },
            "no longer hidden by a storm at the collector, until 2026-11-22 12:00",
        ),
        (EventKind::FlappingBegan { returns: 4 }, "it comes and goes, 4 times lately"),
        (EventKind::FlappingEnded, "it has calmed down"),
        (
            EventKind::SlaWarned { clock: Clock::Response, percent: 75, deadline },
            "75 % of the time to response is used up; it ends 2026-11-22 12:00",
        ),
        (
            EventKind::SlaBreached { clock: Clock::Resolve, deadline },
            "the time to resolve ran out at 2026-11-22 12:00",
        ),
        (told(Told::Delivered { tries: 1 }), "told kim through mail"),
        (
            told(Told::Failed { tries: 8, error: "550 no such box".into() }),
            "could not tell kim through mail (8 tries): 550 no such box",
        ),
        (
            EventKind::NotNotified { who: "kim".into(), why: "no channel".into() },
            "did not tell kim: no channel",
        ),
    ]
}

#[test]
fn every_entry_has_words() {
    let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
    let entries = [work(), boundary(), machine()].concat();
    for (kind, words) in &entries {
        let event = TimelineEvent::by_dogwatch(at(), kind.clone());
        assert_eq!(happened(&serde_json::to_value(event).unwrap(), &screen), *words, "{kind:?}");
    }
    // By the names in the source: a kind that joins later must join here.
    let mut seen: Vec<_> = entries.iter().map(|(kind, _)| core::mem::discriminant(kind)).collect();
    seen.dedup();
    assert_eq!(seen.len(), KINDS);
}

/// How many kinds of entries there are; `counted` below does not compile while one is missing.
const KINDS: usize = 42;

#[expect(dead_code, reason = "it is there to be compiled")]
fn counted(kind: &EventKind) {
    match kind {
        EventKind::Created { .. } | EventKind::Routed { .. } | EventKind::SeverityChanged { .. } => {}
        EventKind::Cleared | EventKind::Returned | EventKind::Reopened | EventKind::Acknowledged => {}
        EventKind::Override { .. } | EventKind::Claimed | EventKind::Released | EventKind::Comment { .. } => {
        }
        EventKind::Closed { .. } | EventKind::OpenedByHand { .. } | EventKind::ReopenedByHand { .. } => {}
        EventKind::Assigned { .. } | EventKind::Prioritised { .. } | EventKind::Offered { .. } => {}
        EventKind::OfferWithdrawn | EventKind::OfferExpired | EventKind::Accepted => {}
        EventKind::Declined { .. } | EventKind::HandedOver { .. } | EventKind::Escalated { .. } => {}
        EventKind::Reminded | EventKind::Lapsed | EventKind::Waits { .. } | EventKind::WaitEnded => {}
        EventKind::Snoozed { .. } | EventKind::Woke | EventKind::Hidden { .. } => {}
        EventKind::Unhidden { .. } | EventKind::FlappingBegan { .. } | EventKind::FlappingEnded => {}
        EventKind::SlaWarned { .. } | EventKind::SlaBreached { .. } | EventKind::Notified { .. } => {}
        EventKind::NotNotified { .. } | EventKind::Linked { .. } | EventKind::Measured { .. } => {}
        EventKind::Feedback { .. } | EventKind::Moved { .. } | EventKind::SideLeft { .. } => {}
    }
}

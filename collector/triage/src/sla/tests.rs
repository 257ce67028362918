//! Tables for what each clock counts. What must hold for every timeline is in `properties`.

use dogwatch_model::{PersonId, RowId, Side, TeamId, WindowId};

use super::*;
use crate::{
    alert::{Actor, AlertNumber, Hider, Owner, Packet, Priority},
    finding::{Category, Finding, Severity},
    specimen,
};

mod properties;

const ORG: &str = r#"
[org]
id = "acme"
last_resort = "noc"

[[team]]
id = "noc"
side = "msp"

[[team]]
id = "it"
side = "internal"

[[calendar]]
id = "office"
zone = "@ZONE@"
hours = ["mon-fri 09:00-17:00"]

[[row]]
id = "days"
during = "office"
responsible = "it"
accountable = "it"

[[row]]
id = "nights"
outside = "office"
responsible = "noc"
accountable = "it"

[[row]]
id = "always"
responsible = "noc"
accountable = "it"
"#;

fn org() -> Matrix {
    in_zone("Europe/London")
}

fn in_zone(zone: &str) -> Matrix {
    Matrix::parse(&ORG.replace("@ZONE@", zone), "acme.toml", "0".repeat(12), None).unwrap()
}

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Minutes after Monday 12 January 2026, 09:00 in London, when the office opens.
fn minute(minute: i64) -> Timestamp {
    t("2026-01-12T09:00:00Z") + SignedDuration::from_mins(minute)
}

fn owner(row: &str) -> Owner {
    Owner {
        team: TeamId::new("noc").unwrap(),
        side: Side::Msp,
        row: Some(RowId::new(row).unwrap()),
        calendar: None,
        until: None,
        first_responder_until: None,
        matrix_version: "0".repeat(12),
        why: vec![],
    }
}

/// An alert that came in at an instant by a row, and its timeline so far.
fn came_in(row: &str, priority: Priority, at: Timestamp) -> (Alert, Vec<TimelineEvent>) {
    let finding = Finding {
        rule: dogwatch_model::RuleId::new("backup-failed").unwrap(),
        subject: String::new(),
        category: Category::Backup,
        tool: dogwatch_model::ToolId::new("backup").unwrap(),
        severity: Severity::Critical,
        title: "backup failed".into(),
        evidence: vec![],
        since: at,
    };
    let (alert, events) = Alert::open(AlertNumber(1), &finding, &specimen::silent_server(), owner(row), at);
    (Alert { priority, ..alert }, events)
}

fn mira() -> Actor {
    Actor::person(PersonId::new("mira").unwrap(), Side::Msp, None)
}

fn event(at: Timestamp, kind: EventKind) -> TimelineEvent {
    TimelineEvent { at, by: mira(), kind }
}

fn waits(on: WaitOn) -> EventKind {
    EventKind::Waits { on, until: Timestamp::MAX, reason: "so".into() }
}

fn window() -> Hider {
    Hider::Window { window: WindowId::new("patching").unwrap(), until: Timestamp::MAX }
}

fn mins(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// Used and promised minutes, how it stands, and the deadline in minutes.
fn told(clock: &ClockState) -> String {
    let state = match (clock.stopped_at, clock.paused_by) {
        (Some(_), _) => "stopped",
        (None, Some(pause)) => pause.as_str(),
        (None, None) => "running",
    };
    let breached = clock.breached_at.map(|_| " breached").unwrap_or_default();
    let deadline = clock.deadline.map(|at| format!(" by {}", at.duration_since(minute(0)).as_mins()));
    let deadline = deadline.unwrap_or_default();
    format!("{}/{} {state}{deadline}{breached}", clock.used.as_mins(), clock.promised.as_mins())
}

#[test]
fn the_response_clock_stops_at_the_first_claim_and_the_resolve_clock_at_the_end() {
    let (alert, mut timeline) = came_in("always", Priority::P1, minute(0));
    let both = |timeline: &[TimelineEvent], at| {
        let clocks = clocks(&alert, timeline, &org(), minute(at));
        (told(&clocks.response), told(&clocks.resolve))
    };
    assert_eq!(both(&timeline, 0), ("0/15 running by 15".into(), "0/240 running by 240".into()));
    assert_eq!(both(&timeline, 20), ("20/15 running by 15 breached".into(), "20/240 running by 240".into()));
    timeline.push(event(minute(5), EventKind::Acknowledged));
    timeline.push(event(minute(10), EventKind::Claimed));
    timeline.push(event(minute(30), EventKind::Released));
    timeline.push(event(minute(40), EventKind::Claimed));
    assert_eq!(both(&timeline, 9).0, "9/15 running by 15");
    assert_eq!(both(&timeline, 60), ("10/15 stopped".into(), "60/240 running by 240".into()));
    timeline.push(event(minute(100), EventKind::Closed { resolution: "mended".into() }));
    assert_eq!(both(&timeline, 300), ("10/15 stopped".into(), "100/240 stopped".into()));
    assert_eq!(both(&timeline, 99).1, "99/240 running by 240", "what comes later is not looked at");
}

#[test]
fn marks_say_when_each_share_is_used_up() {
    let (alert, timeline) = came_in("always", Priority::P1, minute(0));
    let clock = clocks(&alert, &timeline, &org(), minute(130)).resolve;
    let marks: Vec<_> = clock.marks.iter().map(|mark| (mark.percent, mark.at)).collect();
    assert_eq!(marks, [(50, minute(120)), (75, minute(180)), (90, minute(216)), (100, minute(240))]);
    assert_eq!(
        (clock.reached(minute(119)), clock.reached(minute(120)), clock.reached(minute(999))),
        (0, 50, 100)
    );
    assert_eq!(clock.next_mark(minute(180)).unwrap().percent, 90);
    assert_eq!(clock.next_mark(minute(240)), None);
}

#[test]
fn a_late_claim_stays_a_breach() {
    let (alert, mut timeline) = came_in("always", Priority::P1, minute(0));
    timeline.push(event(minute(20), EventKind::Claimed));
    let clock = clocks(&alert, &timeline, &org(), minute(90)).response;
    assert_eq!(told(&clock), "20/15 stopped by 15 breached");
    assert_eq!(clock.breached_at, Some(minute(15)));
}

#[test]
fn business_hours_are_those_of_the_row_and_a_row_without_hours_has_all() {
    let matrix = org();
    // From Monday 16:00: one hour of the office is left, nights run until Tuesday 09:00.
    let from = 7 * 60;
    let told = |row: &str, priority, at| {
        let (alert, timeline) = came_in(row, priority, minute(from));
        told(&clocks(&alert, &timeline, &matrix, minute(from + at)).resolve)
    };
    let day = 24 * 60;
    assert_eq!(told("days", Priority::P2, 30), format!("30/480 running by {}", day + 7 * 60));
    assert_eq!(told("days", Priority::P2, 120), format!("60/480 hours by {}", day + 7 * 60));
    // Three business days of eight hours: Monday one hour, Tuesday and Wednesday eight, Thursday seven.
    assert_eq!(told("days", Priority::P3, 0), format!("0/1440 running by {}", 3 * day + 7 * 60));
    assert_eq!(told("nights", Priority::P2, 30), format!("0/480 hours by {}", 8 * 60 + 480));
    assert_eq!(told("always", Priority::P3, 60), format!("60/4320 running by {}", from + 3 * day));
    assert_eq!(told("days", Priority::P1, 120), format!("120/240 running by {}", from + 240));
}

#[test]
fn the_sides_clocks_stand_while_it_waits_or_is_hidden_and_a_snooze_stops_nothing() {
    let (alert, mut timeline) = came_in("always", Priority::P1, minute(0));
    timeline.push(event(minute(1), EventKind::Claimed));
    timeline.push(event(minute(10), waits(WaitOn::User)));
    timeline.push(event(minute(20), EventKind::Hidden { hider: window() }));
    timeline.push(event(minute(30), EventKind::WaitEnded));
    timeline.push(event(minute(50), EventKind::Unhidden { hider: window() }));
    let snoozed = EventKind::Snoozed { until: minute(200), reason: "lunch".into() };
    timeline.push(event(minute(60), snoozed));
    let told = |at| told(&clocks(&alert, &timeline, &org(), minute(at)).resolve);
    assert_eq!(told(10), "10/240 user");
    assert_eq!(told(25), "10/240 user");
    assert_eq!(told(35), "10/240 hidden", "a deadline depends on when the window ends");
    assert_eq!(told(50), "10/240 running by 280");
    assert_eq!(told(100), "60/240 running by 280");
}

#[test]
fn what_is_hidden_when_it_comes_in_or_is_hidden_twice_counts_when_all_has_ended() {
    let (alert, mut timeline) = came_in("always", Priority::P1, minute(0));
    let storm = |until| Hider::Storm { until: minute(until) };
    timeline.push(event(minute(0), EventKind::Hidden { hider: window() }));
    timeline.push(event(minute(5), EventKind::Hidden { hider: storm(20) }));
    timeline.push(event(minute(10), EventKind::Unhidden { hider: window() }));
    // The storm was longer than it was said to be at first.
    timeline.push(event(minute(30), EventKind::Unhidden { hider: storm(30) }));
    let told = |at| told(&clocks(&alert, &timeline, &org(), minute(at)).response);
    assert_eq!((told(7), told(15)), ("0/15 hidden".into(), "0/15 hidden".into()));
    assert_eq!(told(40), "10/15 running by 45");
}

/// An org whose vendor promises an hour, and whose class promises the same to all.
fn with_class(runs: &str) -> Matrix {
    let promise = format!("{{ response = \"30m\", resolve = \"100m\", runs = \"{runs}\" }}");
    let class = format!(
        "[[vendor]]\nid = \"veeam\"\ncalendar = \"office\"\nresponse = \"1h\"\n\
         [[sla]]\nid = \"gold\"\naccept = \"20m\"\np1 = {promise}\np2 = {promise}\n"
    );
    let text = ORG
        .replace("@ZONE@", "Europe/London")
        .replace("last_resort = \"noc\"", "last_resort = \"noc\"\nsla = \"gold\"")
        .replace("accountable = \"it\"", "accountable = \"it\"\nvendor = \"veeam\"");
    Matrix::parse(&format!("{text}{class}"), "acme.toml", "0".repeat(12), None).unwrap()
}

#[test]
fn the_vendors_clock_runs_by_its_own_desk_while_those_of_the_sides_stand() {
    let matrix = with_class("always");
    let (alert, mut timeline) = came_in("always", Priority::P2, minute(0));
    assert_eq!(clocks(&alert, &timeline, &matrix, minute(0)).vendor, None);
    timeline.push(event(minute(0), EventKind::Claimed));
    // Monday 16:30, half an hour before the vendor's desk closes.
    timeline.push(event(minute(450), waits(WaitOn::Vendor)));
    let both = |timeline: &[TimelineEvent], at| {
        let clocks = clocks(&alert, timeline, &matrix, minute(at));
        (told(&clocks.resolve), told(&clocks.vendor.unwrap()))
    };
    assert_eq!(both(&timeline, 500), ("450/100 vendor by 100 breached".into(), "30/60 hours by 1470".into()));
    timeline.push(event(minute(1450), EventKind::WaitEnded));
    assert_eq!(both(&timeline, 1460).1, "40/60 stopped");
    timeline.push(event(minute(1500), waits(WaitOn::Vendor)));
    assert_eq!(both(&timeline, 1510).1, "10/60 running by 1560", "each call is a promise of its own");
}

#[test]
fn an_offer_has_a_clock_between_the_sides_until_it_is_answered() {
    let matrix = with_class("with-row");
    let (alert, mut timeline) = came_in("always", Priority::P2, minute(0));
    let packet = Packet {
        tried: "restart".into(),
        state: "down".into(),
        why_you: "yours".into(),
        blocked: None,
        deadline: None,
        links: vec![],
    };
    let offered = EventKind::Offered { to: TeamId::new("it").unwrap(), packet, not_ours: false };
    timeline.push(event(minute(10), offered.clone()));
    let told =
        |timeline: &[TimelineEvent], at| told(&clocks(&alert, timeline, &matrix, minute(at)).accept.unwrap());
    assert_eq!(told(&timeline, 15), "5/20 running by 30");
    timeline.push(event(minute(18), EventKind::Declined { reason: "no".into(), not_ours: false }));
    assert_eq!(told(&timeline, 60), "8/20 stopped");
    timeline.push(event(minute(70), offered));
    timeline.push(event(minute(95), EventKind::OfferExpired));
    assert_eq!(told(&timeline, 100), "25/20 stopped by 90 breached");
}

#[test]
fn a_new_life_has_new_clocks_and_what_hides_it_still_does() {
    let (alert, mut timeline) = came_in("always", Priority::P1, minute(0));
    timeline.push(event(minute(5), EventKind::Claimed));
    timeline.push(event(minute(8), EventKind::Hidden { hider: window() }));
    timeline.push(event(minute(9), EventKind::Closed { resolution: "mended".into() }));
    timeline.push(event(minute(60), EventKind::Reopened));
    timeline.push(event(minute(60), EventKind::Routed { owner: owner("days") }));
    timeline.push(event(minute(70), EventKind::Unhidden { hider: window() }));
    let clocks = clocks(&alert, &timeline, &org(), minute(72));
    assert_eq!((clocks.response.began, told(&clocks.response)), (minute(60), "2/15 running by 85".into()));
}

#[test]
fn a_promise_is_made_once_by_the_row_that_it_came_in_by_and_changes_with_the_priority() {
    let (alert, mut timeline) = came_in("days", Priority::P2, minute(420));
    let nights = EventKind::Routed { owner: owner("nights") };
    timeline.push(TimelineEvent::by_dogwatch(minute(480), nights));
    let moved = Alert { owner: owner("nights"), ..alert };
    assert_eq!(told(&clocks(&moved, &timeline, &org(), minute(600)).resolve), "60/480 hours by 1860");
    let urgent = Alert { priority: Priority::P1, ..moved };
    assert_eq!(told(&clocks(&urgent, &timeline, &org(), minute(600)).resolve), "180/240 running by 660");
}

#[test]
fn what_would_be_promised_now_is_what_is_promised_to_what_comes_in_now() {
    let matrix = org();
    for (row, priority) in [("days", Priority::P3), ("nights", Priority::P2), ("always", Priority::P1)] {
        for at in [0, 600] {
            let (alert, timeline) = came_in(row, priority, minute(at));
            let came = clocks(&alert, &timeline, &matrix, minute(at));
            let row = matrix.row(&RowId::new(row).unwrap());
            assert_eq!(fresh(&matrix, row, priority, minute(at)), came, "{row:?} {at}");
        }
    }
}

#[test]
fn clocks_survive_json_and_a_row_that_is_gone() {
    let (alert, timeline) = came_in("gone", Priority::P4, minute(0));
    let told = clocks(&alert, &timeline, &org(), minute(30));
    assert_eq!(told.response.promised, mins(480));
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(serde_json::from_value::<Clocks>(json).unwrap(), told);
}

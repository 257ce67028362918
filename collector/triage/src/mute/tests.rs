use dogwatch_model::{EndpointId, OrgId, PersonId, Side, WindowId};
use jiff::{SignedDuration, Timestamp, civil::date};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    NewWindow, Outage, Recurrence, Silence, Window, WindowError,
    outage::{Limits, of_fleet, of_site},
};
use crate::alert::Actor;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn actor() -> Actor {
    Actor::person(PersonId::new("mira").unwrap(), Side::Msp, None)
}

fn plan(starts: &str, zone: &str, every: &str) -> NewWindow {
    NewWindow {
        org: OrgId::new("acme").unwrap(),
        site: None,
        filter: None,
        categories: Vec::new(),
        tools: Vec::new(),
        starts: starts.parse().unwrap(),
        zone: zone.to_owned(),
        lasts: SignedDuration::from_hours(2),
        every: every.parse().unwrap(),
        last_day: None,
        reason: "monthly patches".to_owned(),
    }
}

fn window(plan: NewWindow, made: &str) -> Result<Window, WindowError> {
    Window::new(WindowId::new("w1").unwrap(), plan, actor(), at(made))
}

#[test]
fn recurrences_read_back_as_written() {
    for text in ["once", "daily", "weekly mon,thu", "monthly 15", "monthly 2nd tue", "monthly last fri +4"] {
        assert_eq!(text.parse::<Recurrence>().unwrap().to_string(), text);
    }
    for text in ["", "weekly", "weekly fun", "monthly 32", "monthly 5th tue", "monthly 2nd tue 4", "yearly"] {
        assert!(text.parse::<Recurrence>().is_err(), "{text}");
    }
}

#[test]
fn four_days_after_the_second_tuesday_is_not_always_a_second_saturday() {
    let every: Recurrence = "monthly 2nd tue +4".parse().unwrap();
    let first = date(2026, 1, 1);
    let begins: Vec<_> = first.series(jiff::Span::new().days(1)).take(365).collect();
    let begins: Vec<_> = begins.into_iter().filter(|day| every.begins_on(first, *day)).collect();
    assert_eq!(begins.len(), 12);
    // 2026-12-08 is the second Tuesday, and the second Saturday is the same week's 12th; in August it is not.
    assert!(begins.contains(&date(2026, 12, 12)));
    assert!(begins.contains(&date(2026, 8, 15)));
    assert!(!begins.contains(&date(2026, 8, 8)));
}

#[test]
fn a_window_is_two_hours_of_real_time_in_the_night_that_has_25() {
    let window =
        window(plan("2026-10-31T23:30", "America/Toronto", "daily"), "2026-10-01T00:00:00Z").unwrap();
    // 1 November, 01:30 comes twice; the window began at 23:30 the evening before and ended at 01:30 the first time.
    assert!(window.span_at(at("2026-11-01T05:29:59Z")).is_some());
    assert!(window.span_at(at("2026-11-01T05:30:00Z")).is_none());
    // The next evening it begins an hour later by the sun, at the same time on the wall.
    assert_eq!(
        window.span_at_or_after(at("2026-11-01T06:00:00Z")).unwrap().start,
        at("2026-11-02T04:30:00Z")
    );
}

#[test]
fn a_start_in_the_hour_that_is_jumped_over_happens_at_the_jump() {
    let window =
        window(plan("2027-03-01T02:30", "America/Toronto", "daily"), "2027-02-01T00:00:00Z").unwrap();
    let span = window.span_at_or_after(at("2027-03-14T06:00:00Z")).unwrap();
    assert_eq!(span.start, at("2027-03-14T07:00:00Z"));
    assert_eq!(span.end, at("2027-03-14T09:00:00Z"));
}

#[test]
fn what_would_never_begin_and_what_has_no_reason_is_refused() {
    let past = window(plan("2026-01-01T00:00", "UTC", "once"), "2026-02-01T00:00:00Z");
    assert!(matches!(past, Err(WindowError::Never(_))), "{past:?}");
    let silent = NewWindow { reason: " ".to_owned(), ..plan("2026-12-01T00:00", "UTC", "once") };
    assert_eq!(window(silent, "2026-02-01T00:00:00Z"), Err(WindowError::Reason));
    let long = NewWindow { lasts: SignedDuration::from_hours(73), ..plan("2026-12-01T00:00", "UTC", "once") };
    assert!(matches!(window(long, "2026-02-01T00:00:00Z"), Err(WindowError::Length(_))));
    let zone = window(plan("2026-12-01T00:00", "Mars/Olympus", "once"), "2026-02-01T00:00:00Z");
    assert_eq!(zone, Err(WindowError::Zone("Mars/Olympus".to_owned())));
    let typed =
        NewWindow { filter: Some("os:linux -tag:lab".to_owned()), ..plan("2026-12-01T00:00", "UTC", "once") };
    let kept = window(typed, "2026-02-01T00:00:00Z").unwrap();
    assert_eq!(kept.plan.filter.as_deref(), Some("os.family == \"linux\" && !(\"lab\" in tags)"));
    let filter = NewWindow { filter: Some("os.famly".to_owned()), ..plan("2026-12-01T00:00", "UTC", "once") };
    assert!(matches!(window(filter, "2026-02-01T00:00:00Z"), Err(WindowError::Filter(_))));
}

#[test]
fn a_window_that_was_ended_covers_nothing_from_that_instant_on() {
    let mut ended = window(plan("2026-12-01T00:00", "UTC", "daily"), "2026-11-01T00:00:00Z").unwrap();
    ended.ended_at = Some(at("2026-12-03T01:00:00Z"));
    assert!(ended.span_at(at("2026-12-03T00:59:59Z")).is_some());
    assert!(ended.span_at(at("2026-12-03T01:00:00Z")).is_none());
    assert_eq!(ended.span_at_or_after(at("2026-12-04T00:30:00Z")), None);
}

#[test]
fn a_window_is_read_back_from_its_row_as_it_was() {
    let made =
        window(plan("2026-12-01T00:00", "Europe/London", "monthly 2nd tue +4"), "2026-11-01T00:00:00Z");
    let made = made.unwrap();
    let row = serde_json::to_string(&made).unwrap();
    assert_eq!(serde_json::from_str::<Window>(&row).unwrap(), made);
}

#[test]
fn a_window_that_would_hide_without_a_break_is_refused() {
    let made = |every: &str, lasts| {
        let plan = plan("2026-12-01T00:00", "America/Toronto", every);
        window(NewWindow { lasts, ..plan }, "2026-11-01T00:00:00Z")
    };
    let joins_up =
        |every: &str, lasts: SignedDuration| matches!(made(every, lasts), Err(WindowError::JoinsUp { .. }));
    let hours = SignedDuration::from_hours;
    assert!(joins_up("daily", hours(24)), "they touch");
    assert!(joins_up("daily", hours(72)));
    assert!(joins_up("weekly mon,tue", hours(25)), "they overlap");
    assert!(joins_up("weekly mon,wed,fri,sun", hours(48)));
    assert!(joins_up("daily", hours(23)), "the night in March is an hour shorter");
    assert!(!joins_up("daily", hours(22)));
    assert!(!joins_up("weekly mon,thu", hours(70)));
    assert!(!joins_up("monthly 1", hours(72)));
    assert!(!joins_up("once", hours(72)));
    let said = made("daily", hours(24)).unwrap_err().to_string();
    assert!(said.contains("without a break") && said.contains("make it shorter"), "{said}");
}

#[test]
fn a_window_of_a_mistyped_year_says_so_and_one_of_next_year_is_found() {
    for starts in ["9999-12-30T00:00", "9999-12-31T23:00", "2062-01-01T00:00"] {
        let said = window(plan(starts, "UTC", "once"), "2026-11-01T00:00:00Z").unwrap_err();
        assert!(said.to_string().contains("more than five years ahead"), "{said}");
    }
    let later = window(plan("2028-06-01T00:00", "UTC", "weekly mon"), "2026-11-01T00:00:00Z").unwrap();
    assert_eq!(later.span_at_or_after(at("2026-11-01T00:00:00Z")).unwrap().start, at("2028-06-05T00:00:00Z"));
}

#[test]
fn a_window_knows_when_it_is_over() {
    let once = window(plan("2026-12-01T00:00", "UTC", "once"), "2026-11-01T00:00:00Z").unwrap();
    assert_eq!(once.over_at(), Some(at("2026-12-01T02:00:00Z")));
    assert!(!once.is_over(at("2026-12-01T01:59:59Z")) && once.is_over(at("2026-12-01T02:00:00Z")));
    let daily = plan("2026-12-01T00:00", "UTC", "weekly tue");
    let mut standing = window(daily.clone(), "2026-11-01T00:00:00Z").unwrap();
    assert_eq!(standing.over_at(), None);
    standing.ended_at = Some(at("2026-12-03T00:00:00Z"));
    assert_eq!(standing.over_at(), standing.ended_at);
    let limited = NewWindow { last_day: Some(date(2026, 12, 20)), ..daily };
    let limited = window(limited, "2026-11-01T00:00:00Z").unwrap();
    assert_eq!(limited.over_at(), Some(at("2026-12-15T02:00:00Z")));
    assert_eq!(limited.span_at_or_after(at("2026-12-15T02:00:00Z")), None);
}

proptest! {
    /// Looking from any instant finds the same stretches as walking through all of them.
    #[test]
    fn a_stretch_is_the_same_from_wherever_it_is_looked_at(
        offset in 0_i64..200_000,
        (every, most) in prop::sample::select(vec![
            ("daily", 22), ("weekly mon,sat", 46), ("monthly 31", 72), ("monthly last sun +14", 72),
        ]),
        zone in prop::sample::select(vec!["America/Toronto", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/London"]),
        hours in 1_i64..=72,
    ) {
        // What lasts longer joins up with the next.
        let plan = NewWindow { lasts: SignedDuration::from_hours(hours.min(most)), ..plan("2026-10-20T01:45", zone, every) };
        let made = window(plan, "2026-10-01T00:00:00Z").unwrap();
        let from = at("2026-10-01T00:00:00Z");
        let now = from + SignedDuration::from_mins(offset);
        let found = made.span_at_or_after(now).unwrap();
        prop_assert!(found.end > now);
        // Every stretch until then ends before `now`.
        let mut walk = from;
        loop {
            let span = made.span_at_or_after(walk).unwrap();
            if span.end > now {
                prop_assert_eq!(span, found);
                break;
            }
            walk = span.end;
        }
    }
}

fn silence(n: u128, since: Option<i64>, gateway: bool) -> Silence {
    let since = since.map(|second| Timestamp::from_second(second).unwrap());
    Silence { endpoint: EndpointId(Uuid::from_u128(n)), since, gateway }
}

fn site(silent_at: &[i64], alive: usize) -> Vec<Silence> {
    let silent = silent_at.iter().map(|at| silence(1, Some(*at), false));
    silent.chain((0..alive).map(|_| silence(2, None, false))).collect()
}

fn sizes(outage: Option<Outage>) -> Option<(usize, usize)> {
    outage.map(|outage| (outage.silent, outage.of))
}

#[test]
fn a_site_is_unreachable_when_half_of_it_falls_silent_at_once() {
    let limits = Limits::default();
    assert_eq!(sizes(of_site(&site(&[10, 20, 30], 3), &limits)), Some((3, 6)));
    assert_eq!(sizes(of_site(&site(&[10, 20], 1), &limits)), None, "two servers are two alerts");
    assert_eq!(sizes(of_site(&site(&[10, 20, 30], 4), &limits)), None, "less than half");
    assert_eq!(sizes(of_site(&site(&[10, 20, 900], 2), &limits)), None, "not at once");
    assert_eq!(
        sizes(of_site(&site(&[0, 900, 910, 920], 2), &limits)),
        Some((3, 6)),
        "the old one is another story"
    );
}

#[test]
fn a_silent_gateway_explains_what_falls_silent_with_it() {
    let limits = Limits::default();
    let mut behind = site(&[10], 8);
    behind.push(silence(9, Some(5), true));
    assert_eq!(sizes(of_site(&behind, &limits)), Some((2, 10)));
    let mut alone = site(&[], 8);
    alone.push(silence(9, Some(5), true));
    assert_eq!(of_site(&alone, &limits), None);
}

#[test]
fn the_collector_suspects_itself_only_when_several_sites_go_at_once() {
    let limits = Limits::default();
    let one = vec![site(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0), site(&[], 2)];
    assert_eq!(of_fleet(&one, &limits), None, "one site is that site's story");
    let two = vec![site(&[1, 2, 3, 4, 5, 6], 0), site(&[1, 2, 3, 4], 3)];
    let outage = of_fleet(&two, &limits).unwrap();
    assert_eq!((outage.silent, outage.of), (10, 13));
    assert_eq!(outage.until, Timestamp::from_second(601).unwrap());
}

//! Tables for the days on which clocks change, and properties over them.

use jiff::{SignedDuration, Timestamp, civil::date};

use super::*;

fn calendar(zone: &str, lines: &[&str]) -> Calendar {
    let mut hours = Hours::default();
    for line in lines {
        hours.add(line).unwrap();
    }
    Calendar::new(CalendarId::new("c").unwrap(), zone, hours, BTreeMap::new()).unwrap()
}

fn with(mut calendar: Calendar, day: Date, name: &str, spans: &[&str]) -> Calendar {
    let spans = spans.iter().map(|span| LocalSpan::parse(span).unwrap()).collect();
    calendar.special.insert(day, Special { name: name.into(), spans });
    calendar
}

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn spans(calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    let shown = |span: Span| format!("{} {}", span.start, span.end);
    calendar.open_spans(t(from), t(to)).map(shown).collect()
}

#[test]
fn hours_read_as_people_write_them() {
    let mut hours = Hours::default();
    hours.add("fri-mon 22:00-06:00").unwrap();
    hours.add("Tue,thu 08:00-12:00 13:00-17:00").unwrap();
    let count = |day| hours.of(day).len();
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    let counts = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday].map(count);
    assert_eq!(counts, [1, 2, 0, 2, 1, 1, 1]);
}

#[test]
fn hours_that_cannot_be_read_say_what_is_wrong_with_them() {
    let wrong = |line: &str| Hours::default().add(line).unwrap_err().to_string();
    for (line, what) in [
        ("", "is not hours"),
        ("mon-fri", "is not hours"),
        ("mon-fri 0800", "is not hours"),
        ("mo-fr 08:00-18:00", "`mo` is not a day"),
        ("mon 8:00-18:00", "`8:00` is not a time of day"),
        ("mon 08:00-24:01", "`24:01` is not a time of day"),
        ("mon 08:60-18:00", "`08:60` is not a time of day"),
        ("mon 24:00-06:00", "`24:00` is not a time of day"),
        ("mon 08:00-08:00", "has no length"),
    ] {
        assert!(wrong(line).contains(what), "{line}: {}", wrong(line));
    }
}

#[test]
fn an_ambiguous_end_is_its_last_occurrence_and_an_ambiguous_start_its_first() {
    // Toronto, 1 November 2026: 02:00 EDT becomes 01:00 EST at 06:00 UTC. 01:30 comes at 05:30 and at 06:30 UTC.
    let ends = calendar("America/Toronto", &["sat 22:00-01:30"]);
    assert_eq!(
        spans(&ends, "2026-10-31T12:00:00Z", "2026-11-02T00:00:00Z"),
        ["2026-11-01T02:00:00Z 2026-11-01T06:30:00Z"]
    );
    let starts = calendar("America/Toronto", &["sun 01:30-08:00"]);
    assert_eq!(
        spans(&starts, "2026-10-31T12:00:00Z", "2026-11-02T00:00:00Z"),
        ["2026-11-01T05:30:00Z 2026-11-01T13:00:00Z"]
    );
}

#[test]
fn a_skipped_time_moves_forward_to_the_first_moment_that_exists() {
    // Toronto, 8 March 2026: 02:00 EST becomes 03:00 EDT at 07:00 UTC.
    let jump = "2026-03-08T07:00:00Z";
    let ends = calendar("America/Toronto", &["sat 22:00-02:30"]);
    let starts = calendar("America/Toronto", &["sun 02:30-08:00"]);
    let inside = calendar("America/Toronto", &["sun 02:10-02:50"]);
    let (from, to) = ("2026-03-07T12:00:00Z", "2026-03-09T00:00:00Z");
    assert_eq!(spans(&ends, from, to), [format!("2026-03-08T03:00:00Z {jump}")]);
    assert_eq!(spans(&starts, from, to), [format!("{jump} 2026-03-08T12:00:00Z")]);
    assert!(spans(&inside, from, to).is_empty());
    // Lord Howe moves by half an hour: 4 October 2026, 02:00 becomes 02:30 at 15:30 UTC the day before.
    let lord_howe = calendar("Australia/Lord_Howe", &["sun 02:15-06:00"]);
    assert_eq!(
        spans(&lord_howe, "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"),
        ["2026-10-03T15:30:00Z 2026-10-03T19:00:00Z"]
    );
}

#[test]
fn a_date_that_never_was_has_no_hours() {
    // Samoa went from 29 to 31 December 2011 at midnight.
    let apia = calendar("Pacific/Apia", &["mon-sun 08:00-16:00"]);
    assert_eq!(apia.open_spans(t("2011-12-29T00:00:00Z"), t("2011-12-31T12:00:00Z")).count(), 3);
    assert_eq!(spans(&apia, "2011-12-30T00:00:00Z", "2011-12-30T20:00:00Z").len(), 2);
    let round = calendar("Pacific/Apia", &["mon-sun 00:00-24:00"]);
    assert_eq!(round.open_spans(t("2011-12-20T00:00:00Z"), t("2012-01-05T00:00:00Z")).count(), 1);
}

#[test]
fn holidays_close_exceptions_override_and_spans_belong_to_the_date_they_begin_on() {
    let office = calendar("Europe/London", &["mon-fri 09:00-17:00"]);
    let office = with(office, date(2026, 12, 25), "Christmas Day", &[]);
    let office = with(office, date(2026, 12, 24), "Christmas Eve", &["09:00-12:00"]);
    assert!(office.contains(t("2026-12-23T16:59:59Z")));
    assert!(office.contains(t("2026-12-24T11:59:59Z")));
    assert!(!office.contains(t("2026-12-24T12:00:00Z")));
    assert!(!office.contains(t("2026-12-25T10:00:00Z")));
    assert_eq!(office.next_change(t("2026-12-24T12:00:00Z")), Some(t("2026-12-28T09:00:00Z")));
    assert_eq!(office.special_at(t("2026-12-25T10:00:00Z")).unwrap().name, "Christmas Day");

    let night = calendar("Europe/London", &["mon-sun 22:00-06:00"]);
    let night = with(night, date(2026, 12, 25), "Christmas Day", &[]);
    assert!(night.contains(t("2026-12-25T05:59:00Z")), "the shift of the 24th works to its end");
    assert!(!night.contains(t("2026-12-25T22:00:00Z")));
    assert!(!night.contains(t("2026-12-26T05:00:00Z")));
}

#[test]
fn always_and_never_do_not_change_and_a_far_change_is_found() {
    let at = t("2026-11-02T00:00:00Z");
    let always = calendar("Asia/Kolkata", &["mon-sun 00:00-24:00"]);
    assert_eq!(always.state(at), State { open: true, until: None });
    assert_eq!(calendar("Asia/Kolkata", &[]).state(at), State { open: false, until: None });
    let but_new_year = with(always, date(2027, 1, 1), "New Year", &[]);
    assert_eq!(but_new_year.state(at), State { open: true, until: Some(t("2026-12-31T18:30:00Z")) });
    let weekly = calendar("Asia/Kolkata", &["sat-sun 00:00-24:00"]);
    assert_eq!(weekly.next_change(t("2026-11-06T18:30:00Z")), Some(t("2026-11-08T18:30:00Z")));
}

#[test]
fn an_unknown_zone_is_an_error() {
    let id = CalendarId::new("c").unwrap();
    assert!(Calendar::new(id, "America/Tronto", Hours::default(), BTreeMap::new()).is_err());
}

/// Both weeks of 2026 in which each zone's clocks change; Kolkata's never do.
pub(crate) const DST_WEEKS: [(&str, &str); 8] = [
    ("America/Toronto", "2026-03-05T00:00:00Z"),
    ("America/Toronto", "2026-10-29T00:00:00Z"),
    ("Europe/London", "2026-03-26T00:00:00Z"),
    ("Europe/London", "2026-10-22T00:00:00Z"),
    ("Asia/Kolkata", "2026-03-26T00:00:00Z"),
    ("Asia/Kolkata", "2026-10-22T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-01T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-09-30T00:00:00Z"),
];

/// Every minute of the week that begins at `from`.
pub(crate) fn minutes_of_week(from: &str) -> impl Iterator<Item = Timestamp> {
    let from = t(from);
    (0..7 * 24 * 60).map(move |minute| from + SignedDuration::from_mins(minute))
}

/// What the wall clock alone says, away from changes of the clocks: nothing of the code under test.
fn by_wall_clock(calendar: &Calendar, at: Timestamp, open: impl Fn(i8, i64) -> bool) -> bool {
    let local = calendar.zone().to_datetime(at);
    let minutes = i64::from(local.hour()) * 60 + i64::from(local.minute());
    open(local.weekday().to_monday_one_offset(), minutes)
}

#[test]
fn spans_minutes_and_changes_agree_over_every_minute_of_the_weeks_the_clocks_change() {
    for (zone, from) in DST_WEEKS {
        for lines in [
            &["mon-fri 08:00-18:00"][..],
            &["mon-sun 22:00-06:00"],
            &["mon-sun 01:30-02:15", "sun 01:00-01:30"],
            &["sat 18:00-02:10", "sun 02:10-23:59"],
            &["mon-sun 00:00-24:00"],
        ] {
            let calendar = calendar(zone, lines);
            let spans: Vec<_> =
                calendar.open_spans(t(from), t(from) + SignedDuration::from_hours(24 * 7)).collect();
            assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start), "merged and in order");
            let mut expected_change: Option<(Timestamp, bool)> = None;
            for at in minutes_of_week(from) {
                let open = calendar.contains(at);
                assert_eq!(open, spans.iter().any(|span| span.has(at)), "{zone} {lines:?} {at}");
                if let Some((change, before)) = expected_change.filter(|(change, _)| at <= *change) {
                    assert_eq!(open, before != (at == change), "{zone} {lines:?} {at}");
                }
                if expected_change.is_none_or(|(change, _)| at >= change) {
                    expected_change = calendar.next_change(at).map(|change| (change, open));
                }
            }
        }
    }
}

#[test]
fn office_hours_are_what_the_wall_clock_shows_on_every_minute_of_the_weeks_the_clocks_change() {
    for (zone, from) in DST_WEEKS {
        let office = calendar(zone, &["mon-fri 08:00-18:00"]);
        let nights = calendar(zone, &["mon-sun 22:00-06:00"]);
        for at in minutes_of_week(from) {
            let day = by_wall_clock(&office, at, |day, m| day <= 5 && (480..1080).contains(&m));
            let night = by_wall_clock(&nights, at, |_, m| !(360..1320).contains(&m));
            assert_eq!((office.contains(at), nights.contains(at)), (day, night), "{zone} {at}");
        }
    }
}

#[test]
fn two_shifts_that_meet_leave_no_minute_to_nobody() {
    for (zone, from) in DST_WEEKS {
        for meet in ["00:00", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00"] {
            let early = calendar(zone, &[&format!("mon-sun {meet}-12:00")]);
            let late = calendar(zone, &[&format!("mon-sun 12:00-{}", meet.replace("00:00", "24:00"))]);
            let nobody = minutes_of_week(from).find(|at| !early.contains(*at) && !late.contains(*at));
            assert_eq!(nobody, None, "{zone} {meet}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn spans_are_exactly_the_minutes_inside_for_any_hours_around_any_change_of_the_clocks(
        week in 0..DST_WEEKS.len(),
        ranges in proptest::collection::vec((0..7_usize, 0..24_i32 * 60, 1..24_i32 * 60), 1..8),
    ) {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let clock = |minutes: i32| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
        let lines: Vec<_> = ranges
            .iter()
            .map(|(day, start, length)| format!("{} {}-{}", DAYS[*day], clock(*start), clock(start + length)))
            .collect();
        let (zone, from) = DST_WEEKS[week];
        let calendar = calendar(zone, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let to = t(from) + SignedDuration::from_hours(24 * 7);
        let spans: Vec<_> =
            calendar.open_spans(t(from), to).collect();
        for at in minutes_of_week(from) {
            proptest::prop_assert_eq!(
                calendar.contains(at),
                spans.iter().any(|span| span.has(at)),
                "{} {:?} {}", zone, lines, at
            );
        }
        for pair in spans.windows(2) {
            proptest::prop_assert!(pair[0].end < pair[1].start);
            let between = State { open: false, until: Some(pair[1].start) };
            proptest::prop_assert_eq!(calendar.state(pair[0].end), between);
            // The end of the last one is exact only up to the end of the week that was asked for.
            if pair[1].end <= to {
                let inside = State { open: true, until: Some(pair[1].end) };
                proptest::prop_assert_eq!(calendar.state(pair[1].start), inside);
            }
        }
    }
}

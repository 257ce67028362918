//! Tables for whom a rota and a chain call, through swaps, deputies, holidays and changes of the clocks.

use dogwatch_model::CalendarId;
use jiff::{SignedDuration, civil::date, tz::TimeZone};

use super::*;
use crate::{
    calendar::{
        first_of,
        tests::{DST_WEEKS, minutes_of_week},
    },
    matrix::{Call, Deputy, Matrix, Party, Step, Vendor},
};

const ORG: &str = r#"
[org]
id = "acme"
last_resort = "it"

[[team]]
id = "noc"
side = "msp"

[[team]]
id = "it"
side = "internal"

[[person]]
id = "mira"
team = "noc"

[[person]]
id = "otto"
team = "noc"

[[person]]
id = "pia"
team = "noc"

[[person]]
id = "ivan"
team = "it"

[[calendar]]
id = "nights"
zone = "@ZONE@"
hours = ["mon-fri 18:00-08:00", "sat,sun 00:00-24:00"]

[[row]]
id = "all"
responsible = "noc"
accountable = "it"
"#;

/// Three people of one team in weekly turns, from Monday 5 January 2026 at 09:00, and one alone on the other side.
pub(crate) fn org(zone: &str) -> Matrix {
    let mut matrix = Matrix::parse(&ORG.replace("@ZONE@", zone), "acme.toml", "0".repeat(12), None).unwrap();
    let (known, rows, _) = matrix.parts();
    let id = |name: &str| PersonId::new(name).unwrap();
    let rota = |name: &str, team: &str, people: &[&str]| Rota {
        id: dogwatch_model::RotaId::new(name).unwrap(),
        team: TeamId::new(team).unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        zone_name: zone.into(),
        people: people.iter().map(|name| id(name)).collect(),
        turn_days: 7,
        starts: date(2026, 1, 5),
        hand_over: jiff::civil::time(9, 0, 0, 0),
        during: None,
        overrides: Vec::new(),
        line: 0,
    };
    for rota in [rota("noc-week", "noc", &["mira", "otto", "pia"]), rota("it-week", "it", &["ivan"])] {
        known.teams.get_mut(&rota.team).unwrap().rota = Some(rota.id.clone());
        known.rotas.insert(rota.id.clone(), rota);
    }
    let vendor = Vendor {
        id: dogwatch_model::VendorId::new("veeam").unwrap(),
        name: "Veeam".into(),
        contact: Some("+1 800 555 0199".into()),
        contract: Some("4711".into()),
        calendar: None,
        response: Some(SignedDuration::from_hours(4)),
    };
    known.vendors.insert(vendor.id.clone(), vendor);
    rows[0].escalation = [
        (15, Call::Party(Party::Team(TeamId::new("noc").unwrap()))),
        (30, Call::Rota(dogwatch_model::RotaId::new("it-week").unwrap())),
        (45, Call::Vendor(dogwatch_model::VendorId::new("veeam").unwrap())),
        (60, Call::Party(Party::Person(id("mira")))),
    ]
    .map(|(minutes, to)| Step { after: SignedDuration::from_mins(minutes), to, line: 0 })
    .to_vec();
    matrix
}

fn noc_rota(matrix: &mut Matrix) -> &mut Rota {
    matrix.parts().0.rotas.get_mut(&dogwatch_model::RotaId::new("noc-week").unwrap()).unwrap()
}

fn person<'m>(matrix: &'m mut Matrix, id: &str) -> &'m mut Person {
    matrix.parts().0.people.get_mut(&PersonId::new(id).unwrap()).unwrap()
}

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noc() -> TeamId {
    TeamId::new("noc").unwrap()
}

fn id(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

/// Who, how and until when, in one line.
fn told(matrix: &Matrix, at: &str) -> String {
    let duty = on_duty(matrix.directory(), &noc(), t(at));
    let who = duty.person.map_or("nobody", |person| person.id.as_str());
    let until = duty.until.map_or_else(|| "on".to_owned(), |until| until.to_string());
    format!("{who} {} {until}", duty.via)
}

#[test]
fn turns_change_at_the_local_hand_over_through_changes_of_the_clocks() {
    let matrix = org("America/Toronto");
    // 09:00 is 14:00 UTC in winter and 13:00 in summer; the clocks change on 8 March and 1 November.
    for (at, expected) in [
        ("2026-01-05T13:59:59Z", "nobody nobody 2026-01-05T14:00:00Z"),
        ("2026-01-05T14:00:00Z", "mira turn 2026-01-12T14:00:00Z"),
        ("2026-01-12T13:59:59Z", "mira turn 2026-01-12T14:00:00Z"),
        ("2026-01-12T14:00:00Z", "otto turn 2026-01-19T14:00:00Z"),
        ("2026-01-25T14:00:00Z", "pia turn 2026-01-26T14:00:00Z"),
        ("2026-01-26T14:00:00Z", "mira turn 2026-02-02T14:00:00Z"),
        ("2026-03-09T12:59:59Z", "pia turn 2026-03-09T13:00:00Z"),
        ("2026-03-09T13:00:00Z", "mira turn 2026-03-16T13:00:00Z"),
        ("2026-11-02T13:59:59Z", "mira turn 2026-11-02T14:00:00Z"),
        ("2026-11-02T14:00:00Z", "otto turn 2026-11-09T14:00:00Z"),
    ] {
        assert_eq!(told(&matrix, at), expected, "{at}");
    }
    let alone = on_duty(matrix.directory(), &TeamId::new("it").unwrap(), t("2026-03-09T13:00:00Z"));
    assert_eq!(
        (alone.person.unwrap().id.as_str(), alone.until),
        ("ivan", None),
        "there is nobody to change to"
    );
}

#[test]
fn a_hand_over_that_comes_twice_or_not_at_all_goes_by_the_rule_of_calendars() {
    let mut matrix = org("America/Toronto");
    let rota = noc_rota(&mut matrix);
    (rota.turn_days, rota.starts) = (1, date(2026, 3, 1));
    rota.hand_over = jiff::civil::time(2, 30, 0, 0);
    // 02:30 of 8 March is skipped: the moment after it is 07:00 UTC.
    assert_eq!(told(&matrix, "2026-03-08T06:59:59Z"), "mira turn 2026-03-08T07:00:00Z");
    assert_eq!(told(&matrix, "2026-03-08T07:00:00Z"), "otto turn 2026-03-09T06:30:00Z");
    noc_rota(&mut matrix).hand_over = jiff::civil::time(1, 30, 0, 0);
    // 01:30 of 1 November comes at 05:30 and 06:30 UTC: the first counts, and it happens once.
    assert_eq!(told(&matrix, "2026-11-01T05:29:59Z"), "otto turn 2026-11-01T05:30:00Z");
    for at in ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T06:45:00Z"] {
        assert_eq!(told(&matrix, at), "pia turn 2026-11-02T06:30:00Z", "{at}");
    }
    // Samoa had no 30 December 2011: its turn has no length.
    let mut apia = org("Pacific/Apia");
    let rota = noc_rota(&mut apia);
    (rota.turn_days, rota.starts, rota.hand_over) = (1, date(2011, 12, 28), jiff::civil::time(0, 0, 0, 0));
    assert_eq!(told(&apia, "2011-12-30T09:59:59Z"), "otto turn 2011-12-30T10:00:00Z");
    assert_eq!(told(&apia, "2011-12-30T10:00:00Z"), "mira turn 2011-12-31T10:00:00Z");
}

#[test]
fn a_swap_wins_over_the_turn_and_over_the_calendar_and_the_last_of_several_counts() {
    let mut matrix = org("Europe/London");
    let rota = noc_rota(&mut matrix);
    rota.during = Some(CalendarId::new("nights").unwrap());
    let swap = |person: &str, from: &str, until: &str, reason: Option<&str>| Swap {
        person: id(person),
        from: t(from),
        until: t(until),
        reason: reason.map(str::to_owned),
    };
    rota.overrides = vec![
        swap("otto", "2026-01-06T12:00:00Z", "2026-01-06T20:00:00Z", None),
        swap("pia", "2026-01-06T13:00:00Z", "2026-01-06T14:00:00Z", Some("dentist")),
    ];
    for (at, expected) in [
        ("2026-01-06T07:59:59Z", "mira turn 2026-01-06T08:00:00Z"),
        ("2026-01-06T08:00:00Z", "nobody nobody 2026-01-06T12:00:00Z"),
        ("2026-01-06T12:00:00Z", "otto swap 2026-01-06T13:00:00Z"),
        ("2026-01-06T13:00:00Z", "pia swap 2026-01-06T14:00:00Z"),
        ("2026-01-06T14:00:00Z", "otto swap 2026-01-06T20:00:00Z"),
        ("2026-01-06T20:00:00Z", "mira turn 2026-01-07T08:00:00Z"),
    ] {
        assert_eq!(told(&matrix, at), expected, "{at}");
    }
    let why = |at: &str| on_duty(matrix.directory(), &noc(), t(at)).why;
    assert_eq!(why("2026-01-06T13:00:00Z"), "`pia` swapped in on rota `noc-week`: dentist");
    assert_eq!(
        why("2026-01-06T09:00:00Z"),
        "nobody of rota `noc-week` is on call while calendar `nights` is closed"
    );
}

#[test]
fn deputies_stand_in_by_date_of_the_zone_of_whom_they_stand_in_for() {
    let mut matrix = org("Europe/London");
    let deputy = |person: &str, day| Deputy {
        person: id(person),
        from: date(2026, 1, day),
        until: date(2026, 1, day),
    };
    let mira = person(&mut matrix, "mira");
    mira.zone = Some("Asia/Kolkata".into());
    mira.deputies = vec![deputy("otto", 7), deputy("pia", 8)];
    for (at, expected) in [
        ("2026-01-06T18:29:59Z", "mira turn 2026-01-06T18:30:00Z"),
        ("2026-01-06T18:30:00Z", "otto deputy 2026-01-07T18:30:00Z"),
        ("2026-01-07T18:30:00Z", "pia deputy 2026-01-08T18:30:00Z"),
        ("2026-01-08T18:30:00Z", "mira turn 2026-01-12T09:00:00Z"),
    ] {
        assert_eq!(told(&matrix, at), expected, "{at}");
    }
    let why = on_duty(matrix.directory(), &noc(), t("2026-01-07T00:00:00Z")).why;
    assert_eq!(why, "`mira` has the turn on rota `noc-week`; `otto` stands in for `mira`");
}

#[test]
fn who_cannot_be_called_is_skipped_to_whoever_can_and_nobody_has_a_reason() {
    let whole_month =
        |person: &str| Deputy { person: id(person), from: date(2026, 1, 1), until: date(2026, 1, 31) };
    let mut matrix = org("Europe/London");
    let at = "2026-01-06T12:00:00Z";
    let why = |matrix: &Matrix| on_duty(matrix.directory(), &noc(), t(at)).why;
    person(&mut matrix, "mira").disabled = true;
    assert_eq!(told(&matrix, at), "nobody nobody 2026-01-12T09:00:00Z");
    assert!(
        why(&matrix).ends_with("; `mira` is disabled and has no deputy for that day"),
        "{}",
        why(&matrix)
    );

    // A deputy who is away has a deputy in turn; of two the first who can be reached counts.
    person(&mut matrix, "mira").deputies = vec![whole_month("otto"), whole_month("ivan")];
    person(&mut matrix, "otto").deputies = vec![whole_month("pia")];
    assert_eq!(told(&matrix, at), "pia deputy 2026-01-12T09:00:00Z");
    person(&mut matrix, "pia").disabled = true;
    assert_eq!(told(&matrix, at), "ivan deputy 2026-01-12T09:00:00Z");

    // In a circle there is nobody, and it ends.
    person(&mut matrix, "mira").deputies.pop();
    person(&mut matrix, "pia").deputies = vec![whole_month("mira")];
    assert_eq!(told(&matrix, at), "nobody nobody 2026-01-12T09:00:00Z");
    assert!(why(&matrix).ends_with("the deputies lead back to `mira`"), "{}", why(&matrix));

    noc_rota(&mut matrix).people.clear();
    assert_eq!(told(&matrix, at), "nobody nobody on");
    assert_eq!(why(&matrix), "nobody is on rota `noc-week`");
}

#[test]
fn a_team_without_a_rota_is_called_as_a_whole() {
    let mut matrix = org("Europe/London");
    matrix.parts().0.teams.get_mut(&noc()).unwrap().rota = None;
    assert_eq!(told(&matrix, "2026-01-06T12:00:00Z"), "nobody team on");
    assert!(!on_duty(matrix.directory(), &noc(), t("2026-01-06T12:00:00Z")).is_nobody());
}

/// Step, minute, whom, in one line each.
fn steps(chain: &[Called], began: Timestamp) -> Vec<String> {
    let line = |called: &Called| {
        let step = called.step.map_or_else(|| "end".to_owned(), |step| step.to_string());
        format!("{step} {} {}: {}", called.at.duration_since(began).as_mins(), called.team, called.to)
    };
    chain.iter().map(line).collect()
}

#[test]
fn a_chain_calls_whoever_is_on_duty_at_each_steps_own_instant_and_ends_with_the_last_resort() {
    let matrix = org("Europe/London");
    // Monday 12 January, 08:40: otto takes over from mira at 09:00.
    let began = t("2026-01-12T08:40:00Z");
    let called = chain(&matrix, Some(&matrix.rows()[0]), began, began);
    assert_eq!(
        steps(&called, began),
        [
            "1 15 noc: team noc (mira)",
            "2 30 it: rota it-week (ivan)",
            "3 45 noc: vendor Veeam (+1 800 555 0199, contract 4711)",
            "4 60 noc: person mira",
            "end 90 it: last resort it (ivan)",
        ]
    );
    assert_eq!(called[0].until, Some(t("2026-01-12T09:00:00Z")));
    // After the change of shift the same step is for whoever is on duty then.
    let later = chain(&matrix, Some(&matrix.rows()[0]), began, t("2026-01-12T09:00:00Z"));
    assert_eq!((later[0].to.as_str(), later[0].at), ("team noc (otto)", called[0].at));
    let at_the_hand_over = chain(&matrix, Some(&matrix.rows()[0]), t("2026-01-12T08:45:00Z"), began);
    assert_eq!(at_the_hand_over[0].to, "team noc (otto)");
}

#[test]
fn a_step_that_reaches_nobody_falls_through_to_the_last_resort_and_names_the_empty_rota() {
    let mut matrix = org("Europe/London");
    matrix.parts().0.rotas.get_mut(&dogwatch_model::RotaId::new("it-week").unwrap()).unwrap().people.clear();
    person(&mut matrix, "mira").disabled = true;
    let began = t("2026-01-20T12:00:00Z");
    let called = chain(&matrix, Some(&matrix.rows()[0]), began, began);
    assert_eq!(
        steps(&called, began),
        [
            "1 15 noc: team noc (pia)",
            "2 30 it: last resort it",
            "3 45 noc: vendor Veeam (+1 800 555 0199, contract 4711)",
            "4 60 it: last resort it",
            "end 90 it: last resort it",
        ]
    );
    assert_eq!(called[1].empty.as_ref().unwrap().as_str(), "it-week");
    assert!(
        called[1].why.starts_with("nobody is on rota `it-week`; `it` is the last resort"),
        "{}",
        called[1].why
    );
    assert!(called[3].why.contains("`mira` is disabled and has no deputy"), "{}", called[3].why);
}

#[test]
fn a_row_without_steps_and_an_alert_without_a_row_still_have_a_chain() {
    let mut matrix = org("Europe/London");
    matrix.parts().1[0].escalation.clear();
    let began = t("2026-01-20T12:00:00Z");
    assert_eq!(
        steps(&chain(&matrix, Some(&matrix.rows()[0]), began, began), began),
        ["end 30 it: last resort it (ivan)"]
    );
    assert_eq!(steps(&chain(&matrix, None, began, began), began), ["end 0 it: last resort it (ivan)"]);
}

/// The hand-overs of two years, one by one: nothing of the code under test but the rule of local times.
fn hand_overs(rota: &Rota) -> Vec<Timestamp> {
    let next =
        |day: &jiff::civil::Date| day.checked_add(jiff::Span::new().days(i64::from(rota.turn_days))).ok();
    core::iter::successors(Some(rota.starts), next)
        .take_while(|day| day.year() < 2028)
        .filter_map(|day| first_of(&rota.zone, day.to_datetime(rota.hand_over)))
        .collect()
}

#[test]
fn every_minute_of_the_weeks_the_clocks_change_has_the_person_counted_and_answers_hold_until_they_say() {
    for (zone, from) in DST_WEEKS {
        for (turn_days, hand_over) in [(1, (2, 15)), (1, (1, 30)), (2, (0, 0)), (7, (9, 0))] {
            let mut matrix = org(zone);
            let rota = noc_rota(&mut matrix);
            rota.turn_days = turn_days;
            rota.hand_over = jiff::civil::time(hand_over.0, hand_over.1, 0, 0);
            let rota = matrix.directory().rota(&dogwatch_model::RotaId::new("noc-week").unwrap()).unwrap();
            let hand_overs = hand_overs(rota);
            let mut held: Option<(Option<PersonId>, Timestamp)> = None;
            for at in minutes_of_week(from) {
                let duty = on_duty(matrix.directory(), &noc(), at);
                let who = duty.person.map(|person| person.id.clone());
                let begun = hand_overs.partition_point(|begins| *begins <= at);
                assert_eq!(
                    who.as_ref(),
                    Some(&rota.people[(begun - 1) % rota.people.len()]),
                    "{zone} {turn_days} {hand_over:?} {at}"
                );
                let until = duty.until.unwrap();
                assert!(until > at);
                if let Some((before, until)) = &held {
                    assert_eq!(*before == who, at < *until, "{zone} {turn_days} {hand_over:?} {at}");
                }
                held = Some((who, until));
            }
        }
    }
}

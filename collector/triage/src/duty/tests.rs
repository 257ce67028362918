//! Tables for whom a rota and a chain call, through swaps, deputies, holidays and changes of the clocks.

use super::*;
use crate::{
    calendar::{
        first_of,
        tests::{DST_WEEKS, minutes_of_week},
    },
    matrix::Matrix,
};

/// Three people of one team in weekly turns, from Monday 5 January 2026 at 09:00, and one alone on the other side. Each
/// test adds to the marked places.
const ORG: &str = r#"
[org]
id = "acme"
last_resort = "it"

[[team]]
id = "noc"
side = "msp"
rota = "noc-week"

[[team]]
id = "it"
side = "internal"
rota = "it-week"

[[person]]
id = "mira"
team = "noc"
# of mira

[[person]]
id = "otto"
team = "noc"
# of otto

[[person]]
id = "pia"
team = "noc"
# of pia

[[person]]
id = "ivan"
team = "it"

[[calendar]]
id = "nights"
zone = "@ZONE@"
hours = ["mon-fri 18:00-08:00", "sat,sun 00:00-24:00"]

[[rota]]
id = "noc-week"
team = "noc"
zone = "@ZONE@"
people = ["mira", "otto", "pia"]
turn = "7d"
starts = 2026-01-05
hand_over = "09:00"
# of noc-week

[[rota]]
id = "it-week"
team = "it"
zone = "@ZONE@"
people = ["ivan"]
starts = 2026-01-05

[[vendor]]
id = "veeam"
name = "Veeam"
contact = "+1 800 555 0199"
contract = "4711"
response = "4h"

[[row]]
id = "all"
responsible = "noc"
accountable = "it"
escalation = [
    { after = "15m", to = "noc" },
    { after = "30m", to = "it-week" },
    { after = "45m", to = "veeam" },
    { after = "60m", to = "mira" },
]
# of the row
"#;

/// The turns of `noc-week` as they stand in [`ORG`].
const TURNS: &str = "turn = \"7d\"\nstarts = 2026-01-05\nhand_over = \"09:00\"";

pub(crate) fn org(zone: &str) -> Matrix {
    org_with(zone, &[])
}

/// The org, with parts of its text replaced.
pub(crate) fn org_with(zone: &str, edits: &[(&str, &str)]) -> Matrix {
    let mut text = ORG.replace("@ZONE@", zone);
    for (part, by) in edits {
        assert_eq!(text.matches(part).count(), 1, "{part}");
        text = text.replace(part, by);
    }
    Matrix::parse(&text, "acme.toml", "0".repeat(12), None).unwrap()
}

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noc() -> TeamId {
    TeamId::new("noc").unwrap()
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
    let daily = |zone: &str, starts: &str, hand_over: &str| {
        let turns = format!("turn = \"1d\"\nstarts = {starts}\nhand_over = \"{hand_over}\"");
        org_with(zone, &[(TURNS, &turns)])
    };
    // 02:30 of 8 March is skipped: the moment after it is 07:00 UTC.
    let matrix = daily("America/Toronto", "2026-03-01", "02:30");
    assert_eq!(told(&matrix, "2026-03-08T06:59:59Z"), "mira turn 2026-03-08T07:00:00Z");
    assert_eq!(told(&matrix, "2026-03-08T07:00:00Z"), "otto turn 2026-03-09T06:30:00Z");
    // 01:30 of 1 November comes at 05:30 and 06:30 UTC: the first counts, and it happens once.
    let matrix = daily("America/Toronto", "2026-03-01", "01:30");
    assert_eq!(told(&matrix, "2026-11-01T05:29:59Z"), "otto turn 2026-11-01T05:30:00Z");
    for at in ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T06:45:00Z"] {
        assert_eq!(told(&matrix, at), "pia turn 2026-11-02T06:30:00Z", "{at}");
    }
    // Samoa had no 30 December 2011: its turn has no length.
    let apia = daily("Pacific/Apia", "2011-12-28", "00:00");
    assert_eq!(told(&apia, "2011-12-30T09:59:59Z"), "otto turn 2011-12-30T10:00:00Z");
    assert_eq!(told(&apia, "2011-12-30T10:00:00Z"), "mira turn 2011-12-31T10:00:00Z");
}

#[test]
fn a_swap_wins_over_the_turn_and_over_the_calendar_and_the_last_of_several_counts() {
    let swaps = r#"
during = "nights"
overrides = [
    { person = "otto", from = "2026-01-06 12:00", until = "2026-01-06 20:00" },
    { person = "pia", from = "2026-01-06 13:00", until = "2026-01-06 14:00", reason = "dentist" },
]"#;
    let matrix = org_with("Europe/London", &[("# of noc-week", swaps)]);
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
    let mira = r#"
zone = "Asia/Kolkata"
deputies = [
    { person = "otto", from = 2026-01-07, until = 2026-01-07 },
    { person = "pia", from = 2026-01-08, until = 2026-01-08 },
]"#;
    let matrix = org_with("Europe/London", &[("# of mira", mira)]);
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
    let at = "2026-01-06T12:00:00Z";
    let why = |matrix: &Matrix| on_duty(matrix.directory(), &noc(), t(at)).why;
    let deputies = |people: &[&str]| {
        let month = "from = 2026-01-01, until = 2026-01-31";
        let each = people.iter().map(|person| format!("{{ person = \"{person}\", {month} }}"));
        format!("deputies = [{}]", each.collect::<Vec<_>>().join(", "))
    };
    let with = |mira: &str, otto: &str, pia: &str| {
        org_with("Europe/London", &[("# of mira", mira), ("# of otto", otto), ("# of pia", pia)])
    };
    let disabled = with("disabled = true", "", "");
    assert_eq!(told(&disabled, at), "nobody nobody 2026-01-12T09:00:00Z");
    assert!(
        why(&disabled).ends_with("; `mira` is disabled and has no deputy for that day"),
        "{}",
        why(&disabled)
    );

    // A deputy who is away has a deputy in turn; of two the first who can be reached counts.
    let two = format!("disabled = true\n{}", deputies(&["otto", "ivan"]));
    assert_eq!(told(&with(&two, &deputies(&["pia"]), ""), at), "pia deputy 2026-01-12T09:00:00Z");
    let pia_gone = with(&two, &deputies(&["pia"]), "disabled = true");
    assert_eq!(told(&pia_gone, at), "ivan deputy 2026-01-12T09:00:00Z");

    // In a circle there is nobody, and it ends.
    let circle = with(&deputies(&["otto"]), &deputies(&["pia"]), &deputies(&["mira"]));
    assert_eq!(told(&circle, at), "nobody nobody 2026-01-12T09:00:00Z");
    assert!(why(&circle).ends_with("the deputies lead back to `mira`"), "{}", why(&circle));

    let empty = org_with("Europe/London", &[("people = [\"mira\", \"otto\", \"pia\"]", "")]);
    assert_eq!(told(&empty, at), "nobody nobody on");
    assert_eq!(why(&empty), "nobody is on rota `noc-week`");
}

#[test]
fn a_team_without_a_rota_is_called_as_a_whole() {
    let matrix = org_with("Europe/London", &[("rota = \"noc-week\"\n", "")]);
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
    let edits = [("people = [\"ivan\"]", ""), ("# of mira", "disabled = true")];
    let matrix = org_with("Europe/London", &edits);
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
    let steps_of = &ORG[ORG.find("escalation").unwrap()..ORG.find("# of the row").unwrap()];
    let matrix = org_with("Europe/London", &[(steps_of, "")]);
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
        for (turn_days, hand_over) in [(1, "02:15"), (1, "01:30"), (2, "00:00"), (7, "09:00")] {
            let turns = format!("turn = \"{turn_days}d\"\nstarts = 2026-01-05\nhand_over = \"{hand_over}\"");
            let matrix = org_with(zone, &[(TURNS, &turns)]);
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
                    "{zone} {turn_days} {hand_over} {at}"
                );
                let until = duty.until.unwrap();
                assert!(until > at);
                if let Some((before, until)) = &held {
                    assert_eq!(*before == who, at < *until, "{zone} {turn_days} {hand_over} {at}");
                }
                held = Some((who, until));
            }
        }
    }
}

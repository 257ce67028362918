//! A draft that gives backups of servers to internal IT, over two items of the past.

use dogwatch_model::{Endpoint, OrgId};

use super::*;
use crate::{
    alert::{Owner, by_hand::ByHand},
    finding::{Category, Severity},
    matrix::{Matrix, starter},
    specimen,
};

fn matrix(text: &str) -> Matrix {
    Matrix::parse(text, "acme.toml", "0123456789ab".into(), None).unwrap()
}

fn acme() -> OrgId {
    OrgId::new("acme").unwrap()
}

fn item(number: u64, tool: &str, endpoint: &Endpoint) -> (Alert, Vec<TimelineEvent>) {
    let tool = tool.parse().unwrap();
    let owner = Owner {
        team: "msp-noc".parse().unwrap(),
        side: Side::Msp,
        row: Some("backup".parse().unwrap()),
        calendar: None,
        until: None,
        first_responder_until: None,
        matrix_version: "0123456789ab".into(),
        why: vec!["it was so".into()],
    };
    let what = ByHand {
        org: &endpoint.org,
        site: &endpoint.site,
        endpoint: Some(endpoint),
        tool: &tool,
        category: Category::Backup,
        severity: Severity::Warning,
        text: "it clicks",
    };
    let kim = crate::alert::Actor::person("kim".parse().unwrap(), Side::Msp, None);
    Alert::open_by_hand(AlertNumber(number), &what, owner, &kim, specimen::noon()).unwrap()
}

fn replayed(draft: &str, endpoint_is_known: bool) -> Replay {
    let server = specimen::silent_server();
    let row = specimen::row(&server);
    let items = [item(7, "backup", &server), item(8, "edr", &server)];
    let past = items.iter().map(|(alert, timeline)| Past {
        alert,
        timeline,
        endpoint: endpoint_is_known.then_some(&row),
    });
    replay(past, &matrix(draft))
}

fn draft() -> String {
    let row = "[[row]]\nid = \"server-backups\"\ntools = [\"backup\"]\nendpoint = 'class == \"server\"'\n\
               responsible = \"internal-it\"\naccountable = \"internal-it\"\n\n";
    starter(&acme()).replacen("[[row]]", &format!("{row}[[row]]"), 1)
}

#[test]
fn what_is_in_force_moves_nothing() {
    let same = replayed(&starter(&acme()), true);
    assert_eq!((same.items, same.moved_total), (2, 0));
    assert!(same.teams.iter().all(|load| load.before == load.after), "{:?}", same.teams);
}

#[test]
fn a_draft_moves_what_its_rows_take_and_says_from_where_to_where() {
    let told = replayed(&draft(), true);
    assert_eq!((told.items, told.moved_total), (2, 1));
    let moved = &told.moved[0];
    assert_eq!((moved.number, moved.title.as_str()), (AlertNumber(7), "it clicks"));
    assert_eq!(moved.before.row.as_ref().unwrap().as_str(), "backup");
    assert_eq!(moved.after.team.as_str(), "internal-it");
    assert_eq!(moved.after.row.as_ref().unwrap().as_str(), "server-backups");
    let sides: Vec<_> = told.sides.iter().map(|load| (load.side, load.before, load.after)).collect();
    assert_eq!(sides, [(Side::Msp, 2, 1), (Side::Internal, 0, 1)]);
    assert_eq!((told.teams[0].before, told.teams[0].after), (2, 1));
}

#[test]
fn a_row_for_some_endpoints_takes_nothing_of_an_endpoint_that_is_gone() {
    assert_eq!(replayed(&draft(), false).moved_total, 0);
}

//! What stands in a world beside its people: machines, items, windows, versions, views, and what is in the archive.

use dogwatch_model::{PersonId, Side, SiteId, WindowId};
use dogwatch_triage::{
    alert::{Actor, AlertNumber},
    matrix::starter,
    mute::Window,
};
use serde_json::{Value, json};

use super::super::{join_token, member, noon, org, work};
use crate::{
    access::JoinTokenRecord,
    ownership::Version,
    state::{Item, State},
    storage::{ChangeSet, Memory, Row, Storage as _, Table},
    views::View,
};

/// What stands at a site: an endpoint with an alert, and a join token.
pub(super) fn things(state: &mut State, of: &str, site: &str, word: &str, number: u64) {
    let id = format!("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d{number:02}");
    let mut machine = member(&id, &format!("{word}-srv"), of);
    machine.endpoint.site = SiteId::new(site).unwrap();
    machine.endpoint.tags = vec![format!("{word}-tag")];
    state.members.insert(machine.endpoint.id, machine);
    let alert = item(of, site, word, number);
    state.alerts.insert(alert.alert.number, alert);
    // One that is about no endpoint.
    let mut alert = item(of, site, word, number + 1);
    (alert.alert.endpoint, alert.alert.endpoint_name) = (None, String::new());
    alert.alert.tool = "backup".parse().unwrap();
    state.alerts.insert(alert.alert.number, alert);
    let join = JoinTokenRecord {
        created_by: PersonId::new(&format!("{word}-pat")).unwrap(),
        ..join_token(&format!("j-{word}"), org(of), SiteId::new(site).unwrap())
    };
    state.join_tokens.insert(join.id.clone(), join);
}

fn item(of: &str, site: &str, word: &str, number: u64) -> Item {
    let mut item = work::item();
    let alert = &mut item.alert;
    alert.number = AlertNumber(number);
    (alert.org, alert.site) = (org(of), SiteId::new(site).unwrap());
    alert.endpoint = Some(format!("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d{:02}", number % 100).parse().unwrap());
    alert.endpoint_name = format!("{word}-srv");
    alert.title = format!("disk of {word} is full");
    alert.subject = format!("/{word}");
    let comment = json!({ "at": "2026-11-22T10:00:00Z", "by": { "person": format!("{word}-pat"), "side": "internal" },
        "event": "comment", "text": format!("{word} again") });
    item.timeline.push(serde_json::from_value(comment).unwrap());
    item
}

pub(super) fn window(state: &mut State, mut plan: Value, word: &str) {
    let rest = json!({ "starts": "2026-12-05T22:00", "zone": "UTC", "lasts": "PT2H", "reason": format!("{word} moves") });
    plan.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let id = WindowId::new(&format!("w-{word}")).unwrap();
    let window = Window::new(id, serde_json::from_value(plan).unwrap(), Actor::DOGWATCH, noon()).unwrap();
    state.windows.insert(window.id.clone(), window);
}

/// What an org has as a whole: a window and a version of its matrix.
pub(super) fn org_things(state: &mut State, of: &str, word: &str, hash: &str) {
    window(state, json!({ "org": of }), word);
    let version = Version {
        org: org(of),
        hash: hash.into(),
        text: starter(&org(of)),
        proposed_by: PersonId::new(&format!("{word}-pat")).unwrap(),
        proposed_side: Side::Msp,
        proposed_at: noon(),
        effective_at: noon(),
        note: format!("{word} agrees"),
        signatures: Vec::new(),
        withdrawn_at: None,
    };
    state.matrices.insert(org(of), vec![version]);
    let view: View = serde_json::from_value(json!({
        "name": format!("{word}-view"), "org": of, "filter": format!("name:{word}"),
        "saved_by": format!("{word}-pat"), "saved_at": noon(),
    }))
    .unwrap();
    state.views.insert(view.key(), view);
}

/// Items of long ago.
pub(super) fn archive(zebra: bool, yak: bool) -> Memory {
    let mut store = Memory::new();
    let mut changes = ChangeSet::default();
    let mut put = |item: Item| {
        let number = item.alert.number.0;
        changes.row(Row::put(Table::Archive, format!("{number:012}"), &item).unwrap());
    };
    put(item("globex", "here", "own", 1001));
    if yak {
        put(item("globex", "yak", "yak", 1011));
    }
    if zebra {
        put(item("zebra", "zebra-main", "zebra", 1021));
    }
    store.commit(&changes).unwrap();
    store.settle(Vec::new()).unwrap();
    store
}

//! Two worlds that differ in what is hidden: a whole org, or a site of one's own org.

use dogwatch_model::{PersonId, Side, SiteId, WindowId};
use dogwatch_triage::{
    alert::{Actor, AlertNumber},
    matrix::starter,
    mute::Window,
};
use serde_json::json;

use super::super::{Collector, live::Running, member, noon, org, text_of_token, work};
use super::register;
use crate::{
    access::{ApiToken, Grant, JoinTokenRecord, PersonKey, Principal, Register, Role, Scope, Sha256, Verbs},
    ownership::Version,
    policy::Policy,
    state::{Item, State},
    storage::{ChangeSet, Memory, Row, Storage as _, Table},
    views::View,
};

/// What somebody may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// The org `zebra` with all that is in it.
    Org,
    /// The site `yak` of the org `globex`.
    Site,
}

/// A collector, with what is hidden or without it.
pub(super) struct World {
    running: Running,
    hidden: Hidden,
    /// Who there is and what they may: so at every question.
    access: Register,
}

/// Who asks, and the letter of their token.
const PEOPLE: &[(&str, char)] = &[
    ("owner", 'o'),
    ("admin", 'a'),
    ("viewer", 'v'),
    ("lapsed", 'l'),
    ("onsite", 's'),
    ("revoked", 'r'),
    ("expired", 'e'),
    ("disabled", 'd'),
    ("guest", 'g'),
    ("unknown", 'u'),
];

impl World {
    pub(super) fn with(hidden: Hidden) -> Self {
        Self::made(hidden, true)
    }

    pub(super) fn without(hidden: Hidden) -> Self {
        Self::made(hidden, false)
    }

    pub(super) fn collector(&self) -> &Collector {
        &self.running.collector
    }

    /// Undoes what the questions before did to people, tokens and grants: who asks is still let in.
    pub(super) fn settle(&self) {
        self.running.set_register(self.access.clone());
    }

    /// From now on nobody has asked anything yet.
    pub(super) fn refresh(&mut self) {
        self.running.collector = self.running.another_front(noon);
    }

    /// The token of somebody.
    pub(super) fn token(who: &str) -> String {
        text_of_token(PEOPLE.iter().find(|(name, _)| *name == who).unwrap().1)
    }

    /// Words that only what is hidden has in it.
    pub(super) const fn canaries(&self) -> &'static [&'static str] {
        match self.hidden {
            Hidden::Org => &["zebra", "2eb7a0"],
            Hidden::Site => &["yak"],
        }
    }

    fn made(hidden: Hidden, there: bool) -> Self {
        let zebra = hidden == Hidden::Site || there;
        let yak = hidden == Hidden::Org || there;
        let mut texts = vec![(org("globex"), starter(&org("globex")))];
        if zebra {
            let text = starter(&org("zebra")).replace("internal-it", "zebra-it");
            texts.push((org("zebra"), text));
        }
        let running = Running::over((Policy::of_texts(&texts, ""), archive(zebra, yak)), noon, |state| {
            people(state);
            things(state, "globex", "here", "own", 1);
            if yak {
                things(state, "globex", "yak", "yak", 11);
                admit(state, "yak", 'y', Some(("globex", Some("yak"))), Role::Admin);
            }
            org_things(state, "globex", "own", "0a0a0a");
            if zebra {
                things(state, "zebra", "zebra-main", "zebra", 21);
                org_things(state, "zebra", "zebra", "2eb7a0");
                admit(state, "owner", 'o', Some(("zebra", None)), Role::Admin);
            }
            register::fill(&mut state.access, zebra, yak);
        });
        let access = running.register();
        Self { running, hidden, access }
    }
}

fn people(state: &mut State) {
    admit(state, "admin", 'a', Some(("globex", None)), Role::Admin);
    admit(state, "viewer", 'v', Some(("globex", None)), Role::Viewer);
    admit(state, "onsite", 's', Some(("globex", Some("here"))), Role::Admin);
    admit(state, "lapsed", 'l', Some(("globex", None)), Role::Member);
    let lapsed = Grant {
        id: "g-lapsed".into(),
        to: key("lapsed", "globex"),
        verbs: Verbs::ALL,
        scope: Scope::Org(org("zebra")),
        reason: "a week of help".into(),
        given_at: noon(),
        given_by: None,
        expires_at: Some("2026-11-20T00:00:00Z".parse().unwrap()),
        review_at: None,
        approvals: Default::default(),
        reviewed_at: None,
        used_at: None,
        triggers: Vec::new(),
        ended: None,
    };
    state.access.grants.insert(lapsed.id.clone(), lapsed);
    // The token itself is for every org: only the grant could open the other one.
    let hash = Sha256::of(text_of_token('l').as_bytes());
    if let Some(token) = state.access.tokens.get_mut(&hash) {
        token.principal.org = Some(org("globex"));
    }
    let mut guest = token("guest", 'g', Some(("globex", None)), Role::Admin);
    guest.principal.side = Side::Msp;
    super::super::admit(state, [(guest.hash, guest)]);
    admit(state, "revoked", 'r', Some(("globex", None)), Role::Admin);
    admit(state, "expired", 'e', Some(("globex", None)), Role::Admin);
    admit(state, "disabled", 'd', Some(("globex", None)), Role::Admin);
    let of = |letter: char| Sha256::of(text_of_token(letter).as_bytes());
    state.access.tokens.get_mut(&of('r')).unwrap().revoked_at = Some(noon());
    state.access.tokens.get_mut(&of('e')).unwrap().expires_at = Some(noon());
    state.access.people.get_mut(&key("disabled", "globex")).unwrap().disabled_at = Some(noon());
}

pub(super) fn key(person: &str, of: &str) -> PersonKey {
    PersonKey { org: Some(org(of)), id: PersonId::new(person).unwrap() }
}

/// Lets somebody in, on the customer's side, with the rights of a role.
fn admit(state: &mut State, person: &str, letter: char, place: Option<(&str, Option<&str>)>, role: Role) {
    let token = token(person, letter, place, role);
    super::super::admit(state, [(token.hash, token)]);
}

/// The token that somebody speaks by.
pub(super) fn token(person: &str, letter: char, place: Option<(&str, Option<&str>)>, role: Role) -> ApiToken {
    let hash = Sha256::of(text_of_token(letter).as_bytes());
    let principal = Principal {
        person: PersonId::new(person).unwrap(),
        side: Side::Internal,
        team: None,
        org: place.map(|(of, _)| org(of)),
        site: place.and_then(|(_, site)| site).map(|site| SiteId::new(site).unwrap()),
        ceiling: role.verbs(),
        maker: None,
    };
    let id = format!("t-{person}");
    ApiToken {
        id,
        hash,
        principal,
        created_at: noon(),
        expires_at: None,
        revoked_at: None,
        session: None,
        // So that its use is nothing to note, which would happen at some time after the answer.
        used_at: Some(noon()),
    }
}

/// What stands at a site: an endpoint with an alert, and a join token.
fn things(state: &mut State, of: &str, site: &str, word: &str, number: u64) {
    let id = format!("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d{number:02}");
    let mut machine = member(&id, &format!("{word}-srv"), of);
    machine.endpoint.site = SiteId::new(site).unwrap();
    machine.endpoint.tags = vec![format!("{word}-tag")];
    state.members.insert(machine.endpoint.id, machine);
    let alert = item(of, site, word, number);
    state.alerts.insert(alert.alert.number, alert);
    let join = JoinTokenRecord {
        id: format!("j-{word}"),
        hash: Sha256::of(word.as_bytes()),
        org: org(of),
        site: SiteId::new(site).unwrap(),
        created_by: PersonId::new(&format!("{word}-pat")).unwrap(),
        created_side: None,
        created_at: noon(),
        expires_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        uses: 1,
        used: 0,
        approval: false,
        revoked_at: None,
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

/// What an org has as a whole: a window and a version of its matrix.
fn org_things(state: &mut State, of: &str, word: &str, hash: &str) {
    let plan = json!({ "org": of, "starts": "2026-12-05T22:00", "zone": "UTC", "lasts": "PT2H", "reason": format!("{word} moves") });
    let id = WindowId::new(&format!("w-{word}")).unwrap();
    let window = Window::new(id, serde_json::from_value(plan).unwrap(), Actor::DOGWATCH, noon()).unwrap();
    state.windows.insert(window.id.clone(), window);
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
fn archive(zebra: bool, yak: bool) -> Memory {
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

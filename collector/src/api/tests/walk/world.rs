//! Two worlds that differ in what is hidden: a whole org, or a site of one's own org.

use dogwatch_model::{PersonId, Side, SiteId};
use dogwatch_triage::matrix::starter;
use http::{HeaderName, header};
use serde_json::json;

use super::super::{
    Collector, noon, org,
    running::{Running, Standing},
    text_of_token,
};
use super::{
    people, register,
    things::{archive, org_things, things, window},
};
use crate::{
    access::{ApiToken, PersonKey, Principal, Role, Scope, Sha256},
    api::login::COOKIE,
    feed::Group,
    identity::Providers,
    policy::Policy,
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
    /// What there is: so at every question.
    standing: Standing,
}

/// Who asks, and the letter of their token.
const PEOPLE: &[(&str, char)] = &[
    // Those whose the hidden is.
    ("owner", 'o'),
    ("yak", 'y'),
    // Of the org `globex`; the last of one site of it, by their token.
    ("admin", 'a'),
    ("viewer", 'v'),
    ("onsite", 's'),
    // Of the MSP: limited to globex, by a token; to one site of it, by a grant.
    ("guest", 'g'),
    ("granted", 't'),
    // Of the MSP, with a token for all that they reach: by a grant into the hidden org that has expired, or holds; by a token
    // whose maker lost that grant, or has it.
    ("lapsed", 'l'),
    ("helping", 'h'),
    ("narrowed", 'n'),
    ("backed", 'b'),
    // Nobody any more.
    ("revoked", 'r'),
    ("expired", 'e'),
    ("disabled", 'd'),
    ("logged-out", 'c'),
    ("timed-out", 'i'),
    ("unknown", 'u'),
];

/// Those who are somebody, and do not see all.
pub(super) const LIVING: &[&str] = &[
    "owner", "yak", "admin", "viewer", "onsite", "guest", "granted", "lapsed", "helping", "narrowed",
    "backed",
];

/// Those who come with a browser's cookie.
const BROWSERS: &[&str] = &["logged-out", "timed-out"];

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

    /// Undoes what the questions before did: who asks is still let in, and what is asked about is still there.
    pub(super) fn settle(&self) {
        self.running.set_back(&self.standing);
    }

    /// From now on nobody has asked anything yet.
    pub(super) fn refresh(&mut self) {
        self.running.collector = self.running.another_front(noon);
    }

    /// The token of somebody.
    pub(super) fn token(who: &str) -> String {
        text_of_token(PEOPLE.iter().find(|(name, _)| *name == who).unwrap().1)
    }

    /// The header by which somebody shows who they are.
    pub(super) fn shown(who: &str) -> (HeaderName, String) {
        let token = Self::token(who);
        match BROWSERS.contains(&who) {
            true => (header::COOKIE, format!("{COOKIE}={token}")),
            false => (header::AUTHORIZATION, format!("Bearer {token}")),
        }
    }

    /// A token that opens every route.
    pub(super) fn all_powerful(&self) -> String {
        self.running.all_powerful()
    }

    /// Tells of a made-up change in each of these places.
    pub(super) fn make_up(&self, groups: Vec<Group>) {
        self.running.make_up(groups);
    }

    /// Everything that has happened is told to who listens, and then no more.
    pub(super) async fn end_streams(&self) {
        self.running.end_streams().await;
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
        let mut running = Running::over((Policy::of_texts(&texts, ""), archive(zebra, yak)), noon, |state| {
            people::fill(state);
            things(state, "globex", "here", "own", 1);
            if yak {
                things(state, "globex", "yak", "yak", 11);
                window(state, json!({ "org": "globex", "site": "yak" }), "yak");
                people::admit(state, "yak", 'y', Some(("globex", Some("yak"))), Role::Admin);
            }
            org_things(state, "globex", "own", "0a0a0a");
            if zebra {
                things(state, "zebra", "zebra-main", "zebra", 21);
                org_things(state, "zebra", "zebra", "2eb7a0");
                people::admit(state, "owner", 'o', Some(("zebra", None)), Role::Admin);
            }
            register::fill(&mut state.access, zebra, yak);
        });
        running.admit_by(providers(zebra));
        running.collector = running.another_front(noon);
        let standing = running.standing();
        Self { running, hidden, standing }
    }
}

/// What `identity.toml` says: the hidden org's provider is named to nobody.
fn providers(zebra: bool) -> Providers {
    let provider = |id: &str, org: &str, more: &str| {
        format!(
            "[[provider]]\nid = \"{id}\"\nside = \"internal\"\norg = \"{org}\"\nissuer = \"https://id.{org}.example\"\n\
             client_id = \"dogwatch\"\n{more}\n"
        )
    };
    // Two, so that whoever names none is asked for one, and nobody is called.
    let mut text = provider("globex-id", "globex", "") + &provider("globex-backup", "globex", "");
    if zebra {
        text += &provider("zebra-7f3a9c", "zebra", "hidden = true");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = Providers::path(folder.path());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Providers::read(&path).unwrap()
}

pub(super) fn key(person: &str, of: &str) -> PersonKey {
    PersonKey { org: Some(org(of)), id: PersonId::new(person).unwrap() }
}

/// The token that somebody speaks by.
pub(super) fn token(person: &str, letter: char, place: Option<(&str, Option<&str>)>, role: Role) -> ApiToken {
    let hash = Sha256::of(text_of_token(letter).as_bytes());
    let site = place.and_then(|(_, site)| site).map(|site| SiteId::new(site).unwrap());
    let within = Scope::of(place.map(|(of, _)| org(of)), site);
    let principal = Principal::new(PersonId::new(person).unwrap(), Side::Internal, &within, role.verbs());
    ApiToken {
        id: format!("t-{person}"),
        // So that its use is nothing to note, which would happen at some time after the answer.
        used_at: Some(noon()),
        ..ApiToken::new(hash, principal, noon())
    }
}

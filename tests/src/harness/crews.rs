//! Two crews in a lab: the matrix that routes between them, the ways to tell them, and their own access to the API.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use super::{Lab, ORG, PATIENCE, authenticator::code_now, wait};
use crate::bench::api::Api;

/// A rule that raises an item for each server, for as long as it is known.
pub const EACH_SERVER: &str = "[rules.lab]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"it is here\"\ncritical = { when = \"class == 'server'\" }\n";

/// What an owner who comes in by themself sets.
const OWNERS_PASSWORD: &str = "a sentence of the owner's alone";

impl Lab {
    /// Replaces the org's matrix file; returns once it is in force.
    #[track_caller]
    pub fn matrix(&self, toml: &str) {
        let before = self.said("policy in force");
        self.collector().write(&format!("policy/orgs/{ORG}.toml"), toml);
        wait::wait_for("the matrix", PATIENCE, || self.said("policy in force"), |said| *said > before);
    }

    /// Replaces `notify.toml`; returns once it is in force.
    #[track_caller]
    pub fn channels(&self, toml: &str) {
        let before = self.said("notify.toml in force");
        self.collector().write("notify.toml", toml);
        let file = self.collector().path("notify.toml");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("a lab's own file");
        wait::wait_for("notify.toml", PATIENCE, || self.said("notify.toml in force"), |said| *said > before);
    }

    /// Replaces `identity.toml`; returns once it is in force.
    #[track_caller]
    pub fn identity(&self, toml: &str) {
        let before = self.said("identity.toml in force");
        self.collector().write("identity.toml", toml);
        let file = self.collector().path("identity.toml");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("a lab's own file");
        wait::wait_for(
            "identity.toml",
            PATIENCE,
            || self.said("identity.toml in force"),
            |said| *said > before,
        );
    }

    /// How often the collector's log says something.
    fn said(&self, what: &str) -> usize {
        self.collector().log_text().matches(what).count()
    }

    /// The API as somebody of a side speaks to it, with a token of their own.
    #[track_caller]
    pub fn api_of(&self, person: &str, side: &str, team: &str) -> Api {
        self.api_with(&json!({ "person": person, "side": side, "team": team, "org": ORG }))
    }

    /// The same with a token made to order.
    #[track_caller]
    pub fn api_with(&self, order: &Value) -> Api {
        let mut api = self.collector().api().clone();
        api.sign_in(&self.token_of(order));
        api
    }

    /// A token made to order by who may make it: the owner of the lab's org for their side's people, else an administrator of
    /// the MSP, who lets in the first owner of another org.
    #[track_caller]
    pub fn token_of(&self, order: &Value) -> String {
        let of_the_customer = order["side"].as_str().is_some_and(|side| side != "msp");
        let here = order["org"].as_str().is_none_or(|org| org == ORG);
        let by = if of_the_customer && here { self.owner() } else { self.collector().api() };
        let made = by.post("/api/v1/tokens", order).expect("an administrator makes tokens");
        let token = made["token"].as_str().expect("a token is shown once");
        self.canaries().note(&format!("the token of {}", order["person"]), token);
        token.to_owned()
    }

    /// The API as the org's owner speaks to it: the one person of the customer's side whom the MSP lets in.
    #[track_caller]
    pub fn owner(&self) -> &Api {
        self.owner.get_or_init(|| {
            let order = json!({ "person": "olga", "side": "internal", "org": ORG, "role": "admin" });
            let made = self.collector().api().post("/api/v1/tokens", &order).expect("there is no owner yet");
            let mut api = self.collector().api().clone();
            let token = made["token"].as_str().expect("a token is shown once");
            self.canaries().note("the owner's token", token);
            api.sign_in(token);
            api
        })
    }

    /// The same owner, come in by themself before anything else: with an invitation, a password and a second factor. What the
    /// MSP makes for them ends at a goodbye; this does not.
    #[track_caller]
    pub fn owner_by_themself(&self) -> &Api {
        assert!(self.owner.get().is_none(), "the owner has begun with a token of the MSP's already");
        self.owner.get_or_init(|| {
            let mut api = self.collector().api().clone();
            api.sign_in(&self.first_owner("olga", ORG));
            api
        })
    }

    /// The first owner of an org, whom the MSP lets in, as they come in by themself; gives what their login opened.
    #[track_caller]
    pub fn first_owner(&self, person: &str, org: &str) -> String {
        let api = self.collector().api().stranger();
        let order = json!({ "person": person, "side": "internal", "org": org, "role": "admin" });
        let made = self.collector().api().post("/api/v1/people", &order).expect("there is no owner yet");
        let accept = json!({ "invitation": made["invitation"], "password": OWNERS_PASSWORD });
        let welcome = api.post("/api/v1/invitations/accept", &accept).expect("an invitation works once");
        let code = code_now(welcome["secret"].as_str().expect("a key is shown once"));
        let login = json!({ "person": format!("{org}:{person}"), "password": OWNERS_PASSWORD, "code": code });
        let opened = api.post("/api/v1/login", &login).expect("password and code are right");
        let token = opened["token"].as_str().expect("a login opens something");
        self.canaries().note("the owner's login", token);
        token.to_owned()
    }

    /// An item with its timeline; nothing while the collector does not answer.
    pub fn item(&self, number: u64) -> Option<Value> {
        self.collector().api().get(&format!("/api/v1/alerts/{number}")).ok()
    }

    /// Waits until an item is as it should be.
    #[track_caller]
    pub fn wait_for_item(&self, number: u64, is: impl Fn(&Value) -> bool) -> Value {
        let seen = wait::wait_for(
            &format!("item #{number}"),
            PATIENCE,
            || self.item(number),
            |seen| seen.as_ref().is_some_and(&is),
        );
        seen.expect("it was just seen")
    }
}

/// The entries of one kind in an item's timeline.
pub fn entries<'i>(item: &'i Value, event: &str) -> Vec<&'i Value> {
    let timeline = item["timeline"].as_array().into_iter().flatten();
    timeline.filter(|entry| entry["event"] == event).collect()
}

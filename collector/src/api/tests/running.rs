//! A collector with a running core: request, core thread, store in memory, answer.

use std::{collections::BTreeMap, sync::Arc};

use dogwatch_model::{Endpoint, OrgId, WindowId};
use dogwatch_triage::{alert::AlertNumber, mute::Window};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Collector, work};
use crate::{
    access::{JoinTokenRecord, Register, Sha256},
    core::{CoreThread, Input, Settings, start},
    feed::{Group, News},
    identity::Providers,
    notify::{self, Facts},
    ownership::Version,
    policy::Policy,
    state::{Item, State},
    storage::{ChangeSet, Memory, Row, Storage as _, Table},
    views::View,
};

/// A collector with a running core, over the state of [`work`], whose setup code is `c0de`.
pub(super) struct Running {
    pub(super) collector: Collector,
    core: CoreThread,
    providers: Arc<Providers>,
}

/// What people can change, as it was.
pub(super) struct Standing {
    access: Register,
    alerts: BTreeMap<AlertNumber, Item>,
    windows: BTreeMap<WindowId, Window>,
    views: BTreeMap<String, View>,
    matrices: BTreeMap<OrgId, Vec<Version>>,
    join_tokens: BTreeMap<String, JoinTokenRecord>,
    endpoints: Vec<Endpoint>,
}

impl Running {
    pub(super) fn start() -> Self {
        let policy = Policy::of_a_new(&"acme".parse().unwrap());
        Self::over((policy, with_archive()), Timestamp::now, |state| {
            let seed = work::state();
            state.members = seed.members;
            state.alerts = seed.alerts;
        })
    }

    /// A collector with a running core, over a state made by hand.
    pub(super) fn over(
        (policy, store): (Policy, Memory),
        now: fn() -> Timestamp,
        seed: impl FnOnce(&mut State),
    ) -> Self {
        let hour = SignedDuration::from_hours(1);
        let settings = Settings {
            sweep_every: hour,
            settle_every: hour,
            snapshot_every: hour,
            gather: std::time::Duration::ZERO,
            late_after: hour,
            keep_done: hour,
            grace: jiff::SignedDuration::ZERO,
        };
        let policy = Arc::new(arc_swap::ArcSwap::from_pointee(policy));
        let code = Some(Sha256::of(b"c0de"));
        let stop = tokio_util::sync::CancellationToken::new();
        let (core, _) =
            start(Box::new(store), (policy, Facts::default()), settings, code, now(), stop).unwrap();
        let handle = core.handle();
        {
            let mut state = handle.shared.write().unwrap();
            seed(&mut state);
            state.next_alert = 2000;
            crate::queue::wind(&mut state, &handle.policy(), now());
        }
        Self { collector: Collector::on(handle, None, Arc::default(), now), core, providers: Arc::default() }
    }

    /// From now on these may bring people in, at each front that is made.
    pub(super) fn admit_by(&mut self, providers: Providers) {
        self.providers = Arc::new(providers);
    }

    /// Tells of a made-up change in each of these places.
    pub(super) fn make_up(&self, groups: Vec<Group>) {
        self.core.handle().feed.publish(News::made_up(groups));
    }

    /// Whoever listens is told all that has happened, and goodbye.
    pub(super) async fn end_streams(&self) {
        let handle = self.core.handle();
        // What was answered is told before the core looks at another question.
        let (reply, answered) = tokio::sync::oneshot::channel();
        let beat = Input::Notify(Box::new(notify::News::Beat(reply)));
        handle.commands.inputs.send(beat).await.ok().unwrap();
        answered.await.unwrap();
        handle.feed.flush();
        handle.feed.close();
    }

    /// From now on the audit's checkpoints are signed.
    pub(super) fn sign_audit_with(&self, key: crate::authority::audit_key::AuditKey) {
        self.core.handle().sign_audit_with(Arc::new(key));
    }

    /// What there is now.
    pub(super) fn standing(&self) -> Standing {
        let handle = self.core.handle();
        let state = handle.shared.read().unwrap();
        Standing {
            access: state.access.clone(),
            alerts: state.alerts.clone(),
            windows: state.windows.clone(),
            views: state.views.clone(),
            matrices: state.matrices.clone(),
            join_tokens: state.join_tokens.clone(),
            endpoints: state.members.values().map(|member| member.endpoint.clone()).collect(),
        }
    }

    /// Puts that back, whatever was done meanwhile.
    pub(super) fn set_back(&self, was: &Standing) {
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        state.access = was.access.clone();
        state.alerts = was.alerts.clone();
        state.windows = was.windows.clone();
        state.views = was.views.clone();
        state.matrices = was.matrices.clone();
        state.join_tokens = was.join_tokens.clone();
        for endpoint in &was.endpoints {
            let known = state.members.get(&endpoint.id).map(|member| &member.endpoint);
            if known.is_some_and(|known| known != endpoint) {
                state.members.get_mut(&endpoint.id).unwrap().endpoint = endpoint.clone();
            }
        }
    }

    /// The same core behind a front that nobody has asked yet.
    pub(super) fn another_front(&self, now: fn() -> Timestamp) -> Collector {
        Collector::on(self.core.handle(), None, Arc::clone(&self.providers), now)
    }

    /// A token that opens every route.
    pub(super) fn all_powerful(&self) -> String {
        let (hash, mut token) = super::token('z', crate::access::Role::Admin, None);
        token.principal.ceiling = crate::access::Verbs::EVERYTHING;
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        state.access.enlist(&token, Timestamp::now());
        state.access.tokens.insert(hash, token);
        super::text_of_token('z')
    }

    /// Trades the setup code for the first administrator's token.
    pub(super) async fn set_up(&self) -> String {
        let wanted = r#"{"code":"c0de","person":"kim","team":"msp-noc"}"#;
        let made = self.collector.ask(Method::POST, "/api/v1/setup", None, wanted).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        assert_eq!((&made.json["person"], &made.json["role"]), (&json!("kim"), &json!("admin")));
        made.json["token"].as_str().unwrap().to_owned()
    }

    /// Lets somebody of acme's own side in, the way it goes: the MSP the first owner, and they everybody else.
    pub(super) async fn let_in(&self, msp: &str, person: &str, role: &str) -> String {
        let owner = json!({ "person": "olga", "side": "internal", "org": "acme", "role": "admin" });
        let owner = self.post("/api/v1/tokens", msp, owner).await;
        let owner = owner.json["token"].as_str().unwrap_or_else(|| panic!("{}", owner.text)).to_owned();
        let wanted = json!({ "person": person, "side": "internal", "org": "acme", "role": role });
        let made = self.post("/api/v1/tokens", &owner, wanted).await;
        made.json["token"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// Lets a program in that feeds alerts into the queue of `acme`, at one site or all; gives its token.
    pub(super) fn feeder(&self, letter: char, site: Option<&str>) -> String {
        self.feeder_of(dogwatch_model::Side::Msp, letter, letter, site)
    }

    /// A program of a side that may feed acme, under the name that goes with a letter.
    pub(super) fn feeder_of(
        &self,
        side: dogwatch_model::Side,
        letter: char,
        named: char,
        site: Option<&str>,
    ) -> String {
        let org = Some("acme".parse().unwrap());
        let (hash, mut token) = super::token(letter, crate::access::Role::Viewer, org);
        token.principal.side = side;
        token.principal.person = format!("pat-{named}").parse().unwrap();
        token.principal.ceiling = crate::access::Verbs::of(&[crate::access::Verb::Intake]);
        token.principal.site = site.map(|site| site.parse().unwrap());
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        state.access.enlist(&token, Timestamp::now());
        state.access.tokens.insert(hash, token);
        super::text_of_token(letter)
    }

    /// Makes the items of other tools begin in another way, as those of an older collector do.
    pub(super) fn rename_subjects(&self, from: &str, to: &str) {
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        let alerts: Vec<_> = state.alerts.values().map(|item| item.alert.clone()).collect();
        for mut alert in alerts.into_iter().filter(|alert| alert.subject.starts_with(from)) {
            crate::queue::forget(&mut state, &alert);
            alert.subject = alert.subject.replacen(from, to, 1);
            crate::queue::remember(&mut state, &alert);
            if let Some(item) = state.alerts.get_mut(&alert.number) {
                item.alert = alert;
            }
        }
    }

    pub(super) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.collector.ask(Method::POST, path, Some(token), &body.to_string()).await
    }
}

/// A store whose archive has alert 1002 of acme and 1003 of globex.
fn with_archive() -> Memory {
    let mut store = Memory::new();
    let mut changes = ChangeSet::default();
    for (number, org) in [(1002, "acme"), (1003, "globex")] {
        let mut item = work::item();
        item.alert.number = dogwatch_triage::alert::AlertNumber(number);
        item.alert.org = super::org(org);
        changes.row(Row::put(Table::Archive, format!("{number:012}"), &item).unwrap());
    }
    store.commit(&changes).unwrap();
    store.settle(Vec::new()).unwrap();
    store
}

//! What people (and enrolment on their behalf) do to the state.

use std::{collections::BTreeMap, sync::Arc};

use dogwatch_model::{Criticality, Endpoint, EndpointId, EndpointState, Facts, Presence};
use dogwatch_triage::{alert::AlertNumber, audit::Deed};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{
    Batch, Command, Core, Enrol, Enrolled, NewJoinToken, SHELF, access,
    audit::{deed, of_join_token},
    batch::not_found,
    may::may,
    once,
};
use crate::{
    access::{ApiToken, JoinTokenRecord, Principal, Sha256, Verb},
    core::{ownership, views},
    policy::Policy,
    queue,
    refusal::{Code, Refusal},
    state::{Item, Member, State},
    storage::Table,
};

impl Core {
    /// Does what was asked and answers once it is on disk.
    pub(super) fn command(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        command: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if command.is_abandoned() {
            return;
        }
        match command {
            coming @ (Command::Enrol(..)
            | Command::RedeemSetup { .. }
            | Command::SignIn(..)
            | Command::Access(..)
            | Command::Offboard(..)
            | Command::BreakSeal { .. }
            | Command::Login(..)
            | Command::Accept { .. }
            | Command::LoginFailed(..)
            | Command::Touch(..)
            | Command::CreateJoinToken(..)
            | Command::RevokeJoinToken(..)) => self.let_in(state, policy, coming, now, batch),
            orgs @ (Command::TakeOut(..) | Command::NoteOrg(..)) => about_an_org(state, orgs, now, batch),
            Command::Alert { number, act, by, version, reply } => {
                let answer = self.act_on_alert(state, policy, (number, &act, version), &by, now, batch);
                batch.answer(reply, answer);
            }
            work @ (Command::OpenAlert(..) | Command::TakeIn(..)) => {
                self.bring_in(state, policy, work, now, batch);
            }
            Command::KeepAnswer(id, sealed, reply) => {
                once::answer(state, id, sealed, batch);
                batch.answer(reply, Ok(()));
            }
            look @ (Command::ReadArchived(..)
            | Command::ReadShelf(..)
            | Command::ReadSoftware(..)
            | Command::ReadAudit(..)
            | Command::ReadCheckpoints(..)) => {
                self.look_up(state, look, now, batch);
            }
            decided @ (Command::SetEndpointState(..) | Command::ChangeEndpoint(..)) => {
                self.upkeep(state, policy, decided, now, batch);
            }
            planned @ (Command::AddWindow(..)
            | Command::EndWindow(..)
            | Command::SaveView(..)
            | Command::DeleteView(..)) => self.plan(state, policy, planned, now, batch),
            agreed @ (Command::ProposeMatrix(..) | Command::SignMatrix(..) | Command::WithdrawMatrix(..)) => {
                self.agree_on(state, policy, agreed, now, batch);
            }
        }
    }

    /// Who comes in, how, and what they were given.
    fn let_in(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        what: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        match what {
            Command::Enrol(enrol, reply) => {
                let answer = enrol_endpoint(state, enrol, now, batch);
                if let Ok(enrolled) = &answer {
                    self.due.set(enrolled.id, now);
                }
                batch.answer(reply, answer);
            }
            Command::RedeemSetup { code, token, reply } => {
                let answer = access::redeem_setup(state, code, token, now, batch);
                batch.answer(reply, answer);
            }
            Command::SignIn(proved, reply) => {
                let answer = super::sign_in::sign_in(state, &proved, now, batch);
                batch.answer(reply, answer);
            }
            Command::Access(act, by, reply) => {
                let answer = self.access(state, &act, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::Offboard(org, side, by, reply) => {
                let answer = self.offboard(state, (&org, side), &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::BreakSeal { code, token, reply } => {
                let answer = self.break_seal(state, policy, (code, token), now, batch);
                batch.answer(reply, answer);
            }
            Command::Login(login, reply) => {
                let answer = self.log_in(state, &login, now, batch);
                batch.answer(reply, answer);
            }
            Command::Accept { invitation, account, reply } => {
                let answer = self.accept(state, (invitation, *account), now, batch);
                batch.answer(reply, answer);
            }
            Command::LoginFailed(who) => Self::login_failed(who.as_ref(), now, batch),
            Command::Touch(hash) => Self::touch(state, &hash, now, batch),
            Command::CreateJoinToken(token, by, reply) => {
                let answer = create_join_token(state, policy, token, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::RevokeJoinToken(id, by, reply) => {
                let answer = revoke_join_token(state, &id, &by, now, batch);
                batch.answer(reply, answer);
            }
            _ => {}
        }
    }

    /// Windows and views.
    fn plan(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        what: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        match what {
            Command::AddWindow(plan, by, reply) => {
                let answer = self.add_window(state, policy, plan, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::EndWindow(id, by, reply) => {
                let answer = self.end_window(state, &id, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::SaveView(view, by, reply) => {
                let answer = views::save(state, policy, view, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::DeleteView(name, org, by, reply) => {
                let answer = views::delete(state, (&name, org.as_ref()), &by, now, batch);
                batch.answer(reply, answer);
            }
            _ => {}
        }
    }

    /// What both sides do about a matrix.
    fn agree_on(
        &mut self,
        state: &mut State,
        policy: &Policy,
        what: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        match what {
            Command::ProposeMatrix(proposal, by, reply) => {
                let answer = ownership::propose(state, policy, proposal, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::SignMatrix(org, hash, by, reply) => {
                let answer = self.sign_matrix(state, (&org, &hash), &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::WithdrawMatrix(org, hash, by, reply) => {
                let answer = ownership::withdraw(state, (&org, &hash), &by, now, batch);
                batch.answer(reply, answer);
            }
            _ => {}
        }
    }

    /// What comes into the queue from outside.
    fn bring_in(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        what: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        match what {
            Command::OpenAlert(report, by, reply) => {
                let answer = self.open_by_hand(state, policy, &report, &by, now, batch);
                batch.answer(reply, answer);
            }
            Command::TakeIn(delivery, by, reply) => {
                let answer = self.take_in(state, policy, &delivery, &by, now, batch);
                batch.answer(reply, answer);
            }
            _ => {}
        }
    }

    /// What stays on the disk and is read for whoever asks.
    fn look_up(&self, state: &State, what: Command, now: Timestamp, batch: &mut Batch) {
        match what {
            Command::ReadArchived(number, reply) => batch.answer(reply, self.archived(state, number)),
            Command::ReadShelf(shelf, reply) => batch.answer(reply, self.shelf(state, shelf)),
            Command::ReadSoftware(id, reply) => batch.answer(reply, self.software(id)),
            Command::ReadAudit(chain, shelf, reply) => {
                batch.answer(reply, self.audit_shelf(state, &chain, shelf));
            }
            Command::ReadCheckpoints(chain, reply) => {
                batch.answer(reply, Ok(state.audit.checkpoints(&chain, now)));
            }
            _ => {}
        }
    }

    /// An alert that has left the working set.
    fn archived(&self, state: &State, number: AlertNumber) -> Result<Option<Item>, Refusal> {
        match state.retired.range(number.0, 1).next() {
            Some(item) => Ok(Some(item.clone())),
            None => Ok(self.archive(&queue::alert_key(number), 1)?.pop()),
        }
    }

    fn shelf(&self, state: &State, shelf: u64) -> Result<Vec<Item>, Refusal> {
        let number = shelf.saturating_mul(SHELF);
        let first = queue::alert_key(AlertNumber(number));
        let digits = SHELF.ilog10() as usize;
        let prefix = &first[..first.len().saturating_sub(digits)];
        let settled = self.archive(prefix, usize::try_from(SHELF).unwrap_or(usize::MAX))?;
        let recent = state.retired.range(number, SHELF).cloned();
        // The view may have some of them already.
        let all: BTreeMap<_, _> =
            settled.into_iter().chain(recent).map(|one| (one.alert.number, one)).collect();
        Ok(all.into_values().collect())
    }

    fn archive(&self, prefix: &str, limit: usize) -> Result<Vec<Item>, Refusal> {
        let rows = self.storage.read(Table::Archive, prefix, limit).map_err(|error| {
            tracing::error!(%error, prefix, "the archive cannot be read");
            Refusal::new(
                Code::Unavailable,
                "the archive of alerts cannot be read now (the collector's log says why); try again later",
            )
        })?;
        Ok(rows.iter().filter_map(|row| serde_json::from_slice(row.value.as_deref()?).ok()).collect())
    }
}

/// Orgs as a whole: one is taken out, one was made.
fn about_an_org(state: &State, what: Command, now: Timestamp, batch: &mut Batch) {
    match what {
        Command::TakeOut(org, by, reply) => {
            let unseen = || Refusal::new(Code::NotFound, format!("there is no org `{org}` that you may see"));
            let answer = may(state, &by, Verb::Export, (&org, None), now, unseen);
            if answer.is_ok() {
                batch.record(now, deed(&by, "org.export", &org, Some(&org)));
            }
            batch.answer(reply, answer);
        }
        Command::NoteOrg(org, by, reply) => {
            batch.record(now, deed(&by, "org.create", &org, Some(&org)));
            batch.answer(reply, Ok(()));
        }
        _ => {}
    }
}

fn enrol_endpoint(
    state: &mut State,
    enrol: Enrol,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Enrolled, Refusal> {
    let refused = |what: &str| Refusal::new(Code::NotAllowed, what);
    let known = state.join_tokens.values_mut().find(|token| token.hash == enrol.secret);
    let token = known.ok_or_else(|| {
        refused("this join token is not known here; make a new one: `dogwatch join-token create`")
    })?;
    if token.revoked_at.is_some() {
        return Err(refused("this join token was withdrawn; make a new one: `dogwatch join-token create`"));
    }
    if now >= token.expires_at {
        let what = format!(
            "this join token expired at {:.0}; make a new one: `dogwatch join-token create`",
            token.expires_at
        );
        return Err(refused(&what));
    }
    if token.used >= token.uses {
        let what = format!(
            "this join token is used up ({} of {}); make a new one: `dogwatch join-token create`",
            token.used, token.uses
        );
        return Err(refused(&what));
    }
    if state.keys.contains_key(&enrol.key) {
        return Err(Refusal::new(
            Code::Conflict,
            "this key is enrolled already; every endpoint makes its own",
        ));
    }
    token.used += 1;
    batch.put(Table::JoinTokens, &token.id, &*token);
    let token = token.clone();
    let name = free_name(state, &token, &enrol.name, &enrol.key);
    let mut tags = enrol.tags;
    tags.sort();
    tags.dedup();
    let endpoint = Endpoint {
        id: EndpointId(Uuid::now_v7()),
        org: token.org,
        site: token.site,
        name,
        class: enrol.class.unwrap_or(dogwatch_model::Class::Server),
        criticality: Criticality::Normal,
        tags,
        class_fixed: enrol.class.is_some(),
        labels: BTreeMap::default(),
        enrolled_at: now,
        state: if token.approval { EndpointState::Pending } else { EndpointState::Active },
        presence: Presence::away_since(now),
        facts: Facts::default(),
    };
    let enrolled = Enrolled {
        id: endpoint.id,
        org: endpoint.org.clone(),
        site: endpoint.site.clone(),
        name: endpoint.name.clone(),
        state: endpoint.state,
    };
    batch.put(Table::Endpoints, endpoint.id, &endpoint);
    batch.put(Table::Keys, enrol.key, &endpoint.id);
    // No person does it: who made the token is in the token's own record.
    let deed = Deed::new("endpoint.enrol", endpoint.id, Some(&endpoint.org));
    batch.record(
        now,
        deed.after(json!({
            "name": endpoint.name, "site": endpoint.site, "state": endpoint.state, "join_token": token.id,
        })),
    );
    state.keys.insert(enrol.key, endpoint.id);
    state.members.insert(endpoint.id, Member::new(endpoint, enrol.evidence));
    Ok(enrolled)
}

/// The name asked for; with `-2` or `-3` behind it when the org has that one already, or at last with a part of the key,
/// which nobody else has.
fn free_name(state: &State, token: &JoinTokenRecord, wanted: &str, key: &Sha256) -> String {
    let taken = |name: &str| !state.find_endpoint(Some(&token.org), name).is_empty();
    let candidates = [wanted.to_owned(), format!("{wanted}-2"), format!("{wanted}-3")];
    candidates
        .into_iter()
        .find(|name| !taken(name))
        .unwrap_or_else(|| format!("{wanted}-{}", ApiToken::short_id(key)))
}

/// The setup code's key in the meta table.
pub(super) const SETUP_CODE: &str = "setup-code";

fn create_join_token(
    state: &mut State,
    policy: &Policy,
    token: NewJoinToken,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<JoinTokenRecord, Refusal> {
    let unseen = || Refusal::new(Code::NotFound, format!("there is no org `{}` that you may see", token.org));
    may(state, by, Verb::Configure, (&token.org, Some(&token.site)), now, unseen)?;
    if !policy.orgs.contains_key(&token.org) {
        let orgs: Vec<_> = policy.orgs.keys().map(|org| org.as_str()).collect();
        return Err(Refusal::new(
            Code::NotFound,
            format!(
                "there is no org `{}`; there are: {}. A new org begins with its matrix file, policy/orgs/{}.toml",
                token.org,
                orgs.join(", "),
                token.org
            ),
        ));
    }
    let record = JoinTokenRecord {
        id: ApiToken::short_id(&token.hash),
        hash: token.hash,
        org: token.org,
        site: token.site,
        created_by: by.person.clone(),
        created_side: Some(by.side),
        created_at: now,
        expires_at: now.checked_add(token.lifetime.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX),
        uses: token.uses,
        used: 0,
        approval: token.approval,
        revoked_at: None,
    };
    batch.put(Table::JoinTokens, &record.id, &record);
    let deed = deed(by, "join-token.create", &record.id, Some(&record.org));
    batch.record(now, deed.after(of_join_token(&record)));
    state.join_tokens.insert(record.id.clone(), record.clone());
    Ok(record)
}

fn revoke_join_token(
    state: &mut State,
    id: &str,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<JoinTokenRecord, Refusal> {
    let unseen = || not_found("join token", id);
    let token = state.join_tokens.get(id).ok_or_else(unseen)?;
    may(state, by, Verb::Configure, (&token.org, Some(&token.site)), now, unseen)?;
    let token = state.join_tokens.get_mut(id).ok_or_else(unseen)?;
    let before = of_join_token(token);
    token.revoked_at.get_or_insert(now);
    batch.put(Table::JoinTokens, id, &*token);
    let deed = deed(by, "join-token.revoke", id, Some(&token.org));
    batch.record(now, deed.before(before).after(of_join_token(token)));
    Ok(token.clone())
}

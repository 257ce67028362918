//! Enrolment, and the join tokens that let machines in.

use std::collections::BTreeMap;

use dogwatch_model::{Criticality, Endpoint, EndpointId, EndpointState, Facts, Presence, Side};
use dogwatch_triage::audit::Deed;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{
    Batch, Core, Enrol, Enrolled, NewJoinToken,
    audit::{deed, of_join_token},
    batch::not_found,
    may::{may, may_in_named_org},
};
use crate::{
    access::{ApiToken, JoinTokenRecord, Person, PersonKey, Principal, Register, Scope, Sha256, Verb, Verbs},
    policy::Policy,
    refusal::{Code, Refusal},
    state::{Member, State},
    storage::Table,
};

/// People that a refusal names who could make another token: one sentence bears no more.
const MAKERS_NAMED: usize = 3;

impl Core {
    /// Lets a machine in; its silence is judged from now on.
    pub(super) fn enrol(
        &mut self,
        state: &mut State,
        enrol: Enrol,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Enrolled, Refusal> {
        let enrolled = enrol_endpoint(state, enrol, now, batch)?;
        self.due.set(enrolled.id, now);
        Ok(enrolled)
    }
}

fn enrol_endpoint(
    state: &mut State,
    enrol: Enrol,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Enrolled, Refusal> {
    let token = usable(state, &enrol.secret, now)?.clone();
    if state.keys.contains_key(&enrol.key) {
        return Err(Refusal::new(
            Code::Conflict,
            "this key is enrolled already; every endpoint makes its own",
        ));
    }
    let token = JoinTokenRecord { used: token.used + 1, ..token };
    batch.put(Table::JoinTokens, &token.id, &token);
    let endpoint = newcomer(state, &token, &enrol, now);
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
    let enrolled = Enrolled {
        id: endpoint.id,
        org: endpoint.org.clone(),
        site: endpoint.site.clone(),
        name: endpoint.name.clone(),
        state: endpoint.state,
    };
    state.join_tokens.insert(token.id.clone(), token);
    state.keys.insert(enrol.key, endpoint.id);
    state.members.insert(endpoint.id, Member::new(endpoint, enrol.evidence));
    Ok(enrolled)
}

/// The join token that a secret belongs to, if one more machine may come in by it.
fn usable<'s>(state: &'s State, secret: &Sha256, now: Timestamp) -> Result<&'s JoinTokenRecord, Refusal> {
    let refused = |why: &str| {
        let what = format!("this join token {why}; make a new one: `dogwatch join-token create`");
        Refusal::new(Code::NotAllowed, what)
    };
    let known = state.join_tokens.values().find(|token| token.hash == *secret);
    let token = known.ok_or_else(|| refused("is not known here"))?;
    if token.revoked_at.is_some() {
        return Err(refused("was withdrawn"));
    }
    if now >= token.expires_at {
        return Err(refused(&format!("expired at {:.0}", token.expires_at)));
    }
    if token.used >= token.uses {
        return Err(refused(&format!("is used up ({} of {})", token.used, token.uses)));
    }
    check_maker(&state.access, token, now)?;
    Ok(token)
}

/// The endpoint that a machine becomes which comes in by a join token.
fn newcomer(state: &State, token: &JoinTokenRecord, enrol: &Enrol, now: Timestamp) -> Endpoint {
    let mut tags = enrol.tags.clone();
    tags.sort();
    tags.dedup();
    Endpoint {
        id: EndpointId(Uuid::now_v7()),
        org: token.org.clone(),
        site: token.site.clone(),
        name: free_name(state, token, &enrol.name, &enrol.key),
        class: enrol.class,
        criticality: Criticality::Normal,
        tags,
        class_fixed: enrol.class.is_some(),
        labels: BTreeMap::default(),
        enrolled_at: now,
        state: if token.approval { EndpointState::Pending } else { EndpointState::Active },
        presence: Presence::away_since(now),
        facts: Facts::default(),
    }
}

/// A join token is worth what its maker may do, as their API tokens are: a machine that comes in by it is fed with the org's
/// rules. So is one that a program made: no further than whoever made the program's own token. Of records from before makers
/// were kept with their side, nobody knows whose right they were.
fn check_maker(access: &Register, token: &JoinTokenRecord, now: Timestamp) -> Result<(), Refusal> {
    let Some(side) = token.created_side else { return Ok(()) };
    let org = (side != Side::Msp).then(|| token.org.clone());
    let key = PersonKey { org, id: token.created_by.clone() };
    let place = (&token.org, Some(&token.site));
    let configures =
        |person: &Person| access.reach(&whole(person), now).may(Verb::Configure, place.0, place.1);
    let made = |key: &PersonKey| access.people.get(key).filter(|person| !configures(person));
    let own = made(&key).map(|person| (person, format!("{} who made it", person.id)));
    let behind = || token.created_for.as_ref().and_then(made);
    let behind =
        || behind().map(|person| (person, format!("{}, who made the token of {},", person.id, key.id)));
    let Some((maker, who_made)) = own.or_else(behind) else { return Ok(()) };
    let others = access.people.values().filter(|person| !person.service && configures(person));
    let others: Vec<&str> = others.take(MAKERS_NAMED).map(|person| person.id.as_str()).collect();
    let who = if others.is_empty() { "an administrator".to_owned() } else { others.join(" or ") };
    let why = match maker.disabled_at.filter(|_| maker.is_kept_out(now)) {
        Some(_) => format!("{who_made} is kept out"),
        None => format!("{who_made} has no `configure` on {}/{} any more", token.org, token.site),
    };
    let what = format!(
        "this join token counts no more: {why}; {who} can make a new one: `dogwatch join-token create`"
    );
    Err(Refusal::new(Code::NotAllowed, what))
}

/// Somebody with all that they were given, whatever a token of theirs lets through.
fn whole(person: &Person) -> Principal {
    let within = Scope::of(person.key().org, None);
    let team = person.team.clone();
    Principal { team, ..Principal::new(person.id.clone(), person.side, &within, Verbs::EVERYTHING) }
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

pub(super) fn create_join_token(
    state: &mut State,
    policy: &Policy,
    token: NewJoinToken,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<JoinTokenRecord, Refusal> {
    may_in_named_org((state, policy), by, Verb::Configure, (&token.org, Some(&token.site)), now)?;
    let record = JoinTokenRecord {
        id: ApiToken::short_id(&token.hash),
        hash: token.hash,
        org: token.org,
        site: token.site,
        created_by: by.person.clone(),
        created_side: Some(by.side),
        created_for: by.maker.clone().filter(|maker| *maker != by.key()),
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

pub(super) fn revoke_join_token(
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

//! Proposing, signing and withdrawing versions of an org's matrix.

use std::sync::Arc;

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::matrix::{self, MatrixError};
use jiff::Timestamp;

use super::{
    Batch, Core, Proposal,
    audit::{deed, of_version},
    batch::not_found,
    may::{may_in_named_org, may_seeing_org},
};
use crate::{
    access::{Principal, Verb},
    ownership::{MAX_NOTE_BYTES, MAX_VERSIONS, MAX_WAITING, Signature, Version, in_force},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

pub(super) fn propose(
    state: &mut State,
    policy: &Policy,
    proposal: Proposal,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Version, Refusal> {
    may_in_named_org((state, policy), by, Verb::Configure, (&proposal.org, None), now)?;
    understood(policy, &proposal)?;
    let versions = state.matrices.entry(proposal.org.clone()).or_default();
    let hash = Version::hash_of(&proposal.text);
    is_news(versions, (&hash, by.side), now)?;
    let version = Version {
        org: proposal.org,
        hash,
        text: proposal.text,
        proposed_by: by.person.clone(),
        proposed_side: by.side,
        proposed_at: now,
        effective_at: proposal.effective_at.unwrap_or(now),
        note: proposal.note,
        signatures: Vec::new(),
        withdrawn_at: None,
    };
    batch.put(Table::Matrices, version.key(), &version);
    let deed = deed(by, "ownership.propose", version.key(), Some(&version.org));
    batch.record(now, deed.after(of_version(&version)));
    versions.retain(|known| known.hash != version.hash);
    versions.push(version.clone());
    forget_old(versions, now, batch);
    Ok(version)
}

/// Refuses what is no matrix of the org, or not to be read as it is written.
fn understood(policy: &Policy, proposal: &Proposal) -> Result<(), Refusal> {
    let invalid = |what: String| Err(Refusal::new(Code::Invalid, what));
    if proposal.note.len() > MAX_NOTE_BYTES {
        return invalid(format!(
            "the note has {} bytes and the limit is {MAX_NOTE_BYTES}",
            proposal.note.len()
        ));
    }
    let matrix = policy
        .understand(&proposal.text, "draft")
        .map_err(|error| Refusal::new(Code::Invalid, error.to_string()))?;
    let illegible = matrix::illegible(&proposal.text, "draft");
    if !illegible.is_empty() {
        return invalid(MatrixError { faults: illegible }.to_string());
    }
    if *matrix.org() != proposal.org {
        return invalid(format!(
            "the document is the matrix of org `{}`; mend `id` under [org]",
            matrix.org()
        ));
    }
    Ok(())
}

/// Refuses a version that stands already, and one more of a side than anybody signs.
fn is_news(versions: &[Version], (hash, side): (&str, Side), now: Timestamp) -> Result<(), Refusal> {
    let conflict = |what: String| Err(Refusal::new(Code::Conflict, what));
    if in_force(versions, now).is_some_and(|current| current.hash == hash) {
        return conflict(format!("version {hash} is in force already"));
    }
    // One that was in force before, or was taken back, may be proposed afresh: that is how a change is undone. Its
    // earlier signatures stand in the audit and count no more.
    let stands = |known: &Version| known.is_waiting() || known.in_force_from().is_some_and(|from| from > now);
    if versions.iter().any(|known| known.hash == hash && stands(known)) {
        return conflict(format!(
            "version {hash} was proposed already; sign it: `dogwatch ownership sign {hash}`"
        ));
    }
    let own = |version: &&Version| version.proposed_side == side && version.is_waiting();
    if versions.iter().filter(own).count() >= MAX_WAITING {
        return conflict(format!(
            "{MAX_WAITING} versions of your side wait for signatures; sign or withdraw some of them first"
        ));
    }
    Ok(())
}

/// Keeps the history within its bound: what never came into force goes first, then the oldest. What is in force stays.
fn forget_old(versions: &mut Vec<Version>, now: Timestamp, batch: &mut Batch) {
    while versions.len() > MAX_VERSIONS {
        let held = in_force(versions, now).map(|version| version.hash.clone());
        let spare = |version: &Version| !version.is_waiting() && Some(&version.hash) != held.as_ref();
        let dead = versions.iter().position(|version| version.withdrawn_at.is_some());
        let Some(place) = dead.or_else(|| versions.iter().position(spare)) else { return };
        batch.delete(Table::Matrices, versions.remove(place).key());
    }
}

pub(super) fn withdraw(
    state: &mut State,
    (org, hash): (&OrgId, &str),
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Version, Refusal> {
    may_seeing_org(state, by, Verb::Configure, (org, None), now, || not_found("version", hash))?;
    let version = find(state, (org, hash))?;
    if version.proposed_side != by.side {
        let what = format!(
            "version {hash} was proposed by {} of side `{}`; leave it unsigned, or ask them to withdraw it",
            version.proposed_by, version.proposed_side
        );
        return Err(Refusal::new(Code::NotAllowed, what));
    }
    if version.in_force_from().is_some_and(|from| from <= now) {
        let what = format!("version {hash} is in force; propose the one that is to take its place");
        return Err(Refusal::new(Code::Conflict, what));
    }
    take_back(version, by, now, batch);
    Ok(version.clone())
}

fn take_back(version: &mut Version, by: &Principal, now: Timestamp, batch: &mut Batch) {
    let before = of_version(version);
    version.withdrawn_at.get_or_insert(now);
    batch.put(Table::Matrices, version.key(), &*version);
    let deed = deed(by, "ownership.withdraw", version.key(), Some(&version.org));
    batch.record(now, deed.before(before).after(of_version(version)));
}

/// What a side has proposed that leaves an org goes with it, as far as nobody has agreed to it. Gives how many.
pub(super) fn withdraw_all(
    state: &mut State,
    (org, side): (&OrgId, Side),
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> usize {
    let versions = state.matrices.get_mut(org).into_iter().flatten();
    let theirs = versions.filter(|version| version.proposed_side == side && version.is_waiting());
    theirs.map(|version| take_back(version, by, now, batch)).count()
}

impl Core {
    pub(super) fn sign_matrix(
        &mut self,
        state: &mut State,
        (org, hash): (&OrgId, &str),
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Version, Refusal> {
        let policy = self.policy.load_full();
        let unseen = || not_found("version", hash);
        may_seeing_org(state, by, Verb::View, (org, None), now, unseen)?;
        // Who is named in the document needs no grant.
        let granted = may_seeing_org(state, by, Verb::Sign, (org, None), now, unseen);
        let own_hand = state.access.by_own_hand(by, (org, policy.matrix(org).signers(by.side)), now);
        let version = find(state, (org, hash))?;
        may_sign(&policy, version, by, granted, own_hand)?;
        let before = of_version(version);
        version.signatures.push(Signature { side: by.side, person: by.person.clone(), at: now });
        let version = version.clone();
        batch.put(Table::Matrices, version.key(), &version);
        let deed = deed(by, format!("ownership.sign.{}", by.side), version.key(), Some(&version.org));
        batch.record(now, deed.before(before).after(of_version(&version)));
        if version.in_force_from().is_some_and(|from| from <= now) {
            self.agree(state, now);
        }
        Ok(version)
    }

    /// Puts the versions in force that are so by now, and has everything routed anew.
    pub(super) fn agree(&mut self, state: &State, now: Timestamp) {
        let policy = Policy::clone(&self.policy.load());
        match policy.with_agreed(&state.matrices, &state.access.left, now) {
            Ok(policy) => {
                self.policy.store(Arc::new(policy));
                state.members.keys().for_each(|id| self.due.set(*id, now));
            }
            Err(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                tracing::error!(
                    faults = faults.join("; "),
                    "a signed matrix does not go with the directory; what was in force still is"
                );
            }
        }
    }
}

fn find<'s>(state: &'s mut State, (org, hash): (&OrgId, &str)) -> Result<&'s mut Version, Refusal> {
    let versions = state.matrices.get_mut(org);
    let named = |version: &&mut Version| !hash.is_empty() && version.hash.starts_with(hash);
    let mut found: Vec<_> = versions.into_iter().flatten().filter(named).collect();
    match (found.pop(), found.is_empty()) {
        (Some(version), true) => Ok(version),
        (Some(_), false) => {
            let what = format!("several versions of `{org}` begin with `{hash}`; write more of it");
            Err(Refusal::new(Code::Conflict, what))
        }
        (None, _) => Err(not_found("version", hash)),
    }
}

/// A side names its signers in the document that is in force, so that no draft makes its own; where it names none, whoever has
/// `sign` signs. Either way by their own hand.
fn may_sign(
    policy: &Policy,
    version: &Version,
    by: &Principal,
    granted: Result<(), Refusal>,
    own_hand: Result<(), Refusal>,
) -> Result<(), Refusal> {
    let hash = &version.hash;
    if version.withdrawn_at.is_some() {
        return Err(Refusal::new(Code::Conflict, format!("version {hash} was withdrawn; propose it again")));
    }
    if let Some(signature) = version.signatures.iter().find(|signature| signature.side == by.side) {
        let what = format!("{} has signed version {hash} for {} already", signature.person, signature.side);
        return Err(Refusal::new(Code::Conflict, what));
    }
    // The directory may have changed since it was proposed.
    policy
        .understand(&version.text, &format!("version {hash}"))
        .map_err(|error| Refusal::new(Code::Conflict, error.to_string()))?;
    if by.side == Side::Vendor {
        return Err(Refusal::new(Code::NotAllowed, "a matrix is agreed on between the MSP and internal IT"));
    }
    let signers = policy.matrix(&version.org).signers(by.side);
    if signers.is_empty() {
        return granted.and(own_hand);
    }
    if signers.contains(&by.person) {
        return own_hand;
    }
    let who = signers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    let what = format!("{} does not sign for `{}`; {who} does", by.person, by.side);
    Err(Refusal::new(Code::NotAllowed, what))
}

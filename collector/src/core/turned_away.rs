//! Who was turned away is in the audit of their org, for both sides to see: a copy of an agent that was kept out, a machine that
//! was revoked and still knocks, a token that has ended and that somebody still uses. A key that nobody here knows belongs to no
//! org, so the collector's own chain has it, as that of a token that reaches every org. A login that ran out is how its day ends;
//! one that was revoked and is still used is told.
//!
//! Whoever knocks does so again and again: of each endpoint or token and reason one record an hour, with how often it happened
//! since the one before, and from where it did last. Callers who cannot even show a certificate, and texts that are no token of
//! ours, are in the log alone.

use std::{collections::BTreeMap, net::IpAddr};

use dogwatch_model::{EndpointId, EndpointState, OrgId};
use dogwatch_triage::audit::Deed;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Batch, Core};
use crate::{
    access::Sha256,
    state::{Member, State},
    storage::Table,
};

/// How often one is told of again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Endpoints and tokens that are remembered; while there are so many, others are in the log alone. A fleet that was revoked as a whole
/// would otherwise be remembered as a whole.
const MAX_KNOWN: usize = 10_000;

/// A second machine was kept out.
const CLONE_REFUSED: &str = "endpoint.clone-refused";
/// A machine that was revoked or retired was refused.
const REFUSED: &str = "endpoint.refused";

/// A token that has ended was shown.
const TOKEN_REFUSED: &str = "token.refused";

/// Who was turned away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// An endpoint, as what; unknown keys count as one, since anybody can make a new one.
    Endpoint(Option<EndpointId>, &'static str),
    /// A token, by its short id.
    Token(String),
}

/// What is said of one.
#[derive(Debug, Clone, Default)]
struct Said {
    org: Option<OrgId>,
    name: String,
    why: String,
    from: Option<IpAddr>,
}

/// How often one was turned away since it was told.
#[derive(Debug)]
struct Tally {
    told_at: Timestamp,
    count: u32,
    last: Said,
}

/// Who was turned away lately.
#[derive(Debug, Default)]
pub(super) struct TurnedAway(BTreeMap<Who, Tally>);

impl TurnedAway {
    /// One more time. Gives how often it happened when that is to be told now.
    fn note(&mut self, who: &Who, said: Said, now: Timestamp) -> Option<u32> {
        if let Some(tally) = self.0.get_mut(who) {
            tally.count += 1;
            tally.last = said;
            return tally.take(now);
        }
        if self.0.len() >= MAX_KNOWN {
            return None;
        }
        self.0.insert(who.clone(), Tally { told_at: now, count: 0, last: said });
        Some(1)
    }

    /// Those whose hour is over: what they did meanwhile is told, who did nothing is forgotten.
    fn due(&mut self, now: Timestamp) -> Vec<(Who, u32, Said)> {
        let mut due = Vec::new();
        self.0.retain(|who, tally| {
            if now < tally.told_at + AGAIN_AFTER {
                return true;
            }
            let told = tally.take(now).filter(|count| *count > 0);
            due.extend(told.map(|count| (who.clone(), count, tally.last.clone())));
            told.is_some()
        });
        due
    }
}

impl Tally {
    fn take(&mut self, now: Timestamp) -> Option<u32> {
        (now >= self.told_at + AGAIN_AFTER).then(|| {
            self.told_at = now;
            std::mem::take(&mut self.count)
        })
    }
}

impl Core {
    /// A second machine with an endpoint's key was kept out: its endpoint's link says so, and the audit.
    pub(super) fn clone_refused(
        &mut self,
        member: &Member,
        (why, from): (&str, IpAddr),
        now: Timestamp,
        batch: &mut Batch,
    ) {
        batch.put(Table::Links, member.endpoint.id, &member.link());
        self.dirty.insert(member.endpoint.id);
        let said = Said { why: why.to_owned(), from: Some(from), ..of(member) };
        self.turned(&Who::Endpoint(Some(member.endpoint.id), CLONE_REFUSED), said, now, batch);
    }

    /// A key was refused at the door: that of an endpoint that was revoked or retired, or one that nobody knows.
    pub(super) fn key_refused(
        &mut self,
        state: &State,
        id: Option<EndpointId>,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let said = match id.and_then(|id| state.members.get(&id)) {
            Some(member)
                if matches!(member.endpoint.state, EndpointState::Active | EndpointState::Pending) =>
            {
                return;
            }
            Some(member) => Said { why: format!("it was {}", member.endpoint.state), ..of(member) },
            None => Said { why: "nobody here knows the key".to_owned(), ..Said::default() },
        };
        self.turned(&Who::Endpoint(id, REFUSED), said, now, batch);
    }

    /// A token was refused because it has ended.
    pub(super) fn token_refused(
        &mut self,
        state: &State,
        (hash, from): (&Sha256, Option<IpAddr>),
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let Some(token) = state.access.tokens.get(hash) else { return };
        let why = match (token.revoked_at, token.ended_at(now)) {
            (Some(at), _) => format!("it was revoked at {at:.0}"),
            (None, Some(at)) if token.session.is_none() => format!("it expired at {at:.0}"),
            _ => return,
        };
        let of = &token.principal;
        let said = Said { org: of.org.clone(), name: of.key().to_string(), why, from };
        self.turned(&Who::Token(token.id.clone()), said, now, batch);
    }

    fn turned(&mut self, who: &Who, said: Said, now: Timestamp, batch: &mut Batch) {
        if let Some(count) = self.turned_away.note(who, said.clone(), now) {
            record(who, count, said, now, batch);
        }
    }

    /// Tells of those who came again since they were told of, once their hour is over.
    pub(super) fn tell_turned_away(&mut self, now: Timestamp, batch: &mut Batch) {
        for (who, count, said) in self.turned_away.due(now) {
            record(&who, count, said, now, batch);
        }
    }
}

fn of(member: &Member) -> Said {
    let endpoint = &member.endpoint;
    Said { org: Some(endpoint.org.clone()), name: endpoint.name.clone(), ..Said::default() }
}

fn record(who: &Who, count: u32, said: Said, now: Timestamp, batch: &mut Batch) {
    let (act, on) = match who {
        Who::Endpoint(Some(id), act) => (*act, id.to_string()),
        Who::Endpoint(None, act) => (*act, "a key that is not known".to_owned()),
        Who::Token(id) => (TOKEN_REFUSED, id.clone()),
    };
    let name = Some(said.name).filter(|name| !name.is_empty());
    let deed = Deed::new(act, on, said.org.as_ref());
    let told = deed.after(json!({ "name": name, "why": said.why, "count": count }));
    batch.record(now, Deed { from: said.from, ..told });
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Who = Who::Endpoint(None, REFUSED);

    #[test]
    fn of_one_that_knocks_all_day_there_is_a_record_an_hour_with_the_count() {
        let mut turned = TurnedAway::default();
        let start: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let mut told = Vec::new();
        for second in (0..4 * 3600).step_by(10) {
            let now = start + SignedDuration::from_secs(second);
            told.extend(turned.note(&WHO, Said::default(), now));
            told.extend(turned.due(now).into_iter().map(|(_, count, _)| count));
        }
        assert_eq!(told, [1, 360, 360, 360]);
        let later = start + SignedDuration::from_hours(5);
        assert_eq!(turned.due(later).len(), 1, "what came in the last hour is told though nothing comes");
        assert!(turned.due(later + AGAIN_AFTER).is_empty() && turned.0.is_empty(), "and then forgotten");
    }

    #[test]
    fn a_whole_fleet_that_knocks_is_remembered_in_bounded_space() {
        let mut turned = TurnedAway::default();
        let who = |n: u32| Who::Endpoint(Some(EndpointId(uuid::Uuid::from_u128(n.into()))), REFUSED);
        let told = (0..20_000).filter_map(|n| turned.note(&who(n), Said::default(), Timestamp::UNIX_EPOCH));
        assert_eq!(told.count(), MAX_KNOWN);
    }
}

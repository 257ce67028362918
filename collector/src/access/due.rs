//! What of the register somebody should look at: reviews, ends, what nobody uses.

mod grants;

use dogwatch_model::text_enum;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;

use super::{PersonKey, Register, Scope};

/// How long before its end a right is told of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// An account that nobody used for so long is stale, and so is a grant.
const STALE: SignedDuration = SignedDuration::from_hours(90 * 24);

text_enum! {
    /// Why something is to be looked at.
    pub enum DueKind {
        /// A grant's review.
        Review = "review",
        /// A grant whose holder works in another team now.
        TeamChanged = "team_changed",
        /// A grant in an org where others answer for the work of its holder's team now.
        DutiesChanged = "duties_changed",
        /// A grant whose risky verbs wait for approval.
        Approval = "approval",
        /// A grant that ends soon.
        GrantEnds = "grant_ends",
        /// A grant that nobody has used for a quarter.
        GrantUnused = "grant_unused",
        /// A token that ends soon.
        TokenEnds = "token_ends",
        /// A token without an end.
        TokenEndless = "token_endless",
        /// A token that was never used.
        TokenUnused = "token_unused",
        /// Somebody who has not come in for a quarter, and may.
        Stale = "stale",
        /// A sealed code whose maker may not seal any more.
        SealVoid = "seal_void",
    }
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, JsonSchema)]
pub struct Due {
    /// Why.
    pub kind: DueKind,
    /// Id of the grant, token or seal; of the person for an account.
    pub id: String,
    /// Whom it concerns.
    pub person: PersonKey,
    /// Where.
    pub scope: Scope,
    /// Since when, or until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// In words.
    pub why: String,
}

impl Register {
    /// All of it, the most pressing kind first.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        let mut due: Vec<Due> = self
            .due_grants(now)
            .chain(self.due_tokens(now))
            .chain(self.stale(now))
            .chain(self.due_back(now))
            .collect();
        due.extend(
            self.seals.values().filter(|seal| seal.broken_at.is_none() && !self.holds(seal, now)).map(
                |seal| Due {
                    kind: DueKind::SealVoid,
                    id: seal.id.clone(),
                    person: seal.made_by.clone(),
                    scope: seal.scope.clone(),
                    at: Some(seal.made_at),
                    why: format!("{} sealed it and may not open that any more", seal.made_by),
                },
            ),
        );
        due.sort_by(|a, b| (a.kind, a.at, &a.id).cmp(&(b.kind, b.at, &b.id)));
        due
    }

    fn due_tokens(&self, now: Timestamp) -> impl Iterator<Item = Due> {
        let valid = self.tokens.values().filter(move |token| token.is_valid(now) && token.session.is_none());
        valid.flat_map(move |token| {
            let due = |kind, at, why| Due {
                kind,
                id: token.id.clone(),
                person: token.principal.key(),
                scope: token.principal.scope(),
                at,
                why,
            };
            let unused = token.used_at.is_none() && token.created_at + SOON <= now;
            let ends = token.expires_at.filter(|at| *at <= now + SOON);
            [
                ends.map(|at| due(DueKind::TokenEnds, Some(at), format!("it ends on {}", day(at)))),
                token.expires_at.is_none().then(|| {
                    due(
                        DueKind::TokenEndless,
                        None,
                        "it never ends; look whether it is still needed".to_owned(),
                    )
                }),
                unused.then(|| {
                    let why = format!("nobody has used it since it was made on {}", day(token.created_at));
                    due(DueKind::TokenUnused, Some(token.created_at), why)
                }),
            ]
            .into_iter()
            .flatten()
        })
    }

    fn stale(&self, now: Timestamp) -> impl Iterator<Item = Due> {
        let able = self.people.values().filter(move |person| !person.is_kept_out(now));
        able.filter_map(move |person| {
            let key = person.key();
            let seen = self.last_seen(&key).unwrap_or(person.created_at);
            (seen + STALE <= now).then(|| Due {
                kind: DueKind::Stale,
                id: person.id.to_string(),
                person: key,
                scope: person.home.clone(),
                at: Some(seen),
                why: format!("they have not come in since {}, and may", day(seen)),
            })
        })
    }

    /// When somebody last came in, roughly.
    pub fn last_seen(&self, key: &PersonKey) -> Option<Timestamp> {
        self.tokens.of(key).filter_map(|token| token.used_at).max()
    }
}

/// A day, as everybody reads it.
fn day(at: Timestamp) -> impl core::fmt::Display {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

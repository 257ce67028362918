//! A side leaves an org for good: what it had there ends in one commit, whichever room it is kept in.
//!
//! | what | where it ends |
//! |---|---|
//! | grants, people, tokens, sessions, invitations | the register's own act |
//! | join tokens that it made | here |
//! | saved views of its own | here |
//! | versions of the matrix that it proposed and that wait | with the other versions |
//! | messages on their way, what would be said next | [`notify::stop`] |
//! | work that its people have or were offered | at each item's next look, which is due at once |
//! | streams that are open | the feed looks again at whoever listens |
//!
//! Agents and the other side's people notice nothing.

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::alert::AlertNumber;
use jiff::Timestamp;

use super::{
    Batch, Core,
    audit::{deed, of_join_token},
    ownership,
};
use crate::{
    access::{Act, Change, Principal},
    notify,
    refusal::Refusal,
    state::State,
    storage::Table,
};

/// What ended.
#[derive(Debug, Clone, Default)]
pub struct Departed {
    /// Rows of the register.
    pub changes: Vec<Change>,
    /// Join tokens that were withdrawn.
    pub join_tokens: usize,
    /// Views that were deleted.
    pub views: usize,
    /// Versions of the matrix that it had proposed and that waited.
    pub proposals: usize,
    /// Items that its people had, and that are free again.
    pub items: usize,
    /// Words to it that nobody says any more.
    pub messages: usize,
}

impl Core {
    /// Does it, if who asks may.
    pub(super) fn offboard(
        &mut self,
        state: &mut State,
        (org, side): (&OrgId, Side),
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Departed, Refusal> {
        let changes = Self::change_register(state, &Act::Offboard(org.clone(), side), by, now, batch)?;
        let before = self.policy.load().matrix(org).clone();
        let join_tokens = revoke_joins(state, (org, side), by, now, batch);
        let views = delete_views(state, (org, side), by, now, batch);
        let proposals = ownership::withdraw_all(state, (org, side), by, now, batch);
        self.agree(state, now);
        let policy = self.policy.load_full();
        let stopped = notify::stop(state, (&policy, &before), (org, side), now, batch);
        if let Some(standing) = state.access.orgs.get_mut(org) {
            standing.ways_stopped.extend(stopped.ways.iter().map(ToString::to_string));
            batch.put(Table::Orgs, org, &*standing);
        }
        let items = self.free_items(state, (org, side), now);
        Ok(Departed { changes, join_tokens, views, proposals, items, messages: stopped.dropped })
    }

    /// Has every open item of the org looked after at once. Gives how many its people have.
    fn free_items(&mut self, state: &State, (org, side): (&OrgId, Side), now: Timestamp) -> usize {
        let own = |alert: &&dogwatch_triage::alert::Alert| alert.org == *org && alert.is_with(side);
        let mut held = 0;
        let theirs: Vec<(AlertNumber, _)> = state
            .alerts
            .values()
            .map(|item| &item.alert)
            .filter(own)
            .inspect(|alert| held += usize::from(alert.is_worked_on_by(side)))
            .map(|alert| (alert.number, alert.endpoint))
            .collect();
        for (number, endpoint) in theirs {
            match endpoint {
                Some(id) => self.due.set(id, now),
                None => self.due_items.set(number, now),
            }
        }
        held
    }
}

/// Join tokens that a side made go with it.
fn revoke_joins(
    state: &mut State,
    (org, side): (&OrgId, Side),
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> usize {
    let theirs = |side_of: Option<Side>| side_of.is_none_or(|made| made == side);
    let joins = state
        .join_tokens
        .values_mut()
        .filter(|token| token.org == *org && token.revoked_at.is_none() && theirs(token.created_side));
    let mut revoked = 0;
    for token in joins {
        let before = of_join_token(token);
        token.revoked_at = Some(now);
        batch.put(Table::JoinTokens, &token.id, &*token);
        let told = deed(by, "join-token.revoke", &token.id, Some(org));
        batch.record(now, told.before(before).after(of_join_token(token)));
        revoked += 1;
    }
    revoked
}

/// Views that were for a side alone go with it.
fn delete_views(
    state: &mut State,
    (org, side): (&OrgId, Side),
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> usize {
    let theirs =
        state.views.extract_if(.., |_, view| view.org.as_ref() == Some(org) && view.side == Some(side));
    let mut deleted = 0;
    for (key, view) in theirs {
        batch.delete(Table::Views, key);
        batch.record(now, deed(by, "view.delete", &view.name, Some(org)).before(&view));
        deleted += 1;
    }
    deleted
}

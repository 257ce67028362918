//! Grants that somebody should look at.

use std::collections::BTreeSet;

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{Due, DueKind, SOON, STALE, day};
use crate::access::{Grant, Register, Verb};

impl Register {
    pub(super) fn due_grants(&self, now: Timestamp) -> impl Iterator<Item = Due> {
        let owned = self.owned(now);
        self.grants.values().filter(move |grant| grant.is_in_force(now)).flat_map(move |grant| {
            let review = grant.due_review(now).or_else(|| self.undated(grant));
            let approval = grant.due_approval(&owned);
            let asked = grant.triggers.iter().map(|asked| grant.due(asked.kind, asked.at, asked.why.clone()));
            let due = [review, approval, grant.due_end(now), grant.due_idle(now)].into_iter().flatten();
            due.chain(asked).collect::<Vec<_>>()
        })
    }

    /// What neither ends nor has a day of review is from before set-up gave one; groups are looked after elsewhere.
    fn undated(&self, grant: &Grant) -> Option<Due> {
        let dated = grant.review_at.is_some() || grant.expires_at.is_some();
        let why = "it has neither an end nor a day of review; `dogwatch access review` sets one";
        (!dated && !self.is_of_group(grant)).then(|| grant.due(DueKind::Review, grant.given_at, why))
    }

    /// Who came back through a broken seal and administers: is it them?
    pub(super) fn due_back(&self, now: Timestamp) -> impl Iterator<Item = Due> {
        let administering = self.grants.values().filter(move |grant| {
            grant.is_in_force(now) && !grant.on_trial && grant.verbs.has(Verb::Administer)
        });
        administering.filter_map(move |grant| {
            let back = self.back_on_trial(&grant.to, now)?;
            let id = &grant.id;
            let why = format!(
                "{} came back through a broken seal at {:.0}: confirm that it is them (`dogwatch access approve {id}`) or \
                 object (`dogwatch access refuse {id}`)",
                grant.to.id, back.since,
            );
            Some(grant.due(DueKind::Review, back.since, why))
        })
    }

    /// Whether somebody has it because of a group of theirs at a provider.
    fn is_of_group(&self, grant: &Grant) -> bool {
        self.bonds.get(&grant.to).is_some_and(|bond| bond.grants.values().any(|id| *id == grant.id))
    }
}

impl Grant {
    fn due(&self, kind: DueKind, at: Timestamp, why: impl Into<String>) -> Due {
        Due {
            kind,
            id: self.id.clone(),
            person: self.to.clone(),
            scope: self.scope.clone(),
            at: Some(at),
            why: why.into(),
        }
    }

    fn due_review(&self, now: Timestamp) -> Option<Due> {
        let at = self.review_at.filter(|at| *at <= now)?;
        Some(self.due(DueKind::Review, at, format!("its review was to be by {}", day(at))))
    }

    /// Where an org has an owner, its risky verbs wait for their word.
    fn due_approval(&self, owned: &BTreeSet<OrgId>) -> Option<Due> {
        let risky = self.verbs.risky();
        let waits = |org: &&OrgId| owned.contains(*org) && !self.approvals.contains_key(*org);
        self.scope.org().filter(|_| !risky.is_empty()).filter(waits)?;
        let why = format!("{risky} counts once an owner has approved it");
        Some(self.due(DueKind::Approval, self.given_at, why))
    }

    fn due_end(&self, now: Timestamp) -> Option<Due> {
        let at = self.expires_at.filter(|at| *at <= now + SOON)?;
        let (day, scope) = (day(at), &self.scope);
        let why = match (self.on_trial, scope.org()) {
            (false, _) => format!("it ends on {day}"),
            (true, org) => {
                let how = match org {
                    Some(_) => format!("confirms it: `dogwatch access approve {}`", self.id),
                    None => "gives them a grant of their own: `dogwatch access grant`".to_owned(),
                };
                format!(
                    "it was given after a seal was broken, and ends on {day} unless somebody who administers {scope} for \
                     good {how}"
                )
            }
        };
        Some(self.due(DueKind::GrantEnds, at, why))
    }

    fn due_idle(&self, now: Timestamp) -> Option<Due> {
        let since = Some(self.idle_since()).filter(|since| *since + STALE <= now)?;
        let why = match self.used_at {
            Some(used) => format!("nobody has used it since {}", day(used)),
            None => format!("nobody has used it since it was given on {}", day(self.given_at)),
        };
        Some(self.due(DueKind::GrantUnused, since, why))
    }
}

//! Hold and clear: from the verdicts of a rule's levels to how it stands.

use jiff::Timestamp;

use super::standing::{Firing, State};
use crate::{
    filter::{Reads, Scope, Verdict},
    finding::Severity,
    rules::{Level, Rule},
};

/// A rule, and what was just told.
pub(super) struct Sampled<'r> {
    pub(super) rule: &'r Rule,
    pub(super) sample: Reads,
}

impl Sampled<'_> {
    /// Whether this look can count as a good sample.
    const fn counts(&self) -> bool {
        let reported = self.rule.reads.intersection(Reads::REPORTED);
        reported.is_empty() || self.sample.intersects(reported)
    }
}

/// How the rule stands now.
pub(super) struct Judgement {
    pub(super) state: State,
    /// A level counts now; otherwise what fires goes on for want of better news.
    pub(super) counts: bool,
}

/// What one level says, taking into account that it may be the one that is firing.
enum Says {
    /// It counts, since then.
    Counts(Timestamp),
    /// It is true, and must hold longer.
    Waits,
    /// It is false.
    No,
    /// It cannot be told, or is between its condition and its clear level.
    Unsure,
}

pub(super) fn judge(sampled: &Sampled<'_>, before: &State, scope: &mut Scope<'_, '_>) -> Judgement {
    let as_of = scope.row().as_of;
    let mut state = *before;
    let mut worst: Option<(Severity, Timestamp)> = None;
    let (mut unsure, mut counts) = (false, false);
    for level in &sampled.rule.levels {
        match says(level, before, &mut state, as_of, scope) {
            // Levels come worst first: the first that counts is the worst.
            Says::Counts(since) => {
                counts = true;
                worst = worst.or(Some((level.severity, since)));
            }
            Says::Unsure => {
                unsure = true;
                let firing = before.firing.filter(|firing| firing.severity == level.severity);
                worst = worst.or(firing.map(|firing| (firing.severity, firing.since)));
            }
            Says::Waits | Says::No => {}
        }
    }
    state.firing = match (worst, before.firing) {
        (Some((severity, since)), None) => {
            Some(Firing { severity, since, good: 0, good_at: None, texts: 0, title: 0, told_at: None })
        }
        (Some((severity, _)), Some(firing)) => Some(Firing { severity, good: 0, good_at: None, ..firing }),
        (None, Some(firing)) if unsure => Some(firing),
        (None, Some(firing)) => after_good_look(sampled, firing, as_of),
        (None, None) => None,
    };
    Judgement { state, counts }
}

fn says(
    level: &Level,
    before: &State,
    state: &mut State,
    as_of: Timestamp,
    scope: &mut Scope<'_, '_>,
) -> Says {
    let is_firing = before.firing.is_some_and(|firing| firing.severity == level.severity);
    match level.when.judge_in(scope) {
        Verdict::Match => {
            let since = before.held.of(level.severity).unwrap_or(as_of);
            state.held.set(level.severity, Some(since));
            // A hold is for opening; what fires goes on.
            let counts = is_firing || as_of.duration_since(since) >= level.hold;
            if counts { Says::Counts(since) } else { Says::Waits }
        }
        Verdict::NoMatch => {
            state.held.set(level.severity, None);
            let is_clear = |scope: &mut Scope<'_, '_>| {
                level.clear.as_ref().is_none_or(|clear| clear.judge_in(scope) == Verdict::Match)
            };
            if is_firing && !is_clear(scope) { Says::Unsure } else { Says::No }
        }
        Verdict::Unknown => Says::Unsure,
    }
}

fn after_good_look(sampled: &Sampled<'_>, mut firing: Firing, as_of: Timestamp) -> Option<Firing> {
    let wanted = sampled.rule.clear_after;
    if wanted <= 1 {
        return None;
    }
    if sampled.counts() && firing.good_at.is_none_or(|last| last < as_of) {
        firing.good += 1;
        firing.good_at = Some(as_of);
    }
    (firing.good < wanted).then_some(firing)
}

/// When the first hold runs out that would open a finding or make it worse. None does while the rule is not judged.
pub(super) fn due(rule: &Rule, state: &State) -> Option<Timestamp> {
    if state.left_at.is_some() {
        return None;
    }
    let worsens = |level: &&Level| state.firing.is_none_or(|firing| level.severity > firing.severity);
    let runs_out = |level: &Level| state.held.of(level.severity)?.checked_add(level.hold).ok();
    rule.levels.iter().filter(worsens).filter_map(runs_out).min()
}

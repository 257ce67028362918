//! What the rules say about one endpoint now, and what changed since they were last asked.
//!
//! `assess` is a function of values: the endpoint's facts, an instant, what stood before, and the rules. Its answer
//! carries the new standing, to be kept with the endpoint, and the changes that the queue must hear of.
//!
//! Invariants: asking again with its own answer and the same input changes nothing. A missing fact neither opens
//! nor clears. A hold counts from the first time in a row that the condition was seen true. Good samples count only
//! when they bring what the rule reads; to a rule that reads no report, every look is a sample.
//!
//! While a rule's `while` is not true it is not judged at all: what it found stays, and its holds stand still.
//!
//! A firing finding is told again when its severity changed, or what people would read about events; one whose title
//! only wiggles or ages is told again every [`RETELL_AFTER`] at most. Only reports bring news to read: a tick tells
//! nothing again.
//!
//! A report moves only the rules that read what it brought; a tick of the clock (an empty sample) moves them all.
//!
//! Deliberately missing: flapping, windows, people. Those are the alert's life, not the machine's truth.

mod explain;
mod judgement;
mod standing;

use jiff::{SignedDuration, Timestamp};

use crate::{
    filter::{Reads, Row, Scope, Value, Verdict},
    finding::Finding,
    rules::{Rule, RuleSet, collect_evidence, evidence_digest, text_digest},
};

pub use explain::{Explained, LevelExplained, explain};
pub use standing::{Firing, Held, Standing, State};

use judgement::{Judgement, Sampled, judge};

/// A percentage in a title may move with every sample; people are told so after this time. An alert that is read in a
/// meeting is not older than this, and a day of it is not thousands of versions.
pub const RETELL_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// One endpoint to assess.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The endpoint, its facts and the instant.
    pub row: Row<'a>,
    /// What stood before, as the last assessment returned it.
    pub standing: &'a [Standing],
    /// What the report that triggers this brought ([`Reads::of_report`]); [`Reads::PRESENCE`] when a stream opened
    /// or closed; [`Reads::NONE`] on a tick of the clock.
    pub sample: Reads,
}

/// Something the queue must hear of.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A condition began to count.
    Opened(Finding),
    /// Its severity changed, or what it tells people.
    Changed(Finding),
    /// It holds no more.
    Cleared {
        /// The rule.
        rule: dogwatch_model::RuleId,
        /// Which disk, job …
        subject: String,
    },
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// The new standing when `changed`; empty otherwise, and what stood before stays.
    pub standing: Vec<Standing>,
    /// Whether `standing` differs from before and wants to be kept.
    pub changed: bool,
    /// What the queue must hear of.
    pub findings: Vec<Change>,
    /// The earliest instant at which a hold runs out: ask again then. Conditions on ages move with time as well;
    /// a tick each minute finds those.
    pub next_due: Option<Timestamp>,
}

/// Assesses one endpoint.
pub fn assess(snapshot: &Snapshot<'_>, rules: &RuleSet) -> Assessment {
    let mut pass = Pass {
        scope: Scope::new(&snapshot.row),
        sample: snapshot.sample,
        before: snapshot.standing,
        fates: Vec::new(),
        added: Vec::new(),
        findings: Vec::new(),
        next_due: None,
    };
    let mut at = 0;
    for rule in rules.rules() {
        // Both are sorted by rule; what stands between belongs to rules that are gone.
        let first = at + pass.before[at..].iter().take_while(|standing| standing.rule < rule.id).count();
        let end = first + pass.before[first..].iter().take_while(|standing| standing.rule == rule.id).count();
        pass.clear(at..first);
        pass.rule(rule, first..end);
        at = end;
    }
    pass.clear(at..pass.before.len());
    pass.finish()
}

/// What becomes of one standing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Not looked at yet.
    Unseen,
    Stays,
    Becomes(State),
    Ends,
}

type Range = core::ops::Range<usize>;

struct Pass<'r, 'a> {
    scope: Scope<'r, 'a>,
    sample: Reads,
    before: &'a [Standing],
    /// Parallel to `before`; made when the first of them does not simply stay.
    fates: Vec<Fate>,
    added: Vec<Standing>,
    findings: Vec<Change>,
    next_due: Option<Timestamp>,
}

impl Pass<'_, '_> {
    fn rule(&mut self, rule: &Rule, of_rule: Range) {
        if !rule.enabled {
            return self.clear(of_rule);
        }
        if !self.sample.is_empty() && !self.sample.intersects(rule.reads) {
            return self.pass_over(rule, of_rule);
        }
        let only = rule.only.as_ref().map_or(Verdict::Match, |only| only.judge_in(&mut self.scope));
        if only == Verdict::NoMatch {
            return self.clear(of_rule);
        }
        if rule.only_while.as_ref().is_some_and(|held| held.judge_in(&mut self.scope) != Verdict::Match) {
            return self.suspend(of_rule);
        }
        if only == Verdict::Unknown {
            return self.leave(rule, of_rule);
        }
        let (Some(walk), Some(subject)) = (&rule.each, &rule.subject) else {
            return self.subject(rule, "", of_rule);
        };
        let Some(list) = walk.listing.read(&self.scope) else { return self.leave(rule, of_rule) };
        for index in 0..list.len() {
            self.scope.bind(walk.binding.slot, list.at(index));
            // An element without a name cannot stand for anything.
            if let Value::Text(subject) = subject.value(&mut self.scope) {
                self.subject(rule, subject, of_rule.clone());
            }
        }
        for at in of_rule {
            if self.fate(at) != Fate::Unseen {
                continue;
            }
            if rule.stays_when_gone && self.before[at].state.firing.is_some() {
                self.decide(at, Fate::Stays);
            } else {
                self.clear(at..at + 1);
            }
        }
    }

    /// Judges one subject of a rule.
    fn subject(&mut self, rule: &Rule, subject: &str, of_rule: Range) {
        let known = self.before[of_rule.clone()].iter().position(|standing| standing.subject == subject);
        let known = known.map(|offset| of_rule.start + offset);
        if self.was_judged(rule, subject, known) {
            return;
        }
        let before = known.map_or(State::default(), |at| self.before[at].state);
        let as_of = self.scope.row().as_of;
        let sampled = Sampled { rule, sample: self.sample };
        let Judgement { mut state, counts } = judge(&sampled, &before.returned(as_of), &mut self.scope);
        self.note_due(judgement::due(rule, &state).filter(|due| *due > as_of));
        if counts && let Some(firing) = &mut state.firing {
            self.note_news(rule, before.firing, firing);
        }
        self.tell(rule, subject, &before, &state);
        match known {
            Some(at) if state == before => self.decide(at, Fate::Stays),
            Some(at) if state.is_idle() => self.decide(at, Fate::Ends),
            Some(at) => self.decide(at, Fate::Becomes(state)),
            None if state.is_idle() => {}
            None => self.added.push(Standing { rule: rule.id.clone(), subject: subject.to_owned(), state }),
        }
    }

    /// Brings up to date what was told, if there is news; [`Self::tell`] then tells it.
    fn note_news(&mut self, rule: &Rule, before: Option<Firing>, firing: &mut Firing) {
        let is_certain = before.is_none_or(|before| before.severity != firing.severity);
        if !is_certain && !self.sample.intersects(Reads::REPORTED) {
            return;
        }
        let as_of = self.scope.row().as_of;
        let mut news = Firing { told_at: Some(as_of), ..*firing };
        news.texts = evidence_digest(&rule.evidence, &mut self.scope);
        let may_retell = firing.told_at.is_none_or(|told_at| as_of.duration_since(told_at) >= RETELL_AFTER);
        if rule.is_title_steady {
            news.texts = news.texts.wrapping_add(text_digest(&rule.title, &mut self.scope));
        } else if is_certain || may_retell {
            news.title = text_digest(&rule.title, &mut self.scope);
        }
        if is_certain || (news.texts, news.title) != (firing.texts, firing.title) {
            *firing = news;
        }
    }

    fn tell(&mut self, rule: &Rule, subject: &str, before: &State, now: &State) {
        let change = match (before.firing, now.firing) {
            (None, Some(firing)) => Change::Opened(self.finding(rule, subject, firing)),
            (Some(old), Some(new))
                if (old.severity, old.texts, old.title) != (new.severity, new.texts, new.title) =>
            {
                Change::Changed(self.finding(rule, subject, new))
            }
            (Some(_), None) => Change::Cleared { rule: rule.id.clone(), subject: subject.to_owned() },
            _ => return,
        };
        self.findings.push(change);
    }

    fn finding(&mut self, rule: &Rule, subject: &str, firing: Firing) -> Finding {
        Finding {
            rule: rule.id.clone(),
            subject: subject.to_owned(),
            category: rule.category,
            tool: rule.tool.clone(),
            severity: firing.severity,
            title: rule.title.render(&mut self.scope),
            evidence: collect_evidence(&rule.evidence, &mut self.scope),
            since: firing.since,
        }
    }

    /// Two elements of the same name are one subject, and the first speaks for it.
    fn was_judged(&self, rule: &Rule, subject: &str, known: Option<usize>) -> bool {
        known.is_some_and(|at| self.fate(at) != Fate::Unseen)
            || self.added.iter().any(|standing| standing.rule == rule.id && standing.subject == subject)
    }

    /// The report says nothing about this rule. A hold that ran out meanwhile wants a tick.
    fn pass_over(&mut self, rule: &Rule, of_rule: Range) {
        for at in of_rule {
            self.note_due(judgement::due(rule, &self.before[at].state));
            self.decide(at, Fate::Stays);
        }
    }

    /// Nothing can be said: what stood stays, and its holds run on. One that ran out waits for the fact.
    fn leave(&mut self, rule: &Rule, of_rule: Range) {
        let as_of = self.scope.row().as_of;
        for at in of_rule {
            let state = self.before[at].state.returned(as_of);
            self.note_due(judgement::due(rule, &state).filter(|due| *due > as_of));
            self.becomes(at, state);
        }
    }

    /// The rule is not judged now: everything stays, and holds stand still.
    fn suspend(&mut self, of_rule: Range) {
        let as_of = self.scope.row().as_of;
        for at in of_rule {
            self.becomes(at, self.before[at].state.left(as_of));
        }
    }

    fn becomes(&mut self, at: usize, state: State) {
        let fate = if state == self.before[at].state { Fate::Stays } else { Fate::Becomes(state) };
        self.decide(at, fate);
    }

    /// Ends what stood, whatever it was waiting for.
    fn clear(&mut self, range: Range) {
        for at in range {
            let Standing { rule, subject, state } = &self.before[at];
            if state.firing.is_some() {
                self.findings.push(Change::Cleared { rule: rule.clone(), subject: subject.clone() });
            }
            self.decide(at, Fate::Ends);
        }
    }

    fn note_due(&mut self, due: Option<Timestamp>) {
        self.next_due = [self.next_due, due].into_iter().flatten().min();
    }

    fn fate(&self, at: usize) -> Fate {
        self.fates.get(at).copied().unwrap_or(Fate::Unseen)
    }

    fn decide(&mut self, at: usize, fate: Fate) {
        if self.fates.is_empty() {
            self.fates.resize(self.before.len(), Fate::Unseen);
        }
        self.fates[at] = fate;
    }

    fn finish(self) -> Assessment {
        let moved = |fate: &Fate| matches!(fate, Fate::Becomes(_) | Fate::Ends);
        let changed = !self.added.is_empty() || self.fates.iter().any(moved);
        let mut standing = Vec::new();
        if changed {
            for (at, before) in self.before.iter().enumerate() {
                match self.fates.get(at) {
                    Some(Fate::Ends) => {}
                    Some(Fate::Becomes(state)) => standing.push(Standing { state: *state, ..before.clone() }),
                    _ => standing.push(before.clone()),
                }
            }
            standing.extend(self.added);
            standing.sort_by(|left, right| (&left.rule, &left.subject).cmp(&(&right.rule, &right.subject)));
        }
        Assessment { standing, changed, findings: self.findings, next_due: self.next_due }
    }
}

#[cfg(test)]
mod tests;

//! Why each rule says what it says: `dogwatch rules test`.

use dogwatch_model::RuleId;
use serde::Serialize;

use super::{Snapshot, standing::State};
use crate::{
    filter::{Scope, Value, Verdict},
    finding::Severity,
    rules::{Level, Rule, RuleSet},
};

/// What one rule says about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explained {
    /// The rule.
    pub rule: RuleId,
    /// Which disk, job … ; empty for the endpoint as a whole.
    pub subject: String,
    /// Why the rule does not look at this endpoint; its levels are then empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// Its levels, worst first.
    pub levels: Vec<LevelExplained>,
}

/// What one level says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LevelExplained {
    /// How bad it would be.
    pub severity: Severity,
    /// Whether its condition holds.
    pub verdict: Verdict,
    /// In words.
    pub why: String,
}

/// Explains every rule of the set.
pub fn explain(snapshot: &Snapshot<'_>, rules: &RuleSet) -> Vec<Explained> {
    let mut explained = Vec::new();
    for rule in rules.rules() {
        explain_rule(snapshot, rule, &mut explained);
    }
    explained
}

fn explain_rule(snapshot: &Snapshot<'_>, rule: &Rule, into: &mut Vec<Explained>) {
    let mut scope = Scope::new(&snapshot.row);
    let set_aside = |why: String| Explained {
        rule: rule.id.clone(),
        subject: String::new(),
        set_aside: Some(why),
        levels: Vec::new(),
    };
    if !rule.enabled {
        return into.push(set_aside("the rule is switched off".to_owned()));
    }
    if let Some(only) = &rule.only {
        match only.judge_in(&mut scope) {
            Verdict::Match => {}
            Verdict::NoMatch => return into.push(set_aside(format!("only for {}", only.source()))),
            Verdict::Unknown => {
                let missing = only.missing_in(&mut scope).join(", ");
                return into.push(set_aside(format!("not known whether it applies: {missing}")));
            }
        }
    }
    if let Some(only_while) = &rule.only_while
        && only_while.judge_in(&mut scope) != Verdict::Match
    {
        return into.push(set_aside(format!("left as it was: judged only while {}", only_while.source())));
    }
    let (Some(walk), Some(subject)) = (&rule.each, &rule.subject) else {
        return into.push(explain_subject(snapshot, rule, "", &mut scope));
    };
    let Some(list) = walk.listing.read(&scope) else {
        return into.push(set_aside(format!("not known: {}", walk.listing.name)));
    };
    if list.len() == 0 {
        into.push(set_aside(format!("nothing in {}", walk.listing.name)));
    }
    for index in 0..list.len() {
        scope.bind(walk.binding.slot, list.at(index));
        if let Value::Text(subject) = subject.value(&mut scope) {
            into.push(explain_subject(snapshot, rule, subject, &mut scope));
        }
    }
}

fn explain_subject(
    snapshot: &Snapshot<'_>,
    rule: &Rule,
    subject: &str,
    scope: &mut Scope<'_, '_>,
) -> Explained {
    let is_this = |standing: &&super::Standing| standing.rule == rule.id && standing.subject == subject;
    let state = snapshot.standing.iter().find(is_this).map_or(State::default(), |standing| standing.state);
    let levels = rule.levels.iter().map(|level| explain_level(level, &state, scope)).collect();
    Explained { rule: rule.id.clone(), subject: subject.to_owned(), set_aside: None, levels }
}

fn explain_level(level: &Level, state: &State, scope: &mut Scope<'_, '_>) -> LevelExplained {
    let verdict = level.when.judge_in(scope);
    let condition = level.when.source().split_whitespace().collect::<Vec<_>>().join(" ");
    let is_firing = state.firing.is_some_and(|firing| firing.severity == level.severity);
    let why = match (verdict, state.held.of(level.severity)) {
        (Verdict::Match, Some(since)) if is_firing => format!("firing since {since}: {condition}"),
        (Verdict::Match, Some(since)) if !level.hold.is_zero() => {
            format!("true since {since}, must hold for {:#}: {condition}", level.hold)
        }
        (Verdict::Match, None) if !level.hold.is_zero() => {
            format!("true, must hold for {:#}: {condition}", level.hold)
        }
        (Verdict::Match, _) => format!("true: {condition}"),
        (Verdict::NoMatch, _) if is_firing => format!("not true any more, not clear yet: {condition}"),
        (Verdict::NoMatch, _) => format!("not true: {condition}"),
        (Verdict::Unknown, _) => format!("not known: {}", level.when.missing_in(scope).join(", ")),
    };
    LevelExplained { severity: level.severity, verdict, why }
}

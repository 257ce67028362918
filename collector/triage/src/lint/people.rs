//! People who are named and not there: disabled, never tried, stood in for by nobody, or without the skill.

use std::collections::BTreeSet;

use super::{
    Code, Review, Step,
    used::{Key, Named},
};
use crate::matrix::{Directory, Person, Row};

pub(super) fn check(review: &mut Review<'_>) {
    let (known, used) = (review.matrix.directory(), review.used);
    for (id, named) in &used.people {
        let Some(person) = known.person(id) else { continue };
        let called = named.iter().find(|named| named.is_called);
        if let (true, Some(first)) = (person.disabled, called.or(named.first())) {
            let what = format!("`{id}` is disabled and named here");
            at(review, Code::DisabledPerson, first, what, "name somebody who is there");
        } else if let (false, Some(first)) = (person.verified, called) {
            let what = format!("the contact of `{id}` has never been tried");
            let mend = format!("call them once, then write `verified = true` for `{id}`");
            at(review, Code::UnverifiedPerson, first, what, mend);
        }
        expired(review, person);
        if let Some(n) = circle(known, person) {
            let path = [Step::Key("deputies"), Step::Item(n), Step::Key("person")];
            let what = format!("those who stand in for `{id}` lead back to `{id}` on the same days");
            review.error(Code::EscalationCycle, ("person", id.as_str(), &path), what, "name somebody else");
        }
    }
    for row in review.matrix.rows() {
        skills(review, row);
    }
}

fn at(review: &mut Review<'_>, code: Code, named: &Named, what: String, mend: impl Into<String>) {
    let step = |key: &Key| match key {
        Key::Key(key) => Step::Key(key),
        Key::Item(index) => Step::Item(*index),
    };
    let path: Vec<_> = named.path.iter().map(step).collect();
    let place = (named.kind, named.id.as_str(), &path[..]);
    if code == Code::DisabledPerson {
        review.error(code, place, what, mend);
    } else {
        review.warn(code, place, what, mend);
    }
}

fn expired(review: &mut Review<'_>, person: &Person) {
    for (index, deputy) in person.deputies.iter().enumerate() {
        if deputy.until < review.context.today {
            let what =
                format!("`{}` has not stood in for `{}` since {}", deputy.person, person.id, deputy.until);
            let path = [Step::Key("deputies"), Step::Item(index), Step::Key("until")];
            let mend = "take the line out, or agree on new days";
            review.warn(Code::DeputyExpired, ("person", person.id.as_str(), &path), what, mend);
        }
    }
}

/// Which of a person's deputies leads back to them, through others who are away on some of the same days.
fn circle(known: &Directory, person: &Person) -> Option<usize> {
    let leads_back = |deputy: &crate::matrix::Deputy| {
        let (mut from, mut until) = (deputy.from, deputy.until);
        let mut at = &deputy.person;
        let mut seen = BTreeSet::new();
        while seen.insert(at) {
            let away = |next: &&crate::matrix::Deputy| next.from <= until && next.until >= from;
            let Some(next) = known.person(at).and_then(|stand_in| stand_in.deputies.iter().find(away)) else {
                return false;
            };
            (from, until) = (from.max(next.from), until.min(next.until));
            at = &next.person;
            if *at == person.id {
                return true;
            }
        }
        false
    };
    person.deputies.iter().position(leads_back)
}

fn skills(review: &mut Review<'_>, row: &Row) {
    let known = review.matrix.directory();
    let rota = known.team(&row.responsible).and_then(|team| team.rota.as_ref()).and_then(|id| known.rota(id));
    let on_rota = |person: &Person| rota.is_some_and(|rota| rota.people.contains(&person.id));
    let acting = |person: &&Person| !person.disabled && (person.team == row.responsible || on_rota(person));
    for (index, skill) in row.skills.iter().enumerate() {
        let has = |person: &Person| person.skills.iter().any(|mine| mine.eq_ignore_ascii_case(skill));
        if !known.people().filter(acting).any(has) {
            let what = format!("nobody of team `{}` has the skill `{skill}`", row.responsible);
            let path = [Step::Key("skills"), Step::Item(index)];
            let mend = "teach somebody, write it into their `skills`, or give the row to those who know";
            review.warn(Code::SkillMissing, ("row", row.id.as_str(), &path), what, mend);
        }
    }
}

//! Whether a row's work finds somebody in time: backup, escalation steps, vendor.

use super::{Code, Review, Step, staff::everybody_left, table_of};
use crate::{
    alert::Priority,
    finding::Severity,
    matrix::{Call, Directory, Matrix, Party, Promise, Row, Tier, Vendor},
    sla::promise,
};

pub(super) fn check(review: &mut Review<'_>) {
    let matrix = review.matrix;
    for row in matrix.rows().iter().chain(matrix.catch_all()) {
        backup(review, row);
        cycles(review, row);
        dead_ends(review, row);
        slow(review, row);
        vendor(review, row);
    }
}

fn backup(review: &mut Review<'_>, row: &Row) {
    let (kind, id) = table_of(review.matrix, row);
    match &row.backup {
        None => {
            let what = format!("`{}` has no `backup`", row.id);
            let mend = "name the team that acts when the responsible one does not";
            review.warn(Code::NoBackup, (kind, id, &[]), what, mend);
        }
        Some(backup) if *backup == row.responsible => {
            let what = format!("`{backup}` is to step in for itself");
            review.error(Code::SameBackup, (kind, id, &[Step::Key("backup")]), what, "name another team");
        }
        Some(_) => {}
    }
}

/// Whom a step calls in the end: a team with a rota is its rota.
fn meant(known: &Directory, call: &Call) -> Call {
    let rota = match call {
        Call::Party(Party::Team(team)) => known.team(team).and_then(|team| team.rota.clone()),
        _ => None,
    };
    rota.map_or_else(|| call.clone(), Call::Rota)
}

fn cycles(review: &mut Review<'_>, row: &Row) {
    let (kind, id) = table_of(review.matrix, row);
    let known = review.matrix.directory();
    let mut called: Vec<Call> = Vec::new();
    for (index, step) in row.escalation.iter().enumerate() {
        let path = [Step::Key("escalation"), Step::Item(index), Step::Key("to")];
        let meant = meant(known, &step.to);
        let mend = "take the step out, or call somebody who has not been called";
        if step.to == Call::Party(Party::Team(row.responsible.clone())) {
            let what = format!("the step calls `{}`, which has it already", row.responsible);
            review.error(Code::EscalationCycle, (kind, id, &path), what, mend);
        } else if called.contains(&meant) {
            let what = format!("the step calls {} a second time", name(&step.to));
            review.error(Code::EscalationCycle, (kind, id, &path), what, mend);
        }
        called.push(meant);
    }
}

fn name(call: &Call) -> String {
    match call {
        Call::Party(Party::Team(team)) => format!("`{team}`"),
        Call::Party(Party::Person(person)) => format!("`{person}`"),
        Call::Rota(rota) => format!("`{rota}`"),
        Call::Vendor(vendor) => format!("`{vendor}`"),
    }
}

fn dead_ends(review: &mut Review<'_>, row: &Row) {
    let (kind, id) = table_of(review.matrix, row);
    let known = review.matrix.directory();
    for (index, step) in row.escalation.iter().enumerate() {
        let what = match meant(known, &step.to) {
            Call::Rota(rota) => {
                let rota = known.rota(&rota);
                let empty = rota.filter(|rota| rota.people.is_empty() && rota.overrides.is_empty());
                empty.map(|rota| format!("rota `{}` has nobody on it", rota.id))
            }
            Call::Party(Party::Team(team)) if everybody_left(known, &team) => {
                Some(format!("everybody of team `{team}` is disabled"))
            }
            Call::Party(_) | Call::Vendor(_) => None,
        };
        if let Some(what) = what {
            let path = [Step::Key("escalation"), Step::Item(index), Step::Key("to")];
            let mend = "call somebody who is there; until then it falls through to the last resort";
            review.error(Code::EscalationDeadEnd, (kind, id, &path), what, mend);
        }
    }
}

/// The most urgent that a row may get, and what is promised for it.
fn tightest(matrix: &Matrix, row: &Row) -> (Priority, Promise) {
    let priority = |severity: &Severity| match severity {
        Severity::Critical => Priority::P1,
        Severity::Warning => Priority::P2,
        Severity::Info => Priority::P4,
    };
    let priority = row.selects.severity.iter().map(priority).min().unwrap_or(Priority::P1);
    (priority, promise(matrix, Some(row), priority))
}

fn slow(review: &mut Review<'_>, row: &Row) {
    let (kind, id) = table_of(review.matrix, row);
    let (priority, promise) = tightest(review.matrix, row);
    if row.first_responder > promise.response {
        let what = format!(
            "the responsible side is alone for {:#}, and {priority} is to be responded to within {:#}",
            row.first_responder, promise.response
        );
        let path = [Step::Key("first_responder")];
        review.warn(Code::EscalationSlow, (kind, id, &path), what, "shorten the window");
    }
    for (index, step) in row.escalation.iter().enumerate() {
        let (limit, word) = match index {
            0 => (promise.response, "responded to"),
            _ => (promise.resolve, "resolved"),
        };
        if step.after > limit {
            let after = step.after;
            let what =
                format!("the step comes after {after:#}, and {priority} is to be {word} within {limit:#}");
            let path = [Step::Key("escalation"), Step::Item(index), Step::Key("after")];
            let mend = "call earlier, or promise what you keep";
            review.warn(Code::EscalationSlow, (kind, id, &path), what, mend);
        }
    }
}

fn vendor(review: &mut Review<'_>, row: &Row) {
    let (kind, id) = table_of(review.matrix, row);
    let known = review.matrix.directory();
    let mute = |vendor: &Vendor| vendor.contact.is_none();
    let mend = "write the `contact` of its [[vendor]], and the contract number that its desk asks for";
    match row.vendor.as_ref().map(|id| known.vendor(id)) {
        None if row.tier == Some(Tier::L4) => {
            let what = format!("row `{}` is for L4 and names no vendor", row.id);
            let mend = "name its [[vendor]] in `vendor`";
            review.error(Code::VendorWithoutContact, (kind, id, &[Step::Key("tier")]), what, mend);
        }
        Some(Some(vendor)) if mute(vendor) => {
            let what = format!("vendor `{}` has no contact", vendor.id);
            review.error(Code::VendorWithoutContact, (kind, id, &[Step::Key("vendor")]), what, mend);
        }
        _ => {}
    }
    for (index, step) in row.escalation.iter().enumerate() {
        let Call::Vendor(called) = &step.to else { continue };
        if row.vendor.as_ref() != Some(called) && known.vendor(called).is_some_and(mute) {
            let path = [Step::Key("escalation"), Step::Item(index), Step::Key("to")];
            let what = format!("vendor `{called}` has no contact");
            review.error(Code::VendorWithoutContact, (kind, id, &path), what, mend);
        }
    }
}

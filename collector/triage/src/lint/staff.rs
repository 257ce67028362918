//! Whether somebody of the team that acts is there.

use core::iter;

use dogwatch_model::TeamId;
use jiff::Timestamp;

use super::{Code, Review, Step, cells::Cells, coverage::in_words, year::Track};
use crate::{calendar::Span, duty::on_duty, matrix::Directory};

/// The most changes of duty that are followed in the year: an hourly one would have 8,784.
const MAX_CHANGES: usize = 20_000;

/// When somebody of a team is on duty, followed from change to change; `None` for a team without a rota, which has no
/// hours of its own.
pub(super) fn staffed(known: &Directory, team: &TeamId, (from, to): (Timestamp, Timestamp)) -> Option<Track> {
    known.team(team)?.rota.as_ref()?;
    let next = |at: &Timestamp| {
        let until = on_duty(known, team, *at).until.filter(|until| until > at);
        until.filter(|until| *until < to)
    };
    let changes: Vec<Timestamp> = iter::successors(Some(from), next).take(MAX_CHANGES).collect();
    let ends = changes.iter().skip(1).copied().chain([to]);
    let mut spans: Vec<Span> = Vec::new();
    for (start, end) in changes.iter().copied().zip(ends) {
        if on_duty(known, team, start).is_nobody() {
            continue;
        }
        match spans.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => spans.push(Span { start, end }),
        }
    }
    Some(spans)
}

pub(super) fn check(review: &mut Review<'_>, cells: &Cells<'_>) {
    let matrix = review.matrix;
    for (share, won) in cells.shares.iter().zip(&cells.won) {
        let row = share.row;
        let at = ("row", row.id.as_str(), &[Step::Key("responsible")][..]);
        let team = &row.responsible;
        if let Some(staffed) = cells.staffed.get(team) {
            let alone = won.without(staffed);
            if let Some(hours) = in_words(matrix, &cells.year, &alone) {
                let what = format!("nobody of team `{team}` is on duty {hours}");
                review.error(
                    Code::NobodyOnDuty,
                    at,
                    what,
                    "extend the rota, or narrow the row's hours to it",
                );
            }
        } else if everybody_left(matrix.directory(), team) {
            let what = format!("everybody of team `{team}` is disabled");
            review.error(Code::NobodyOnDuty, at, what, "name a team that has people");
        }
    }
}

/// A team has people, and none of them is to be called.
pub(super) fn everybody_left(known: &Directory, team: &TeamId) -> bool {
    let mut people = known.people().filter(|person| person.team == *team).peekable();
    people.peek().is_some() && people.all(|person| person.disabled)
}

//! Whether those who act first can get in.

use jiff::{Span, civil::Date};

use super::{Code, Review, Step, review::REVIEW_DAYS};

pub(super) fn check(review: &mut Review<'_>) {
    let today = review.context.today;
    for row in review.matrix.rows() {
        let next = next_review(row.reviewed_at, today);
        for (index, access) in row.access.iter().enumerate() {
            let place = |key| [Step::Key("access"), Step::Item(index), Step::Key(key)];
            let (to, team, id) = (&access.to, &row.responsible, row.id.as_str());
            if !access.granted {
                let what = format!("team `{team}` has no access to {to}");
                let mend = "grant it, then write `granted = true`; or give the row to those who have it";
                review.error(Code::MissingAccess, ("row", id, &place("granted")), what, mend);
            } else if let Some(until) = access.until.filter(|until| *until < today) {
                let what = format!("the access of team `{team}` to {to} ended on {until}");
                review.error(Code::MissingAccess, ("row", id, &place("until")), what, "renew it");
            } else if let Some(until) = access.until.filter(|until| *until < next) {
                let what = format!(
                    "the access of team `{team}` to {to} ends on {until}, before the review due on {next}"
                );
                review.warn(Code::AccessEnds, ("row", id, &place("until")), what, "renew it now");
            }
        }
    }
}

/// When people look at the row again: a review's distance after the last one, and not before today.
fn next_review(reviewed_at: Option<Date>, today: Date) -> Date {
    let due = reviewed_at.unwrap_or(today).saturating_add(Span::new().days(REVIEW_DAYS));
    due.max(today)
}

//! What is promised: by the class of the row, else by what ships. Business hours are the hours in which the row
//! applies, and all hours for a row that applies always; an org that means office hours for such a row says so with a
//! class whose clocks run by a calendar.

use jiff::SignedDuration;

use crate::{
    alert::Priority,
    matrix::{BUSINESS_DAY, Matrix, Promise, Row},
};

/// A working day of a row that applies around the clock, or of the last resort.
const WHOLE_DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is promised for an alert that is routed by `row`; `None` is the last resort's.
pub fn promise(matrix: &Matrix, row: Option<&Row>, priority: Priority) -> Promise {
    matrix.sla_of(row).map_or_else(|| shipped(row, priority), |class| class.promise(priority).clone())
}

/// The shipped promise counts working days of [`BUSINESS_DAY`]; without hours three days are three days.
fn shipped(row: Option<&Row>, priority: Priority) -> Promise {
    let promise = Promise::shipped(priority);
    let has_hours = row.is_some_and(|row| row.duty.calendar().is_some());
    let in_days = matches!(priority, Priority::P3 | Priority::P4);
    if has_hours || !in_days {
        return promise;
    }
    let days = promise.resolve.as_secs() / BUSINESS_DAY.as_secs();
    Promise { resolve: SignedDuration::from_secs(days * WHOLE_DAY.as_secs()), ..promise }
}

//! What is promised: by the class of the row, else by what ships.
//!
//! The shipped promises are the field's usual ones. P1 runs around the clock: 15 minutes to a response, 4 hours to the
//! end. The others run in business hours, which are the hours in which the row applies, and all hours for a row that
//! applies always: P2 1 h and 8 h; P3 4 h and 3 business days; P4 8 h and 10. A business day is [`BUSINESS_DAY`] of a
//! row with hours, and a whole day of a row without.

use jiff::SignedDuration;

use crate::{
    alert::Priority,
    matrix::{BUSINESS_DAY, Duty, Matrix, Promise, Row},
};

/// A day of a row that applies around the clock.
const WHOLE_DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is promised for an alert that is routed by `row`; `None` is the last resort's.
pub fn promise(matrix: &Matrix, row: Option<&Row>, priority: Priority) -> Promise {
    let class = matrix.sla_of(row).map(|class| class.promise(priority).clone());
    class.unwrap_or_else(|| shipped(row, priority))
}

fn shipped(row: Option<&Row>, priority: Priority) -> Promise {
    let day = match row.map(|row| &row.duty) {
        Some(Duty::During(_) | Duty::Outside(_)) => BUSINESS_DAY,
        Some(Duty::Always) | None => WHOLE_DAY,
    };
    Promise::shipped(priority, day)
}

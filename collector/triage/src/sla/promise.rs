//! What is promised: by the class of the row, else by what ships. Business hours are the hours in which the row
//! applies, and all hours for a row that applies always; an org that means office hours for such a row says so with a
//! class whose clocks run by a calendar.

use crate::{
    alert::Priority,
    matrix::{Matrix, Promise, Row},
};

/// What is promised for an alert that is routed by `row`; `None` is the last resort's.
pub fn promise(matrix: &Matrix, row: Option<&Row>, priority: Priority) -> Promise {
    matrix.sla_of(row).map_or_else(|| Promise::shipped(priority), |class| class.promise(priority).clone())
}

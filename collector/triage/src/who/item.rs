//! The same answer for an alert as it stands: whoever owns it by now, its own clocks, the steps that are still to come.

use jiff::Timestamp;

use super::{Answer, Case, Kind, Next, next, told};
use crate::{
    alert::{Alert, TimelineEvent, Work},
    filter,
    matrix::Matrix,
    routing::Question,
    sla::clocks,
};

/// Who acts on an alert at `at`. The owner is the alert's, since a hand-over or a hand-off may have moved it; the rows
/// that lost are judged at `at`.
pub fn for_alert(
    alert: &Alert,
    timeline: &[TimelineEvent],
    matrix: &Matrix,
    endpoint: Option<&filter::Row<'_>>,
    at: Timestamp,
) -> Answer {
    let question = Question {
        tool: Some(&alert.tool),
        category: Some(alert.category),
        severity: alert.severity,
        endpoint,
        at,
    };
    let row = alert.owner.row.as_ref().and_then(|row| matrix.row(row));
    let clocks = clocks(alert, timeline, matrix, at);
    // A chain calls those who might take it. Once somebody has, there is nobody to call.
    let next = match alert.work {
        Work::Unclaimed => {
            let all = next::after(matrix, row, &alert.owner, clocks.response.began, at);
            all.into_iter().filter(|next| is_to_come(alert, next)).collect()
        }
        Work::Claimed | Work::Offered | Work::Waiting | Work::Done => Vec::new(),
    };
    let case = Case {
        owner: alert.owner.clone(),
        row,
        priority: alert.priority,
        clocks,
        next,
        alert: Some(alert.number),
        holder: alert.assignee.clone(),
    };
    let mut answer = told(&question, matrix, case);
    if !alert.endpoint_name.is_empty() {
        answer.asked.endpoint = Some(alert.endpoint_name.clone());
    }
    answer
}

/// Whether it has not been decided yet.
fn is_to_come(alert: &Alert, next: &Next) -> bool {
    match next.kind {
        Kind::HandOver => !alert.progress.handed_over,
        Kind::Step => next.called.step.is_none_or(|step| step > alert.progress.steps),
        Kind::LastResort => true,
    }
}

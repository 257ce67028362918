//! Whether every hour of everything has one row: gaps, overlaps, rows that never win, and rows that take too much.

use jiff::tz::TimeZone;

use super::{
    Code, Review, Severity, Step,
    bits::Bits,
    cells::{Cells, Gap, Share, Subject},
    year::Year,
};
use crate::{
    finding,
    matrix::{Duty, Matrix, Row},
};

pub(super) fn check(review: &mut Review<'_>, cells: &Cells<'_>) {
    gaps(review, cells);
    for (index, (share, won)) in cells.shares.iter().zip(&cells.won).enumerate() {
        let row = share.row;
        if let Some((key, what, mend)) = nothing(share, review.context.endpoints.is_some()) {
            let what = format!("row `{}` {what}", row.id);
            review.warn(Code::MatchesNothing, ("row", row.id.as_str(), &[Step::Key(key)]), what, mend);
            continue;
        }
        if won.is_empty() {
            shadowed(review, cells, index);
            continue;
        }
        if selects_all(row) {
            let what = format!("row `{}` takes everything at every hour", row.id);
            let mend = "name tools, categories, endpoints or hours, or say it in [catch_all]";
            review.warn(Code::TooBroad, ("row", row.id.as_str(), &[]), what, mend);
        }
        overlaps(review, cells, index);
    }
}

fn selects_all(row: &Row) -> bool {
    let selects = &row.selects;
    row.duty == Duty::Always
        && selects.tools.is_empty()
        && selects.categories.is_empty()
        && selects.severity.is_empty()
        && selects.endpoint.is_none()
}

/// What of a row selects nothing that there is, if something does.
fn nothing(share: &Share<'_>, endpoints_known: bool) -> Option<(&'static str, String, &'static str)> {
    let selects = &share.row.selects;
    if share.subjects.is_empty() {
        let key = if selects.tools.is_empty() { "categories" } else { "tools" };
        let what = "names tools and categories that never meet".to_owned();
        return Some((key, what, "leave the categories out, or name tools whose `function` has them"));
    }
    if share.kinds.is_empty() && endpoints_known {
        let what = "is for endpoints of which there is none".to_owned();
        return Some(("endpoint", what, "correct the filter, or take the row out"));
    }
    if share.hours.is_empty() {
        let key = if matches!(share.row.duty, Duty::Outside(_)) { "outside" } else { "during" };
        let what = "applies at no hour of the next year".to_owned();
        return Some((key, what, "correct the calendar's hours, or take the row out"));
    }
    None
}

fn shadowed(review: &mut Review<'_>, cells: &Cells<'_>, index: usize) {
    let share = &cells.shares[index];
    let meets = |before: &&Share<'_>| {
        before.subjects.meets(&share.subjects)
            && before.severities.meets(&share.severities)
            && before.kinds.meets(&share.kinds)
            && before.hours.meets(&share.hours)
    };
    let rows: Vec<_> =
        cells.shares[..index].iter().filter(meets).map(|before| format!("`{}`", before.row.id)).collect();
    let id = &share.row.id;
    let what = format!("row `{id}` never wins: what it selects goes to {} before it", rows.join(", "));
    review.error(Code::Shadowed, ("row", id.as_str(), &[]), what, "move it up, or take it out");
}

/// Rows before this one that take part of the same from other people, where neither is the exception to the other.
fn overlaps(review: &mut Review<'_>, cells: &Cells<'_>, index: usize) {
    let share = &cells.shares[index];
    let (matrix, row) = (review.matrix, share.row);
    for before in cells.shares[..index].iter().filter(|before| before.row.responsible != row.responsible) {
        if !before.takes_something() {
            continue;
        }
        let pairs = [
            (&before.subjects, &share.subjects),
            (&before.severities, &share.severities),
            (&before.kinds, &share.kinds),
            (&before.hours, &share.hours),
        ];
        let meet = pairs.iter().all(|(one, other)| one.meets(other));
        let within = |pick: fn(&(&Bits, &Bits)) -> bool| pairs.iter().all(pick);
        if !meet || within(|(one, other)| one.is_within(other)) || within(|(one, other)| other.is_within(one))
        {
            continue;
        }
        let hours = before.hours.both(&share.hours);
        let when = in_words(matrix, &cells.year, &hours).unwrap_or_default();
        let what = format!(
            "row `{}` (`{}`) and row `{}` (`{}`) both take part of the same {when}, and neither is the exception to the other",
            before.row.id, before.row.responsible, row.id, row.responsible
        );
        let mend = "narrow one of them, or put a row for what both select before them";
        review.warn(Code::Overlap, ("row", row.id.as_str(), &[]), what, mend);
    }
}

fn gaps(review: &mut Review<'_>, cells: &Cells<'_>) {
    let matrix = review.matrix;
    // The catch-all answers for it, though nobody meant it to.
    let severity = if matrix.catch_all().is_some() { Severity::Warning } else { Severity::Error };
    for gap in &cells.gaps {
        let Some(hours) = in_words(matrix, &cells.year, &gap.hours) else { continue };
        let what = format!("no row is responsible for {} {hours}", about(gap));
        let mend =
            "add a row for it, or widen one; without `during` and `outside` a row applies at every hour";
        let tool = gap.subject.tool.map(|tool| ("tool", tool.as_str(), &[Step::Key("function")][..]));
        let nowhere = match matrix.catch_all() {
            Some(_) => ("catch_all", "", &[][..]),
            None => ("org", "", &[][..]),
        };
        review.find((Code::Gap, severity), tool.unwrap_or(nowhere), what, mend);
    }
}

fn about(gap: &Gap<'_>) -> String {
    let mut about = match gap.subject {
        Subject { tool: Some(tool), category: Some(category) } => {
            format!("tool `{tool}` (category {category})")
        }
        Subject { tool: Some(tool), category: None } => format!("tool `{tool}`"),
        Subject { tool: None, category } => {
            format!("category {}", category.map_or("", finding::Category::as_str))
        }
    };
    if gap.severities.len() < finding::Severity::ALL.len() {
        let severities: Vec<_> = gap.severities.iter().map(|severity| severity.as_str()).collect();
        about.push_str(&format!(", severity {}", severities.join(", ")));
    }
    if let Some(endpoint) = gap.endpoint {
        about.push_str(&format!(", on endpoints such as `{endpoint}`"));
    }
    about
}

/// "at any hour", or "in 3210 hours of the next year, first from Mon 2026-11-23 18:00 to … (America/Toronto)"; `None`
/// for no hours.
pub(super) fn in_words(matrix: &Matrix, year: &Year, hours: &Bits) -> Option<String> {
    let (first, total) = year.measure(hours)?;
    if *hours == year.always() {
        return Some("at any hour".to_owned());
    }
    let calendars = matrix.rows().iter().filter_map(|row| row.duty.calendar());
    let calendar = calendars.filter_map(|id| matrix.directory().calendar(id)).next();
    let zone = calendar.map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
    let name = calendar.map_or("UTC", |calendar| calendar.zone_name());
    let local = |at| zone.to_datetime(at).strftime("%a %Y-%m-%d %H:%M").to_string();
    let count = total.as_hours().max(1);
    let (start, end) = (local(first.start), local(first.end));
    Some(format!("in {count} hours of the next year, first from {start} to {end} ({name})"))
}

//! Whether people still stand behind it: reviews, signatures, what the catch-all takes, and calendars' dates.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Code, Review, Severity, Signature, Step};

/// Rows are looked at together every quarter.
pub const REVIEW_DAYS: i32 = 90;

/// Two reviews were missed: nobody looks any more.
const OVERDUE_DAYS: i32 = 180;

/// What the catch-all may take, in percent: more is a row that is missing.
const CATCH_ALL_PERCENT: f64 = 5.0;

pub(super) fn check(review: &mut Review<'_>) {
    reviews(review);
    signatures(review);
    catch_all(review);
    holidays(review);
}

fn reviews(review: &mut Review<'_>) {
    let matrix = review.matrix;
    let mut never = matrix.rows().iter().filter(|row| row.reviewed_at.is_none());
    if let Some(first) = never.next() {
        let what = match never.count() {
            0 => format!("row `{}` has never been reviewed", first.id),
            more => format!("row `{}` and {more} more have never been reviewed", first.id),
        };
        let mend = "read it together, then write the day into `reviewed_at`";
        review.warn(Code::ReviewOverdue, ("row", first.id.as_str(), &[]), what, mend);
    }
    for row in matrix.rows() {
        let Some(reviewed) = row.reviewed_at else { continue };
        let days = review.context.today.duration_since(reviewed).as_hours() / 24;
        if days <= i64::from(REVIEW_DAYS) {
            continue;
        }
        let severity = if days > i64::from(OVERDUE_DAYS) { Severity::Error } else { Severity::Warning };
        let what = format!("row `{}` was last reviewed {days} days ago", row.id);
        let place = ("row", row.id.as_str(), &[Step::Key("reviewed_at")][..]);
        let mend = "read it together, then write the day";
        review.find((Code::ReviewOverdue, severity), place, what, mend);
    }
}

fn signatures(review: &mut Review<'_>) {
    let place = ("org", "", &[][..]);
    match review.context.signature {
        None | Some(Signature::Signed) => {}
        Some(Signature::Unsigned) => {
            let what = "not both sides have signed it".to_owned();
            review.warn(Code::Unsigned, place, what, "have one signer of each side sign it");
        }
        Some(Signature::Changed) => {
            let what = "it has changed since both sides signed".to_owned();
            let mend = "have both sides sign it as it is now, or go back to what they signed";
            review.error(Code::ChangedAfterSignature, place, what, mend);
        }
    }
}

fn catch_all(review: &mut Review<'_>) {
    let Some(percent) = review.context.catch_all_percent.filter(|percent| *percent > CATCH_ALL_PERCENT)
    else {
        return;
    };
    let kind = if review.matrix.catch_all().is_some() { "catch_all" } else { "org" };
    let what = format!("the catch-all took {percent:.0} % of the alerts of the last 30 days");
    let mend = "look at what landed there, and add rows for it";
    review.warn(Code::CatchAllBusy, (kind, "", &[]), what, mend);
}

/// Dates of a calendar that stand in it more than once, as holidays or as a holiday and an exception.
fn holidays(review: &mut Review<'_>) {
    for calendar in &review.used.calendars {
        let mut seen: BTreeMap<Date, &str> = BTreeMap::new();
        for (list, word) in [("holidays", "a holiday"), ("exceptions", "an exception")] {
            for index in 0.. {
                let path = [Step::Key(list), Step::Item(index), Step::Key("date")];
                let Some(value) = review.places.value("calendar", calendar.as_str(), &path) else { break };
                let text = value.as_str().map(str::to_owned);
                let text = text.or_else(|| value.as_datetime().map(ToString::to_string));
                let Some(day) = text.and_then(|text| text.parse::<Date>().ok()) else { continue };
                if let Some(before) = seen.insert(day, word) {
                    let what = format!("{day} is {before} and {word} of calendar `{calendar}`");
                    let what = if before == word {
                        format!("{day} is {word} of calendar `{calendar}` twice")
                    } else {
                        what
                    };
                    let mend =
                        "keep one of them; an exception wins over a holiday, a first holiday over a second";
                    review.warn(Code::HolidayTwice, ("calendar", calendar.as_str(), &path), what, mend);
                }
            }
        }
    }
}

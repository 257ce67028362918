//! Whether people can still keep it in mind.

use std::collections::BTreeSet;

use super::{Code, Review, Step};
use crate::{finding::Category, matrix::Row};

/// The most rows that a person reads with their mind on it: two screens.
const MANY_ROWS: usize = 60;

/// The most rows of one category that are for some endpoints only: each is an exception to remember.
const MANY_EXCEPTIONS: usize = 8;

/// The most teams that may be first for one category: beyond, nobody can say whose it is without asking.
const MANY_OWNERS: usize = 4;

pub(super) fn check(review: &mut Review<'_>) {
    let matrix = review.matrix;
    if let Some(row) = matrix.rows().get(MANY_ROWS) {
        let what = format!("there are {} rows; people keep {MANY_ROWS} in mind", matrix.rows().len());
        let mend = "join rows that differ only in what they select";
        review.warn(Code::TooComplex, ("row", row.id.as_str(), &[]), what, mend);
    }
    for category in Category::ALL {
        let rows: Vec<&Row> = matrix.rows().iter().filter(|row| concerns(review, row, *category)).collect();
        let exceptions: Vec<_> = rows.iter().filter(|row| row.selects.endpoint.is_some()).collect();
        if let Some(row) = exceptions.get(MANY_EXCEPTIONS) {
            let what = format!("category {category} has {} rows for some endpoints only", exceptions.len());
            let place = ("row", row.id.as_str(), &[Step::Key("endpoint")][..]);
            review.warn(Code::TooComplex, place, what, "tag the endpoints and select by tag");
        }
        let mut owners = BTreeSet::new();
        for row in rows {
            owners.insert(&row.responsible);
            if owners.len() > MANY_OWNERS {
                let what = format!("more than {MANY_OWNERS} teams are responsible for category {category}");
                let place = ("row", row.id.as_str(), &[Step::Key("responsible")][..]);
                review.warn(Code::TooComplex, place, what, "give it to fewer teams, and let them hand over");
                break;
            }
        }
    }
}

fn concerns(review: &Review<'_>, row: &Row, category: Category) -> bool {
    let selects = &row.selects;
    let serves = |tool: &dogwatch_model::ToolId| {
        review.matrix.tool(tool).is_some_and(|tool| tool.categories().any(|serves| serves == category))
    };
    (selects.categories.is_empty() || selects.categories.contains(&category))
        && (selects.tools.is_empty() || selects.tools.iter().any(serves))
}

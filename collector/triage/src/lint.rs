//! Whether a matrix is a good one: what is missing, contradicts itself, or has grown old.
//!
//! A document that does not parse has faults; one that parses may still leave an hour to nobody. Each finding has a
//! stable code, its place in the file, what is wrong, why it hurts and how to mend it. Errors block a matrix from
//! taking effect, warnings do not.
//!
//! Time is looked at exactly, not sampled: the open hours of every calendar and the staffed hours of every rota over
//! the next year, clock changes and holidays included, are cut into the few states that they can be in together, and
//! rows are compared over those. Endpoints are looked at where the caller knows them; else a row with an endpoint
//! filter covers nothing but endpoints of that filter.
//!
//! Not here: who signed, which channels there are and how busy the catch-all is. The caller knows, or leaves it out,
//! and then nothing is said about it.

use std::collections::BTreeSet;

use dogwatch_model::{ChannelId, text_enum};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    filter,
    matrix::{self, Fault, FaultKind, Matrix, MatrixError},
};

mod access;
mod bits;
mod cells;
mod chain;
mod channels;
mod code;
mod complexity;
mod coverage;
mod people;
mod places;
mod review;
mod staff;
mod tools;
mod used;
mod year;

#[cfg(test)]
mod tests;

pub use code::Code;
use places::{Place, Places, Step};
pub use review::REVIEW_DAYS;

text_enum! {
    /// How bad a finding is.
    pub enum Severity {
        /// Blocks the matrix from taking effect.
        Error = "error",
        /// Worth mending.
        Warning = "warning",
    }
}

text_enum! {
    /// How a text stands to its signatures.
    pub enum Signature {
        /// Nobody, or one side only, has signed it.
        Unsigned = "unsigned",
        /// Both sides signed, and the text has changed since.
        Changed = "changed",
        /// Both sides signed exactly this.
        Signed = "signed",
    }
}

/// One thing that is not good about a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Which rule found it.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the caller calls it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// Why it hurts.
    pub why: String,
    /// How to mend it.
    pub mend: String,
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { code, severity, file, line, column, what, why, mend } = self;
        write!(f, "{file}:{line}:{column}: {severity}[{code}]: {what}; {why}")?;
        if mend.is_empty() { Ok(()) } else { write!(f, "; {mend}") }
    }
}

/// A text that the matrix was made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// How findings call it.
    pub file: &'a str,
    /// The text.
    pub text: &'a str,
}

/// What the caller knows beside the matrix. What is absent is not judged.
#[derive(Debug, Clone, Copy)]
pub struct LintContext<'a> {
    /// The day of the look; the year that matters begins with it, in UTC.
    pub today: Date,
    /// The org's endpoints.
    pub endpoints: Option<&'a [filter::Row<'a>]>,
    /// The channels that the collector can tell people through.
    pub channels: Option<&'a BTreeSet<ChannelId>>,
    /// What the catch-all took of the last 30 days' alerts, in percent.
    pub catch_all_percent: Option<f64>,
    /// How the text stands to its signatures.
    pub signature: Option<Signature>,
}

impl LintContext<'_> {
    /// Nothing is known but the day.
    pub const fn on(today: Date) -> Self {
        Self { today, endpoints: None, channels: None, catch_all_percent: None, signature: None }
    }

    /// The year that matters: what happens later will be linted again before it does.
    fn year(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.today.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some((from, from.checked_add(SignedDuration::from_hours(24 * YEAR_DAYS)).ok()?))
    }
}

/// How far ahead coverage is looked at, in days: a leap year, so that every date is in it once.
const YEAR_DAYS: i64 = 366;

/// Every finding about a matrix, in the order of its `sources`: the org's text, then the directory's if there is one.
pub fn lint(matrix: &Matrix, sources: &[Source<'_>], context: &LintContext<'_>) -> Vec<Finding> {
    let places = Places::of(sources);
    let used = used::Used::by(matrix);
    let mut review = Review { matrix, places: &places, context, used: &used, found: Vec::new() };
    if let Some(year) = context.year() {
        let cells = cells::Cells::of(matrix, context, year);
        coverage::check(&mut review, &cells);
        staff::check(&mut review, &cells);
    }
    people::check(&mut review);
    chain::check(&mut review);
    access::check(&mut review);
    tools::check(&mut review);
    channels::check(&mut review);
    complexity::check(&mut review);
    review::check(&mut review);
    let found = review.found.into_iter().map(|(place, finding)| (place.source, finding));
    let mut found: Vec<_> = found.chain(illegible(sources)).collect();
    found.sort_by_key(|(source, finding)| (*source, finding.line, finding.column, finding.code));
    found.into_iter().map(|(_, finding)| finding).collect()
}

/// Texts with signs that nobody sees, each with the source that it stands in.
fn illegible<'a>(sources: &'a [Source<'_>]) -> impl Iterator<Item = (usize, Finding)> + use<'a> {
    sources.iter().enumerate().flat_map(|(at, source)| {
        let found = matrix::illegible(source.text, source.file);
        faults(&MatrixError { faults: found }).into_iter().map(move |finding| (at, finding))
    })
}

/// What is wrong with a document that is no matrix, as findings: all of them errors.
pub fn faults(error: &MatrixError) -> Vec<Finding> {
    let finding = |fault: &Fault| {
        let code = match fault.kind {
            FaultKind::Invalid => Code::Invalid,
            FaultKind::Accountable => Code::NotOneAccountable,
            FaultKind::Owner => Code::ToolOwner,
        };
        Finding {
            code,
            severity: Severity::Error,
            file: fault.file.clone(),
            line: fault.line,
            column: fault.column,
            what: fault.what.clone(),
            why: code.why().to_owned(),
            mend: fault.mend.clone(),
        }
    };
    error.faults.iter().map(finding).collect()
}

/// A look at a matrix, and what was found so far.
struct Review<'a> {
    matrix: &'a Matrix,
    places: &'a Places<'a>,
    context: &'a LintContext<'a>,
    used: &'a used::Used<'a>,
    found: Vec<(Place, Finding)>,
}

impl Review<'_> {
    fn find(
        &mut self,
        (code, severity): (Code, Severity),
        (kind, id, path): (&str, &str, &[Step<'_>]),
        what: String,
        mend: impl Into<String>,
    ) {
        let place = self.places.at(kind, id, path);
        let finding = Finding {
            code,
            severity,
            file: self.places.file(place).to_owned(),
            line: place.line,
            column: place.column,
            what,
            why: code.why().to_owned(),
            mend: mend.into(),
        };
        self.found.push((place, finding));
    }

    fn error(&mut self, code: Code, at: (&str, &str, &[Step<'_>]), what: String, mend: impl Into<String>) {
        self.find((code, Severity::Error), at, what, mend);
    }

    fn warn(&mut self, code: Code, at: (&str, &str, &[Step<'_>]), what: String, mend: impl Into<String>) {
        self.find((code, Severity::Warning), at, what, mend);
    }
}

/// The table of the file that a row stands in, and its id there.
fn table_of<'r>(matrix: &Matrix, row: &'r crate::matrix::Row) -> (&'static str, &'r str) {
    match matrix.catch_all() {
        Some(last) if last.id == row.id => ("catch_all", ""),
        _ => ("row", row.id.as_str()),
    }
}

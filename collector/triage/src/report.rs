//! Reports on the fleet: how much of it is as it should be, as numbers that can be traced.
//!
//! A measure is a filter that is true of an endpoint that is well. Every figure is a numerator over a denominator of
//! endpoints that could be judged, beside those that could not, and carries the filters that list each of the three. So
//! no number needs to be believed: `dogwatch fleet` with its filter shows the endpoints behind it.
//!
//! It says how things are at `as_of`; what became of items over a time is [`mod@crate::boundary::report`]'s to count.

pub mod figure;
pub mod measure;
pub mod review;

use std::collections::BTreeMap;

use dogwatch_model::{EndpointId, OrgId, SiteId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::filter::{Filter, FilterError, Row, Verdict};

pub use figure::{Figure, Oldest, Place};
pub use measure::{BACKUP, Measure, PATCH};

/// A report in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetReport {
    /// When it was counted.
    pub as_of: Timestamp,
    /// Of which endpoints; all in service when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Endpoints that were looked at.
    pub endpoints: u64,
    /// Endpoints of which the filter could not say whether they belong here, and which are left out.
    pub undecided: u64,
    /// Per org, then site and class, then measure; a row without site and class is the org's sum.
    pub figures: Vec<Figure>,
}

/// A measure, ready to be asked.
struct Asked<'m> {
    measure: &'m Measure,
    filter: Filter,
}

/// Counts `measures` over `rows`; with a filter, over those that match it.
///
/// # Errors
/// Never for the measures of this crate, which its tests compile; of others, what is wrong with their filter.
pub fn report<'r>(
    measures: &[Measure],
    rows: impl Iterator<Item = Row<'r>>,
    filter: Option<&Filter>,
    as_of: Timestamp,
) -> Result<FleetReport, FilterError> {
    let mut asked = Vec::with_capacity(measures.len());
    for measure in measures {
        asked.push(Asked { measure, filter: Filter::compile(measure.well)? });
    }
    let mut groups: BTreeMap<Place, Vec<Tally>> = BTreeMap::new();
    let (mut endpoints, mut undecided) = (0, 0);
    for row in rows {
        match filter.map_or(Verdict::Match, |filter| filter.judge(&row)) {
            Verdict::Match => endpoints += 1,
            Verdict::NoMatch => continue,
            Verdict::Unknown => {
                undecided += 1;
                continue;
            }
        }
        let (verdicts, worst) = judged(&asked, &row);
        for place in places(&row) {
            let tallies = groups.entry(place).or_insert_with(|| vec![Tally::default(); asked.len()]);
            for (tally, (verdict, worst)) in tallies.iter_mut().zip(verdicts.iter().zip(&worst)) {
                tally.take(*verdict, worst.as_ref());
            }
        }
    }
    let source = filter.map(|filter| filter.source().to_owned());
    let figures = groups.into_iter().flat_map(|(place, tallies)| {
        let source = source.as_deref();
        asked
            .iter()
            .zip(tallies)
            .map(|(asked, tally)| tally.figure(place.clone(), asked.measure, source))
            .collect::<Vec<_>>()
    });
    let figures = figures.collect();
    Ok(FleetReport { as_of, filter: source, endpoints, undecided, figures })
}

/// What each measure says of an endpoint, and since when it has not been well.
fn judged(asked: &[Asked<'_>], row: &Row<'_>) -> (Vec<Verdict>, Vec<Option<Oldest>>) {
    let verdicts: Vec<Verdict> = asked.iter().map(|asked| asked.filter.judge(row)).collect();
    let since = asked.iter().map(|asked| {
        let at = (asked.measure.since)(row.endpoint)?;
        Some(Oldest { at, id: row.endpoint.id, name: row.endpoint.name.clone() })
    });
    let since = since.collect();
    (verdicts, since)
}

/// An endpoint counts for its org, and for its site and class within it; those whose class is not known are one more.
fn places(row: &Row<'_>) -> [Place; 2] {
    let endpoint = row.endpoint;
    let (org, site): (OrgId, SiteId) = (endpoint.org.clone(), endpoint.site.clone());
    [
        Place { org: org.clone(), site: None, class: None },
        Place { org, site: Some(site), class: endpoint.class },
    ]
}

/// What has been counted of one measure at one place.
#[derive(Clone, Default)]
struct Tally {
    well: u64,
    not: u64,
    unjudged: u64,
    oldest: Option<Oldest>,
}

impl Tally {
    fn take(&mut self, verdict: Verdict, since: Option<&Oldest>) {
        match verdict {
            Verdict::Match => self.well += 1,
            Verdict::NoMatch => self.not += 1,
            Verdict::Unknown => self.unjudged += 1,
        }
        let key = |oldest: &Oldest| -> (Timestamp, EndpointId) { (oldest.at, oldest.id) };
        if let Some(since) = since.filter(|_| verdict == Verdict::NoMatch)
            && self.oldest.as_ref().is_none_or(|known| key(since) < key(known))
        {
            self.oldest = Some(since.clone());
        }
    }

    fn figure(self, place: Place, measure: &Measure, filter: Option<&str>) -> Figure {
        let not = place.filter(filter, &format!("!({})", measure.well));
        Figure {
            place,
            measure: measure.name.to_owned(),
            says: measure.says.to_owned(),
            numerator: self.well,
            denominator: self.well + self.not,
            share: crate::boundary::report::share(self.well, self.well + self.not),
            unjudged: self.unjudged,
            oldest: self.oldest,
            rows_not: not,
        }
    }
}

#[cfg(test)]
mod tests;

//! The filter language and an endpoint's JSON, in this process: nanoseconds per endpoint, on one thread.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::Result;
use dogwatch_model::{
    Class, Criticality, Endpoint, EndpointId, EndpointState, Facts, Lane, OrgId, Presence, Report, SiteId,
};
use dogwatch_proto::v1;
use dogwatch_triage::filter::{AlertCounts, EndpointJson, Filter, Row, Verdict};
use jiff::Timestamp;
use uuid::Uuid;

use super::figure::Figure;
use crate::load::{facts::Machine, latency::median};

/// From a plain comparison to a walk through lists.
const FILTERS: [(&str, &str); 3] = [
    ("comparison", r#"os.family == "linux" && patch.missing.security > 0"#),
    ("disks", "health.disks.exists(d, d.used_percent > 90.0 && d.free_bytes < gib(5))"),
    (
        "updates",
        r#"patch.updates.exists(u, u.class == "driver") || backup.jobs.exists(j, j.age > duration("26h"))"#,
    ),
];
/// Endpoints of one pass: more than the processor's caches hold.
const ENDPOINTS: u64 = 5_000;
/// How long one measurement repeats its passes.
const TIME: Duration = Duration::from_millis(300);

/// Measures evaluation of [`FILTERS`], and writing an endpoint as JSON.
pub fn run(rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("filter: {ENDPOINTS} endpoints in this process"));
    let now = Timestamp::now();
    let fleet = (0..ENDPOINTS).map(|number| endpoint(number, now)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<Row<'_>> = fleet
        .iter()
        .map(|endpoint| Row { endpoint, as_of: now, alerts: AlertCounts::default(), owners: None })
        .collect();
    let mut figures = Vec::new();
    for (name, source) in FILTERS {
        let filter = Filter::compile(source)?;
        let ns = per_endpoint(&rows, rounds, |row| {
            black_box(filter.judge(row) == Verdict::Match);
        });
        figures.push(Figure::new(format!("filter evaluation per endpoint, {name}"), "ns", ns));
    }
    let mut text = Vec::new();
    let ns = per_endpoint(&rows, rounds, |row| {
        text.clear();
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut text, &EndpointJson(*row));
        black_box(text.len());
    });
    figures.push(Figure::new("an endpoint's JSON, written whole", "µs", ns / 1e3));
    Ok(figures)
}

/// Median over rounds of the time for one endpoint, nanoseconds.
fn per_endpoint(rows: &[Row<'_>], rounds: usize, mut work: impl FnMut(&Row<'_>)) -> f64 {
    let round = |_| {
        let (start, mut passes) = (Instant::now(), 0_u32);
        while start.elapsed() < TIME {
            rows.iter().for_each(&mut work);
            passes += 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand rows")]
        let endpoints = f64::from(passes) * rows.len() as f64;
        start.elapsed().as_secs_f64() * 1e9 / endpoints
    };
    median((0..rounds).map(round).collect())
}

/// What the collector holds of a simulated machine: its reports, through the wire's own conversions.
fn endpoint(number: u64, now: Timestamp) -> Result<Endpoint> {
    let mut machine = Machine::new(number);
    let mut wire = v1::Report {
        sequence: 1,
        observed_at_us: now.as_microsecond(),
        health: Some(machine.health(now)),
        inventory: Some(machine.inventory()),
        patch: Some(machine.patch(now)),
        backup: Some(machine.backup(now)),
        ..v1::Report::default()
    };
    wire.set_lane(Lane::Latest.into());
    let Report { health, inventory, patch, backup, .. } = wire.try_into()?;
    Ok(Endpoint {
        id: EndpointId(Uuid::from_u128(number.into())),
        org: OrgId::new("acme")?,
        site: SiteId::new("toronto")?,
        name: format!("sim-{number:05}"),
        class: Class::Server,
        criticality: Criticality::Normal,
        tags: vec!["simulated".to_owned()],
        labels: std::collections::BTreeMap::default(),
        enrolled_at: now,
        state: EndpointState::Active,
        presence: Presence { online: true, since: now, last_seen: Some(now), goodbye: None },
        facts: Facts { health, inventory, patch, backup, ..Facts::default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_can_judge_a_simulated_machine() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let endpoint = endpoint(3, now).unwrap();
        let row = Row { endpoint: &endpoint, as_of: now, alerts: AlertCounts::default(), owners: None };
        let verdicts = FILTERS.map(|(_, source)| Filter::compile(source).unwrap().judge(&row));
        assert_eq!(verdicts, [Verdict::Match, Verdict::NoMatch, Verdict::NoMatch]);
    }
}

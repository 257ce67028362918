//! The filter language and an endpoint's JSON, in this process: nanoseconds per endpoint, on one thread.

use std::{
    collections::{BTreeMap, HashMap},
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use dogwatch_model::{
    Class, Criticality, Endpoint, EndpointId, EndpointState, Facts, Lane, OrgId, Presence, Report, SiteId,
};
use dogwatch_proto::v1;
use dogwatch_triage::{
    assess::{Snapshot, Standing, assess},
    filter::{AlertCounts, EndpointJson, Filter, Reads, Row, Verdict},
    rules::RuleSet,
};
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

/// Measures evaluation of `FILTERS`, and writing an endpoint as JSON.
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
    figures.push(Figure::new(
        "shipped rules on a health report",
        "µs",
        rules_on_health(&rows, rounds)? / 1e3,
    ));
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

/// Assesses every endpoint as if a health report had just come, as the collector does for each.
fn rules_on_health(rows: &[Row<'_>], rounds: usize) -> Result<f64> {
    let rules =
        RuleSet::shipped().map_err(|errors| anyhow!("the shipped rules are not valid: {errors:?}"))?;
    let first = |row: &Row<'_>| {
        assess(&Snapshot { row: *row, standing: &[], sample: Reads::REPORTED }, &rules).standing
    };
    let standings: HashMap<EndpointId, Vec<Standing>> =
        rows.iter().map(|row| (row.endpoint.id, first(row))).collect();
    Ok(per_endpoint(rows, rounds, |row| {
        let standing = standings.get(&row.endpoint.id).map(Vec::as_slice).unwrap_or_default();
        black_box(assess(&Snapshot { row: *row, standing, sample: Reads::HEALTH }, &rules).changed);
    }))
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
pub(super) fn endpoint(number: u64, now: Timestamp) -> Result<Endpoint> {
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
        class: Some(Class::Server),
        class_fixed: false,
        criticality: Criticality::Normal,
        tags: vec!["simulated".to_owned()],
        labels: BTreeMap::default(),
        enrolled_at: now,
        state: EndpointState::Active,
        presence: Presence {
            online: true,
            since: now,
            last_seen: Some(now),
            goodbye: None,
            second_seen_at: None,
            second: None,
        },
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

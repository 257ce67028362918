//! Questions about a hundred thousand endpoints in memory, on one core, beside a scan written by hand, the CEL crate's own
//! interpreter and SQLite, over the same endpoints in the same run.
//!
//! A count is the whole of it: compiling what was typed, bringing the columns up to date for the endpoints that changed
//! meanwhile, who may be seen, judging. A page is that, the order, and its hundred endpoints as JSON with a table's fields.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use cel::{Context, Program, Value};
use dogwatch_model::{Endpoint, OrgId, OsFamily, SiteId, Update, UpdateClass, UpdateState};
use dogwatch_triage::filter::{
    AlertCounts, ChosenJson, Columns, EndpointJson, Fields, Filter, Grouping, Order, Row, Rows, Slots, Wanted,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::{figure::Figure, filter::endpoint};
use crate::load::latency::median;

/// The fleet of the marks.
const ENDPOINTS: u64 = 100_000;

/// Questions of one round: the 99th percentile is then the tenth worst.
const QUESTIONS: usize = 1_000;

/// Endpoints that change between two questions: a thousand changes a second, and a question every ten milliseconds.
const CHANGES: usize = 10;

/// Endpoints of a page.
const PAGE: usize = 100;

/// How many endpoints the interpreter is put to: it takes microseconds for each.
const INTERPRETED: usize = 2_000;

/// How long the plain measurements repeat.
const TIME: Duration = Duration::from_millis(300);

/// What people ask, in turn.
const ASKED: [&str; 6] = [
    THREE_TERMS,
    "os:linux patch.missing.security:>0 site:toronto -tag:lab",
    "class == \"server\" && !online && age(last_seen) > duration(\"1h\")",
    "sim-004",
    "health.memory.used_percent > 80 || health.cpu.used_percent > 80",
    "tag:simulated site:toronto,west online",
];

const THREE_TERMS: &str =
    r#"os.family == "linux" && health.memory.used_percent > 40 && patch.missing.security > 0"#;

const IN_SQL: &str =
    "SELECT count(*) FROM endpoints WHERE os_family = 'linux' AND memory_used > 40 AND missing_security > 0";

const IN_CEL: &str =
    r#"os.family == "linux" && health.memory.used_percent > 40.0 && patch.missing.security > 0"#;

/// How pages are sorted, in turn.
const SORTED: [&str; 4] =
    ["name", "-health.memory.used_percent,name", "-patch.missing.total,site", "-last_seen"];

const SHOWN: &str = "name,org,site,class,state,online,last_seen,health.cpu.used_percent,\
                     health.memory.used_percent,patch.missing.total,backup.worst,alerts.open";

/// A fleet that counts its changes.
struct Fleet {
    endpoints: Vec<Endpoint>,
    stamps: Vec<u64>,
    stamp: u64,
    as_of: Timestamp,
}

impl Fleet {
    fn new(now: Timestamp) -> Result<Self> {
        let endpoints = (0..ENDPOINTS).map(|number| varied(number, now)).collect::<Result<Vec<_>>>()?;
        Ok(Self { stamps: vec![0; endpoints.len()], endpoints, stamp: 0, as_of: now })
    }

    /// Some endpoints are heard of.
    fn change(&mut self, round: usize) {
        for n in 0..CHANGES {
            let slot = (round * CHANGES + n).wrapping_mul(7919) % self.endpoints.len();
            let presence = &mut self.endpoints[slot].presence;
            presence.last_seen = Some(self.as_of);
            presence.online = !presence.online;
            self.stamp += 1;
            self.stamps[slot] = self.stamp;
        }
    }

    /// Those of the one org: as the collector does it, a number for each place.
    fn of_org(&self) -> Slots {
        Slots::of(self.endpoints.len(), |slot| self.stamps[slot] < u64::MAX)
    }
}

/// A simulated machine, its place, its memory and its last word a little different from the next one's.
fn varied(number: u64, now: Timestamp) -> Result<Endpoint> {
    let mut endpoint = endpoint(number, now)?;
    endpoint.org = OrgId::new(["acme", "globex"][usize::from(number.is_multiple_of(5))])?;
    endpoint.site = SiteId::new(["toronto", "west", "main"][(number % 3) as usize])?;
    endpoint.presence.online = !number.is_multiple_of(11);
    endpoint.presence.last_seen = Some(now - SignedDuration::from_secs((number % 7_200).cast_signed()));
    if let Some(memory) = endpoint.facts.health.as_mut().and_then(|health| health.memory.as_mut()) {
        memory.available_bytes = memory.total_bytes / 100 * (number * 37 % 100);
    }
    Ok(endpoint)
}

impl Rows for Fleet {
    fn len(&self) -> usize {
        self.endpoints.len()
    }

    fn row(&self, slot: usize) -> Row<'_> {
        let alerts = AlertCounts::default();
        Row { endpoint: &self.endpoints[slot], as_of: self.as_of, alerts, owners: None }
    }

    fn stamp(&self) -> u64 {
        self.stamp
    }

    fn changed_since(&self, stamp: u64, give: &mut dyn FnMut(usize)) {
        let changed = self.stamps.iter().enumerate().filter(|(_, at)| **at > stamp);
        changed.for_each(|(slot, _)| give(slot));
    }
}

/// Measures counts, pages, and one filter beside others.
pub fn run(rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("query: {ENDPOINTS} endpoints in this process"));
    let mut fleet = Fleet::new(Timestamp::now())?;
    let mut columns = Columns::default();
    let mut figures = Vec::new();
    let begun = Instant::now();
    for asked in ASKED {
        count(asked, &mut columns, &fleet)?;
    }
    figures.push(Figure::new("columns made at the first questions, all of them", "ms", ms(begun.elapsed())));
    let (mut counts, mut pages, mut summaries) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        counts.push(percentiles(&mut fleet, |n, fleet| count(ASKED[n % ASKED.len()], &mut columns, fleet))?);
        let mut text = Vec::new();
        pages.push(percentiles(&mut fleet, |n, fleet| {
            page(ASKED[n % ASKED.len()], SORTED[n % SORTED.len()], &mut columns, fleet, &mut text)
        })?);
        summaries.push(percentiles(&mut fleet, |_, fleet| summary(&mut columns, fleet))?);
    }
    for (name, limit, measured) in [
        ("count, 100,000 endpoints", Some(3.0), counts),
        ("first page sorted, as JSON", Some(10.0), pages),
        ("summary by os.family and site", None, summaries),
    ] {
        let of =
            |worst: bool| median(measured.iter().map(|(p50, p99)| if worst { *p99 } else { *p50 }).collect());
        figures.push(Figure::new(format!("{name}, p50"), "ms", of(false)));
        let p99 = Figure::new(format!("{name}, p99"), "ms", of(true));
        figures.push(limit.map_or(p99.clone(), |limit| p99.at_most(limit)));
    }
    figures.extend(beside(&mut columns, &fleet, rounds)?);
    Ok(figures)
}

fn count(asked: &str, columns: &mut Columns, fleet: &Fleet) -> Result<usize> {
    let filter = Filter::typed(asked)?;
    columns.refresh(&Wanted::default().by(Some(&filter)), fleet);
    let found = columns.judge(Some(&filter), &fleet.of_org(), fleet);
    Ok(found.matched.count() + found.unjudged)
}

fn page(asked: &str, sort: &str, columns: &mut Columns, fleet: &Fleet, text: &mut Vec<u8>) -> Result<usize> {
    let (filter, order, fields) = (Filter::typed(asked)?, Order::compile(sort)?, Fields::compile(SHOWN)?);
    columns.refresh(&Wanted::default().by(Some(&filter)).in_order(&order), fleet);
    let found = columns.judge(Some(&filter), &fleet.of_org(), fleet);
    let page = columns.page(&order, &found, None, PAGE, fleet);
    text.clear();
    for slot in &page.slots {
        serde_json::to_writer(&mut *text, &ChosenJson { row: fleet.row(*slot), fields: &fields })?;
    }
    Ok(text.len())
}

fn summary(columns: &mut Columns, fleet: &Fleet) -> Result<usize> {
    let by = Grouping::compile("os.family,site")?;
    columns.refresh(&Wanted::default().counted(&by), fleet);
    let found = columns.judge(None, &fleet.of_org(), fleet);
    Ok(columns.count_by(&by, &found, fleet).len())
}

/// The median and the 99th percentile of some questions, milliseconds, while the fleet changes.
fn percentiles(fleet: &mut Fleet, mut ask: impl FnMut(usize, &Fleet) -> Result<usize>) -> Result<(f64, f64)> {
    let mut took = Vec::with_capacity(QUESTIONS);
    for n in 0..QUESTIONS {
        fleet.change(n);
        let begun = Instant::now();
        black_box(ask(n, fleet)?);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok((ms(took[QUESTIONS / 2]), ms(took[QUESTIONS * 99 / 100])))
}

/// One filter of three terms, in nanoseconds an endpoint: by columns, and in four other ways.
fn beside(columns: &mut Columns, fleet: &Fleet, rounds: usize) -> Result<Vec<Figure>> {
    let filter = Filter::compile(THREE_TERMS)?;
    columns.refresh(&Wanted::default().by(Some(&filter)), fleet);
    let all = fleet.of_org();
    let (sql, flat) = (in_sql(fleet)?, flat(fleet));
    let mut statement = sql.prepare(IN_SQL)?;
    let by_columns = || columns.judge(Some(&filter), &all, fleet).matched.count();
    let by_hand = || fleet.endpoints.iter().filter(|endpoint| holds(endpoint)).count();
    let by_flat = || flat.iter().filter(|row| row.0 == b'l' && row.1 > 40.0 && row.2 > 0.0).count();
    let mut by_sql = || statement.query_row([], |row| row.get::<_, i64>(0));
    let expected = by_columns();
    ensure!(expected == by_hand() && expected == by_flat(), "a scan by hand counts other endpoints");
    ensure!(i64::try_from(expected)? == by_sql()?, "SQLite counts other endpoints");
    let each = |name: &str, ns: Vec<f64>| Figure::new(name, "ns", median(ns));
    let (mut ours, mut scanned, mut flats, mut asked) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        ours.push(per_endpoint(|| black_box(by_columns())));
        scanned.push(per_endpoint(|| black_box(by_hand())));
        flats.push(per_endpoint(|| black_box(by_flat())));
        asked.push(per_endpoint(|| usize::from(black_box(by_sql()).is_ok())));
    }
    Ok(vec![
        each("three terms, per endpoint", ours).at_most(30.0),
        each("  a scan by hand over the endpoints", scanned),
        each("  a scan by hand over rows with just these fields", flats),
        each("  SQLite in memory, columns without an index", asked),
        Figure::new("  the CEL crate's interpreter, its variables made before", "ns", interpreted(fleet)?),
    ])
}

fn per_endpoint(mut work: impl FnMut() -> usize) -> f64 {
    let (begun, mut passes) = (Instant::now(), 0_u32);
    while begun.elapsed() < TIME {
        work();
        passes += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "a hundred thousand")]
    let endpoints = f64::from(passes) * ENDPOINTS as f64;
    begun.elapsed().as_secs_f64() * 1e9 / endpoints
}

/// The three terms as somebody would write them in Rust.
fn holds(endpoint: &Endpoint) -> bool {
    let facts = &endpoint.facts;
    let memory = facts.health.as_ref().and_then(|health| health.memory.as_ref()?.used_percent());
    facts.inventory.as_ref().is_some_and(|inventory| inventory.os.family == OsFamily::Linux)
        && memory.is_some_and(|used| used > 40.0)
        && security(endpoint).is_some_and(|missing| missing > 0)
}

/// How many security updates are missing.
fn security(endpoint: &Endpoint) -> Option<u32> {
    let updates = endpoint.facts.patch.as_ref()?.updates.as_ref()?;
    let is_missing = |update: &&Update| {
        update.class == UpdateClass::Security
            && !matches!(update.state, UpdateState::Installed | UpdateState::Declined)
    };
    u32::try_from(updates.iter().filter(is_missing).count()).ok()
}

/// The three facts alone, one after the other: as near as a scan can come.
fn flat(fleet: &Fleet) -> Vec<(u8, f64, f64)> {
    let facts = |endpoint: &Endpoint| {
        let family = endpoint.facts.inventory.as_ref().map_or(b'?', |i| i.os.family.as_str().as_bytes()[0]);
        let memory = endpoint.facts.health.as_ref().and_then(|health| health.memory.as_ref()?.used_percent());
        (family, memory.unwrap_or(f64::NAN), security(endpoint).map_or(f64::NAN, f64::from))
    };
    fleet.endpoints.iter().map(facts).collect()
}

fn in_sql(fleet: &Fleet) -> Result<Connection> {
    let mut sql = Connection::open_in_memory()?;
    sql.execute_batch(
        "CREATE TABLE endpoints (name TEXT, org TEXT, site TEXT, class TEXT, os_family TEXT, memory_used REAL, \
         missing_security INTEGER)",
    )?;
    let rows = sql.transaction()?;
    {
        let mut insert = rows.prepare("INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, ?)")?;
        for endpoint in &fleet.endpoints {
            let facts = &endpoint.facts;
            let memory = facts.health.as_ref().and_then(|health| health.memory.as_ref()?.used_percent());
            insert.execute(params![
                endpoint.name,
                endpoint.org.as_str(),
                endpoint.site.as_str(),
                endpoint.class.map(dogwatch_model::Class::as_str),
                facts.inventory.as_ref().map(|inventory| inventory.os.family.as_str()),
                memory,
                security(endpoint),
            ])?;
        }
    }
    rows.commit()?;
    Ok(sql)
}

fn interpreted(fleet: &Fleet) -> Result<f64> {
    let program = Program::compile(IN_CEL)?;
    let some = 0..INTERPRETED.min(fleet.len());
    let contexts = some.map(|slot| context(&fleet.row(slot))).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    let matched =
        contexts.iter().filter(|context| matches!(program.execute(context), Ok(Value::Bool(true)))).count();
    let took = begun.elapsed();
    ensure!(matched > 0, "the interpreter finds nothing");
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    Ok(took.as_secs_f64() * 1e9 / contexts.len() as f64)
}

fn context(row: &Row<'_>) -> Result<Context<'static, 'static>> {
    let mut context = Context::default();
    let json = serde_json::to_value(EndpointJson(*row))?;
    for name in ["os", "health", "patch"] {
        context.add_variable(name, &json[name]).map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    Ok(context)
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

//! What a filter costs per endpoint, beside the same condition written by hand and beside the CEL crate's own
//! interpreter; and what it costs to assess an endpoint by the shipped rules.
//!
//! `cargo bench -p dogwatch-triage --bench filter` prints medians of many short runs over a fleet that does not fit
//! the first caches. Nothing is asserted: a loaded machine would make liars of the numbers.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run should say so and stop")]

use std::{hint::black_box, time::Instant};

use cel::{Context, Program, Value};
use dogwatch_model::{Endpoint, OsFamily};
use dogwatch_triage::{
    assess::{Snapshot, assess},
    filter::{AlertCounts, EndpointJson, Filter, Reads, Row, Verdict},
    rules::RuleSet,
};
use jiff::Timestamp;

/// A fleet that the processor's caches hold, and one that they do not: there memory is what is measured.
const FLEETS: [usize; 2] = [1_000, 10_000];
const RUNS: usize = 15;
const CHUNK: usize = 100;
/// The interpreter is slow enough to be measured on fewer.
const INTERPRETED: usize = 500;

const THREE_TERMS: &str = r#"os.family == "linux" && health.memory.used_percent > 10 && "prod" in tags"#;
const DISKS: &str = "health.disks.exists(d, d.used_percent > 90.0 && d.free_bytes < 5368709120)";

fn main() {
    for size in FLEETS {
        let fleet: Vec<Endpoint> = (0..size).map(endpoint).collect();
        let as_of: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let row = |endpoint| Row { endpoint, as_of, alerts: AlertCounts::default(), owners: None };
        let rows: Vec<Row<'_>> = fleet.iter().map(row).collect();
        println!("{size} endpoints, medians, ns per endpoint");
        filters(&rows);
        assessments(&rows);
        let json = |row: &Row<'_>| serde_json::to_vec(&EndpointJson(*row)).is_ok();
        println!("  JSON of an endpoint");
        line("serialise", per_item(&rows, json));
    }
}

fn filters(rows: &[Row<'_>]) {
    for (source, by_hand) in
        [(THREE_TERMS, three_terms as fn(&Endpoint) -> bool), (DISKS, disks as fn(&Endpoint) -> bool)]
    {
        println!("  {source}");
        let filter = Filter::compile(source).unwrap();
        let ours = count(rows, |row| filter.judge(row) == Verdict::Match);
        assert_eq!(ours, count(rows, |row| by_hand(row.endpoint)), "both must find the same endpoints");
        line("filter", per_item(rows, |row| filter.judge(row) == Verdict::Match));
        line("by hand", per_item(rows, |row| by_hand(row.endpoint)));
        interpreted(source, &rows[..INTERPRETED]);
        line("compile once", per_item(&[(); 50], |()| Filter::compile(source).is_ok()));
    }
}

fn assessments(rows: &[Row<'_>]) {
    let rules = RuleSet::shipped().unwrap();
    println!("  shipped rules, nothing to find");
    for (name, sample) in [
        ("health sample", Reads::HEALTH | Reads::CLOCK),
        ("tick", Reads::NONE),
        ("full report", Reads::REPORTED),
    ] {
        let look = |row: &Row<'_>| assess(&Snapshot { row: *row, standing: &[], sample }, &rules).changed;
        assert_eq!(count(rows, look), 0, "a healthy fleet has no findings");
        line(name, per_item(rows, look));
    }
}

fn line(name: &str, nanoseconds: f64) {
    println!("    {name:<13}{nanoseconds:>9.1}");
}

fn three_terms(endpoint: &Endpoint) -> bool {
    let facts = &endpoint.facts;
    facts.inventory.as_ref().is_some_and(|inventory| inventory.os.family == OsFamily::Linux)
        && facts
            .health
            .as_ref()
            .and_then(|health| health.memory.as_ref()?.used_percent())
            .is_some_and(|u| u > 10.0)
        && endpoint.tags.iter().any(|tag| tag == "prod")
}

fn disks(endpoint: &Endpoint) -> bool {
    endpoint
        .facts
        .health
        .iter()
        .flat_map(|health| &health.disks)
        .any(|disk| disk.used_percent().is_some_and(|used| used > 90.0) && disk.free_bytes < 5 * (1 << 30))
}

/// The CEL crate's interpreter, with its variables made beforehand and with making them counted in.
fn interpreted(source: &str, rows: &[Row<'_>]) {
    let program = Program::compile(source).unwrap();
    let contexts: Vec<Context<'_, '_>> = rows.iter().map(context).collect();
    let run = |context: &Context<'_, '_>| matches!(program.execute(context), Ok(Value::Bool(true)));
    line("interpreter", per_item(&contexts, run));
    line("with context", per_item(rows, |row| run(&context(row))));
}

fn context(row: &Row<'_>) -> Context<'static, 'static> {
    let mut context = Context::default();
    let json = serde_json::to_value(EndpointJson(*row)).unwrap();
    for name in ["os", "health", "tags"] {
        context.add_variable(name, &json[name]).unwrap();
    }
    context
}

fn count<T>(items: &[T], holds: impl Fn(&T) -> bool) -> usize {
    items.iter().filter(|item| holds(item)).count()
}

/// The median over many short chunks, in nanoseconds per item: on a busy machine a long run measures the neighbours.
#[expect(clippy::cast_precision_loss, reason = "a median of nanoseconds needs no more than 53 bits")]
fn per_item<T>(items: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    let mut chunks: Vec<u128> = (0..RUNS)
        .flat_map(|_| items.chunks_exact(CHUNK.min(items.len())))
        .map(|chunk| {
            let start = Instant::now();
            black_box(count(black_box(chunk), &holds));
            start.elapsed().as_nanos()
        })
        .collect();
    chunks.sort_unstable();
    chunks[chunks.len() / 2] as f64 / CHUNK.min(items.len()) as f64
}

fn endpoint(n: usize) -> Endpoint {
    let free = (40 + n % 50) as u64 * (1 << 30);
    let json = serde_json::json!({
        "id": format!("018f3c2e-7a10-7c3d-8e55-{n:012x}"),
        "org": "acme", "site": "toronto", "name": format!("srv-{n}"), "class": "server", "criticality": "normal",
        "tags": ["lab", if n.is_multiple_of(3) { "prod" } else { "test" }],
        "enrolled_at": "2026-10-01T00:00:00Z", "state": "active",
        "presence": { "online": true, "since": "2026-11-01T00:00:00Z", "last_seen": "2026-11-22T11:59:58Z" },
        "facts": {
            "inventory": { "os": { "family": if n.is_multiple_of(5) { "windows" } else { "linux" } } },
            "health": {
                "sampled_at": "2026-11-22T11:59:58Z",
                "cpu": { "used_percent": 12.5, "count": 8 },
                "memory": { "total_bytes": 64_u64 << 30, "available_bytes": 40_u64 << 30 },
                "disks": [
                    { "mount": "/", "fs": "ext4", "total_bytes": 100_u64 << 30, "free_bytes": free },
                    { "mount": "/var", "fs": "ext4", "total_bytes": 200_u64 << 30, "free_bytes": free },
                ],
            },
            "patch": {
                "source": "apt", "scanned_at": "2026-11-22T10:00:00Z", "result": "ok", "updates": [],
                "reboot": { "pending": false, "confidence": "strong" },
            },
            "backup": { "scanned_at": "2026-11-22T11:50:00Z", "jobs": [{
                "name": "nightly", "product": "restic", "kind": "backup", "every_seconds": 86_400,
                "first_seen": "2026-11-01T00:00:00Z", "last_success": "2026-11-22T01:00:00Z",
                "consecutive_failures": 0,
            }] },
            "clock_offset_seconds": 0.01,
        },
    });
    serde_json::from_value(json).unwrap()
}

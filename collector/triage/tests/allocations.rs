//! Judging a fleet allocates for the query, and nothing for its endpoints: ten times as many take as many allocations.

#![expect(clippy::unwrap_used, reason = "a fleet made by hand is valid")]

use std::{alloc::System, collections::BTreeMap};

use dogwatch_model::{
    Class, Criticality, Endpoint, EndpointId, EndpointState, Facts, OrgId, Presence, SiteId,
};
use dogwatch_triage::filter::{AlertCounts, Columns, Filter, Row, Rows, Slots, Wanted};
use jiff::Timestamp;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

struct Fleet(Vec<Endpoint>);

impl Rows for Fleet {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, slot: usize) -> Row<'_> {
        Row { endpoint: &self.0[slot], as_of: noon(), alerts: AlertCounts::default(), owners: None }
    }

    fn stamp(&self) -> u64 {
        0
    }

    fn changed_since(&self, _: u64, _: &mut dyn FnMut(usize)) {}
}

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn endpoint(n: usize) -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::from_u128(n as u128)),
        org: OrgId::new("acme").unwrap(),
        site: SiteId::new(["toronto", "west"][n % 2]).unwrap(),
        name: format!("srv-{}", n % 500),
        class: Some(Class::Server),
        class_fixed: false,
        criticality: Criticality::Normal,
        tags: vec![["lab", "prod"][n % 2].to_owned()],
        labels: BTreeMap::new(),
        enrolled_at: noon(),
        state: EndpointState::Active,
        presence: Presence {
            online: n.is_multiple_of(3),
            since: noon(),
            last_seen: Some(noon()),
            goodbye: None,
            second_seen_at: None,
            second: None,
        },
        facts: Facts::default(),
    }
}

/// How often memory is asked for while a filter judges a fleet whose columns are ready.
fn allocations(source: &str, endpoints: usize) -> usize {
    let fleet = Fleet((0..endpoints).map(endpoint).collect());
    let filter = Filter::typed(source).unwrap();
    let mut columns = Columns::default();
    columns.refresh(&Wanted::default().by(Some(&filter)), &fleet);
    let all = Slots::of(fleet.len(), |_| true);
    let region = Region::new(ALLOCATOR);
    let found = columns.judge(Some(&filter), &all, &fleet);
    let allocations = region.change().allocations;
    assert!(found.matched.count() + found.unjudged > 0, "{source}");
    allocations
}

// One test alone: what others allocate meanwhile would be counted, too.
#[test]
fn ten_times_the_endpoints_take_as_many_allocations() {
    let sources = [
        "online && site == \"toronto\" && \"lab\" in tags",
        "site:toronto -tag:prod srv-1",
        "name.startsWith(\"srv-1\") && age(last_seen) < duration(\"1h\")",
        // Judged by the row.
        "health.disks.exists(d, d.used_percent > 90) || offline_for < duration(\"1h\")",
    ];
    for source in sources {
        assert_eq!(allocations(source, 1_000), allocations(source, 10_000), "{source}");
    }
}

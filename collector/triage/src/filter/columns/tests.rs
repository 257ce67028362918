//! Columns and rows say the same of any fleet, whatever is asked and whatever changed in between.

use core::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::{
    filter::{SortKey, Verdict},
    specimen::{DAY, before, full_server, noon, patch, silent_server, update},
};
use dogwatch_model::{Class, Endpoint, EndpointId, OsFamily};
use jiff::Timestamp;
use uuid::Uuid;

/// A fleet that counts its changes.
struct Fleet {
    endpoints: Vec<Endpoint>,
    stamps: Vec<u64>,
    stamp: u64,
    as_of: Timestamp,
    /// How often a row was asked for, the first aside, which lends its instant.
    asked: Cell<usize>,
}

impl Fleet {
    fn new(seeds: &[u32]) -> Self {
        let endpoints: Vec<Endpoint> = (0_u32..).zip(seeds).map(|(n, seed)| endpoint(n, *seed)).collect();
        let asked = Cell::new(0);
        Self { stamps: vec![0; endpoints.len()], endpoints, stamp: 0, as_of: noon(), asked }
    }

    fn change(&mut self, slot: usize, seed: u32) {
        self.endpoints[slot] = endpoint(u32::try_from(slot).unwrap(), seed);
        self.stamp += 1;
        self.stamps[slot] = self.stamp;
    }
}

impl Rows for Fleet {
    fn len(&self) -> usize {
        self.endpoints.len()
    }

    fn row(&self, slot: usize) -> Row<'_> {
        self.asked.set(self.asked.get() + usize::from(slot > 0));
        crate::specimen::row_at(&self.endpoints[slot], self.as_of)
    }

    fn stamp(&self) -> u64 {
        self.stamp
    }

    fn changed_since(&self, stamp: u64, give: &mut dyn FnMut(usize)) {
        (0..self.stamps.len()).filter(|slot| self.stamps[*slot] > stamp).for_each(give);
    }
}

/// One of many endpoints, by a number: each fact in turn known, other, or missing.
fn endpoint(n: u32, seed: u32) -> Endpoint {
    let bits = |from: u32, count: u32| seed >> from & ((1 << count) - 1);
    let mut endpoint = if bits(0, 2) == 0 { silent_server() } else { full_server() };
    endpoint.id = EndpointId(Uuid::from_u128(u128::from(n)));
    endpoint.name = format!("{}-{:02}", ["srv", "LAP", "Srv"][bits(2, 8) as usize % 3], n);
    endpoint.class = [Some(Class::Server), Some(Class::Laptop), None][bits(4, 8) as usize % 3];
    endpoint.tags = [(5, "lab"), (6, "prod"), (7, "srv")]
        .into_iter()
        .filter(|(bit, _)| bits(*bit, 1) == 1)
        .map(|(_, tag)| tag.to_owned())
        .collect();
    endpoint.labels = (bits(8, 1) == 1)
        .then(|| ("env".to_owned(), ["prod", "test"][bits(9, 1) as usize].to_owned()))
        .into_iter()
        .collect();
    endpoint.presence.online = bits(10, 1) == 1;
    endpoint.presence.last_seen = (bits(11, 1) == 1).then(|| before(i64::from(bits(12, 5)) * 600));
    if let Some(inventory) = &mut endpoint.facts.inventory {
        inventory.os.family = if bits(17, 1) == 0 { OsFamily::Windows } else { OsFamily::Linux };
        inventory.os.name = (bits(18, 1) == 1).then(|| "Windows Server".to_owned());
    }
    if let Some(cpu) = endpoint.facts.health.as_mut().and_then(|health| health.cpu.as_mut()) {
        cpu.used_percent = (bits(19, 1) == 1).then(|| f64::from(bits(20, 3)) * 12.5);
    }
    endpoint.facts.patch = (bits(23, 1) == 1)
        .then(|| patch((0..bits(24, 2)).map(|n| update("openssl", i64::from(n) * DAY)).collect()));
    endpoint
}

/// Conditions of every kind that columns decide, and some that only rows do.
const TERMS: [&str; 38] = [
    "true",
    "online",
    "!online",
    "online == false",
    "online != planned_offline",
    "os.family == \"windows\"",
    "os.family != \"windows\"",
    "class in [\"server\", \"virtual\"]",
    "os.name.contains(\"Server\")",
    "name.startsWith(\"srv\")",
    "name > \"Srv\"",
    "size(name) == 6",
    "name == net.hostname",
    "labels.env == \"prod\"",
    "has(labels.env)",
    "labels.env in [\"test\", \"lab\"]",
    "\"prod\" in tags",
    "tags.exists(t, t.startsWith(\"l\") || t == \"srv\")",
    "tags.all(t, t != \"lab\")",
    "size(tags) > 1",
    "has(net.addresses)",
    "net.addresses.exists(a, a.contains(\".\"))",
    "search(\"SRV\")",
    "search(\"windows\")",
    "health.cpu.used_percent > 50",
    "health.cpu.used_percent == 50.0",
    "health.cpu.used_percent in [25, 50]",
    "health.cpu.used_percent / (health.cpu.used_percent - 50) < 3",
    "abs(health.clock_offset) < duration(\"1s\")",
    "patch.missing.total > 0",
    "has(patch.missing.security)",
    "age(last_seen) > duration(\"1h\")",
    "now - enrolled_at > last_seen - enrolled_at",
    "last_seen < timestamp(\"2026-11-22T10:00:00Z\")",
    "offline_for > duration(\"1h\")",
    "backup.worst == \"failed\"",
    "health.disks.exists(d, d.used_percent > 40)",
    "id == \"00000000-0000-0000-0000-000000000003\"",
];

/// How many of them look at no row, from the first but for one that compares two texts.
const BY_COLUMNS: usize = 34;

const KEYS: [&str; 9] = [
    "name",
    "-name",
    "health.cpu.used_percent,-last_seen",
    "-patch.missing.total,labels.env",
    "os.family,class,-name",
    "-online,id",
    "-offline_for",
    "size(tags),site",
    "-last_seen",
];

fn filter() -> impl Strategy<Value = String> {
    let leaf = (0..TERMS.len()).prop_map(|term| TERMS[term].to_owned());
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|terms| format!("({})", terms.join(" && "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|terms| format!("({})", terms.join(" || "))),
            inner.clone().prop_map(|term| format!("!({term})")),
            (inner.clone(), inner).prop_map(|(l, r)| format!("(({l}) == ({r}))")),
        ]
    })
}

fn walked(filter: &Filter, fleet: &Fleet, among: &Slots) -> Found {
    let verdict = |slot: usize| filter.judge(&fleet.row(slot));
    let matched: Vec<usize> = among.iter().filter(|slot| verdict(*slot) == Verdict::Match).collect();
    Found {
        matched: Slots::of(fleet.len(), |slot| matched.contains(&slot)),
        unjudged: among.iter().filter(|slot| verdict(*slot) == Verdict::Unknown).count(),
    }
}

/// Every matching row in order, the plain way.
fn sorted(order: &Order, fleet: &Fleet, found: &Found) -> Vec<usize> {
    let mut slots: Vec<usize> = found.matched.iter().collect();
    slots.sort_by(|left, right| {
        let of = |key: &SortKey| {
            let rows = [fleet.row(*left), fleet.row(*right)];
            SortKey::order(&key.value(&rows[0]), &key.value(&rows[1]), key.descending())
        };
        order.keys().map(of).find(|order| order.is_ne()).unwrap_or(core::cmp::Ordering::Equal)
    });
    slots
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn columns_and_rows_agree_on_every_filter_and_after_every_change(
        seeds in proptest::collection::vec(any::<u32>(), 1..150),
        source in filter(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 0..8),
        left_out in any::<u64>(),
    ) {
        let Ok(filter) = Filter::compile(&source) else { return Ok(()) };
        let mut fleet = Fleet::new(&seeds);
        let mut columns = Columns::default();
        let wanted = Wanted::default().by(Some(&filter));
        let among = Slots::of(fleet.len(), |slot| left_out >> (slot % 61) & 1 == 0);
        columns.refresh(&wanted, &fleet);
        prop_assert_eq!(columns.judge(Some(&filter), &among, &fleet), walked(&filter, &fleet, &among));
        for (index, seed) in changes {
            fleet.change(index.index(seeds.len()), seed);
        }
        columns.refresh(&wanted, &fleet);
        prop_assert!(columns.are_fresh(&wanted, &fleet));
        prop_assert_eq!(columns.judge(Some(&filter), &among, &fleet), walked(&filter, &fleet, &among));
    }

    #[test]
    fn pages_one_after_the_other_are_the_whole_in_order(
        seeds in proptest::collection::vec(any::<u32>(), 1..100),
        key in 0..KEYS.len(),
        size in 1_usize..40,
        is_ready in any::<bool>(),
    ) {
        let fleet = Fleet::new(&seeds);
        let order = Order::compile(KEYS[key]).unwrap();
        let mut columns = Columns::default();
        if is_ready {
            columns.refresh(&Wanted::default().in_order(&order), &fleet);
        }
        let found = Found { matched: Slots::of(fleet.len(), |slot| slot % 7 != 3), unjudged: 0 };
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = columns.page(&order, &found, after.as_ref(), size, &fleet);
            paged.extend(page.slots);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(paged, sorted(&order, &fleet, &found));
    }
}

#[test]
fn what_columns_decide_looks_at_no_row() {
    let fleet = Fleet::new(&fleet_seeds());
    let mut by_row = Vec::new();
    for source in TERMS {
        let filter = Filter::compile(source).unwrap();
        let mut columns = Columns::default();
        columns.refresh(&Wanted::default().by(Some(&filter)), &fleet);
        fleet.asked.set(0);
        let all = Slots::of(fleet.len(), |_| true);
        assert_eq!(
            columns.judge(Some(&filter), &all, &fleet),
            walked(&filter, &Fleet::new(&fleet_seeds()), &all)
        );
        if fleet.asked.get() > 0 {
            by_row.push(source);
        }
    }
    let mut expected = vec!["name == net.hostname", "size(tags) > 1"];
    expected.extend(&TERMS[BY_COLUMNS..]);
    assert_eq!(by_row, expected);
}

#[test]
fn rows_are_asked_only_where_columns_leave_it_open() {
    let fleet = Fleet::new(&fleet_seeds());
    let filter =
        Filter::compile("health.disks.exists(d, d.used_percent > 40) && name.startsWith(\"LAP-07\")")
            .unwrap();
    let mut columns = Columns::default();
    columns.refresh(&Wanted::default().by(Some(&filter)), &fleet);
    fleet.asked.set(0);
    columns.judge(Some(&filter), &Slots::of(fleet.len(), |_| true), &fleet);
    assert!(fleet.asked.get() <= 1, "{}", fleet.asked.get());
}

fn fleet_seeds() -> Vec<u32> {
    (0..200_u32).map(|n| n * 7_777_777 + 1).collect()
}

fn counted(by: &str, seeds: &[u32], wanted: bool) -> Vec<(String, usize)> {
    let fleet = Fleet::new(seeds);
    let by = Grouping::compile(by).unwrap();
    let mut columns = Columns::default();
    if wanted {
        columns.refresh(&Wanted::default().counted(&by), &fleet);
    }
    let found = columns.judge(None, &Slots::of(fleet.len(), |_| true), &fleet);
    let groups = columns.count_by(&by, &found, &fleet);
    groups.iter().map(|group| (serde_json::to_string(&group.facts).unwrap(), group.count)).collect()
}

#[test]
fn counts_name_the_values_and_count_the_unknown() {
    // The lowest two bits decide whether anything is known; bit 17 the family, bits 5 to 7 the tags.
    let seeds = [0, 1, 1 | 1 << 17, 1 | 1 << 17 | 1 << 5, 1 | 1 << 5 | 1 << 6];
    for wanted in [true, false] {
        let group = |text: &str, count| (text.to_owned(), count);
        assert_eq!(
            counted("os.family", &seeds, wanted),
            [
                group(r#"{"os":{"family":"linux"}}"#, 2),
                group(r#"{"os":{"family":"windows"}}"#, 2),
                group("{}", 1)
            ]
        );
        assert_eq!(
            counted("tags", &seeds, wanted),
            [group("{}", 3), group(r#"{"tags":"lab"}"#, 2), group(r#"{"tags":"prod"}"#, 1)]
        );
        assert_eq!(
            counted("online, os.family", &seeds, wanted)[0],
            group(r#"{"online":false,"os":{"family":"linux"}}"#, 2)
        );
        assert_eq!(counted("health.cpu.count", &seeds, wanted).len(), 2);
        assert_eq!(counted("backup.worst", &seeds, wanted).len(), 2);
    }
}

#[test]
fn what_cannot_be_counted_or_sorted_by_is_said_at_its_column() {
    let refusal = |text: &str| Grouping::compile(text).unwrap_err().to_string();
    assert_eq!(refusal("site,os.famly"), "line 1, column 6: no field `os.famly`; did you mean `os.family`?");
    assert!(refusal("health.disks").contains("is a list of things"), "{}", refusal("health.disks"));
    assert!(refusal("-name").contains("is no field"));
    assert!(refusal("a,b,c,d").contains("no field `a`"));
    assert!(refusal("id,id,id,id").starts_with("line 1, column 10: at most 3"));
    let error = Order::compile("name, -clas").unwrap_err();
    assert_eq!((error.column, error.mend.as_deref()), (8, Some("did you mean `class`?")));
}

#[test]
fn a_place_outlives_the_endpoint_that_it_names() {
    let mut fleet = Fleet::new(&[7, 11, 13, 17, 19]);
    let order = Order::compile("-name").unwrap();
    let columns = Columns::default();
    let found = columns.judge(None, &Slots::of(5, |_| true), &fleet);
    let page = columns.page(&order, &found, None, 2, &fleet);
    let all = columns.page(&order, &found, None, 5, &fleet).slots;
    let place = page.next.unwrap();
    fleet.endpoints[page.slots[1]].name = "renamed".into();
    let rest = Found { matched: Slots::of(5, |slot| !page.slots.contains(&slot)), unjudged: 0 };
    assert_eq!(columns.page(&order, &rest, Some(&place), 5, &fleet).slots, all[2..]);
}

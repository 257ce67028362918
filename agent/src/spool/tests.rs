//! The agent's outbox, its keeper and a collector, all in one thread on a disk in memory: restarts, power cuts, long
//! outages, full disks and flipped bits.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use dogwatch_journal::sim::{PowerCut, SimDisk};
use dogwatch_model::{Cpu, Epoch, Health, Lane, LaneMarks, Report};
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;
use crate::{
    clock::{Moment, Now},
    outbox::{Draft, SharedOutbox},
};

const DIR: &str = "spool";
const MAX_BYTES: u64 = 64 << 20;
/// Little room, so that it is soon full.
const LEAST_BYTES: u64 = 1 << 20;
const STALE: Duration = Duration::from_secs(30);
/// 2026-11-22T00:00:00Z.
const BEGIN: i64 = 1_795_305_600;

/// A collector that takes what comes next in an epoch's lane, acknowledges what it has, and notes what it took.
#[derive(Debug, Default)]
struct Collector {
    epochs: BTreeMap<Uuid, LaneMarks>,
    taken: Vec<Report>,
}

impl Collector {
    fn of(&self, lane: Lane) -> Vec<i64> {
        let of_lane = self.taken.iter().filter(|report| report.lane == lane && report.events.is_empty());
        of_lane.map(|report| report.observed_at.as_microsecond()).collect()
    }

    fn events(&self, kind: &str) -> Vec<&str> {
        let events = self.taken.iter().flat_map(|report| &report.events);
        events.filter(|event| event.kind == kind).map(|event| event.detail.as_str()).collect()
    }
}

/// An agent without sources and without a network.
struct Agent {
    outbox: SharedOutbox,
    keeper: Keeper,
}

/// Time, disk and both sides.
struct World {
    disk: SimDisk,
    max_bytes: u64,
    seconds: u64,
    boot: u128,
    /// What the wall clock is off by.
    jump: i64,
    agent: Agent,
    collector: Collector,
    marks: i64,
}

impl World {
    fn new() -> Self {
        Self::with_room(MAX_BYTES)
    }

    fn with_room(max_bytes: u64) -> Self {
        let disk = SimDisk::new();
        let agent = Agent::start(&disk, max_bytes);
        Self {
            disk,
            max_bytes,
            seconds: 1000,
            boot: 1,
            jump: 0,
            agent,
            collector: Collector::default(),
            marks: 0,
        }
    }

    fn here(&self) -> Here {
        let wall = BEGIN + i64::try_from(self.seconds).unwrap() + self.jump;
        let moment = Moment::after_start(Duration::from_secs(self.seconds));
        Here {
            run: Some(Uuid::from_u128(self.boot)),
            now: Now { wall: Timestamp::from_second(wall).unwrap(), moment },
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.seconds += seconds;
        self.turn();
    }

    fn turn(&mut self) {
        let here = self.here();
        self.agent.keeper.turn(&here);
    }

    /// Kept reports are told apart by their instant.
    fn push_kept(&mut self) -> i64 {
        self.marks += 1;
        let report = Report::empty(Lane::Kept, 0, Timestamp::from_microsecond(self.marks).unwrap());
        self.push(report);
        self.marks
    }

    fn push_sample(&mut self, used: f64) {
        let at = self.here().now.wall;
        let cpu = Cpu { used_percent: Some(used), count: 1, ..Cpu::default() };
        let health = Health { sampled_at: at, cpu: Some(cpu), ..Health::default() };
        self.push(Report { health: Some(health), ..Report::empty(Lane::Samples, 0, at) });
    }

    fn push(&mut self, report: Report) {
        let moment = self.here().now.moment;
        self.agent.outbox.lock().push(Draft { report, topic: None }, moment);
    }

    fn connect(&mut self) {
        let mut outbox = self.agent.outbox.lock();
        if let Some(previous) = outbox.resuming() {
            let stored = self.collector.epochs.get(&previous.0).copied().unwrap_or_default();
            outbox.resumed(stored);
        }
        let first = outbox.first();
        let marks = self.collector.epochs.entry(outbox.epoch().0).or_default();
        for &lane in Lane::ALL {
            let mark = marks.get_mut(lane);
            *mark = (*mark).max(first.get(lane) - 1);
        }
        outbox.reconnected(*marks).unwrap();
        outbox.set_connected(true);
    }

    fn disconnect(&mut self) {
        self.agent.outbox.lock().set_connected(false);
    }

    /// Sends what can be sent; acknowledgements are lost unless `heard`.
    fn exchange(&mut self, most: usize, heard: bool) {
        let now = self.here().now.moment;
        let mut outbox = self.agent.outbox.lock();
        let marks = self.collector.epochs.entry(outbox.epoch().0).or_default();
        for _ in 0..most {
            let Some(report) = outbox.next(now) else { break };
            let mark = marks.get_mut(report.lane);
            assert!(report.sequence <= *mark + 1, "a gap before {report:?}, which has {mark}");
            if report.sequence == *mark + 1 {
                *mark += 1;
                self.collector.taken.push(report.clone());
            }
            if heard {
                outbox.acknowledge(report.lane, *mark).unwrap();
            }
        }
    }

    /// Connected for as long as anything moves.
    fn drain(&mut self) {
        self.connect();
        for _ in 0..10_000 {
            self.exchange(1000, true);
            self.wait(1);
            if self.agent.keeper.is_closed() && !self.agent.outbox.lock().has_next() {
                return;
            }
        }
        panic!("the spool was never drained");
    }

    /// The process ends without a word and starts again.
    fn kill(&mut self) {
        self.agent = Agent::start(&self.disk, self.max_bytes);
    }

    fn reboot(&mut self, off: u64) {
        self.boot += 1;
        let wall = self.here().now.wall;
        // The clock that only goes forward begins anew, the wall clock does not.
        self.jump += i64::try_from(self.seconds + off).unwrap() - 10;
        self.seconds = 10;
        assert!(self.here().now.wall >= wall);
        self.kill();
    }

    fn files(&self) -> usize {
        ["kept", "samples-0", "samples-1", "marks"]
            .iter()
            .map(|lane| self.disk.files(&Path::new(DIR).join(lane)).len())
            .sum()
    }
}

impl Agent {
    fn start(disk: &SimDisk, max_bytes: u64) -> Self {
        let outbox = SharedOutbox::new();
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        let terms = Terms { max_bytes, stale_after: STALE };
        let keeper = Keeper::new((disk, DIR.into()), terms, outbox.clone(), Arc::new(Notify::new()));
        Self { outbox, keeper }
    }
}

#[test]
fn while_the_collector_listens_the_disk_is_never_touched() {
    let mut world = World::new();
    world.connect();
    for _ in 0..1000 {
        world.push_kept();
        world.push_sample(1.0);
        world.exchange(10, true);
        world.wait(10);
    }
    assert_eq!(world.disk.used(), 0);
    let before = world.disk.operations();
    world.wait(3600);
    assert_eq!(world.disk.operations(), before);
    assert_eq!(world.collector.of(Lane::Kept).len(), 1000);
}

#[test]
fn a_short_outage_stays_in_memory_and_a_longer_one_goes_to_the_disk() {
    let mut world = World::new();
    world.push_kept();
    world.wait(29);
    assert_eq!(world.files(), 0);
    world.wait(1);
    assert!(world.files() > 0);
    assert_eq!(world.agent.outbox.lock().oldest_in_memory(world.here().now.moment), None);
    world.drain();
    assert_eq!(world.collector.of(Lane::Kept), [1]);
    assert_eq!(world.files(), 0, "nothing is left when it is delivered");
}

#[test]
fn a_collector_that_takes_and_never_acknowledges_makes_the_link_stale() {
    let mut world = World::new();
    world.connect();
    world.push_kept();
    world.exchange(1, false);
    world.wait(30);
    assert!(world.files() > 0);
    world.kill();
    world.drain();
    assert_eq!(world.collector.of(Lane::Kept), [1], "it had it, and was asked");
}

#[test]
fn what_came_before_a_restart_comes_before_what_came_after_it() {
    let mut world = World::new();
    for _ in 0..100 {
        world.push_kept();
    }
    world.wait(30);
    world.kill();
    for _ in 0..100 {
        world.push_kept();
    }
    world.drain();
    assert_eq!(world.collector.of(Lane::Kept), (1..=200).collect::<Vec<_>>());
}

#[test]
fn an_agent_that_ends_saves_what_it_could_not_deliver_at_once() {
    let mut world = World::new();
    world.connect();
    for _ in 0..10 {
        world.push_kept();
    }
    world.exchange(4, false);
    let here = world.here();
    world.agent.keeper.finish(&here);
    world.kill();
    world.drain();
    assert_eq!(world.collector.of(Lane::Kept), (1..=10).collect::<Vec<_>>());
}

#[test]
fn live_samples_go_before_history_and_history_never_looks_fresh() {
    let mut world = World::new();
    for _ in 0..20 {
        world.push_sample(50.0);
        world.wait(60);
    }
    world.connect();
    world.push_sample(7.0);
    world.exchange(100, true);
    assert_eq!(world.collector.of(Lane::Samples).len(), 1, "the present first");
    world.drain();
    let ages: Vec<_> = world.collector.taken.iter().skip(1).map(|report| report.age_ms).collect();
    assert!(ages.len() >= 18, "{}", ages.len());
    assert!(ages.iter().all(|age| *age > 120_000), "{ages:?}");
}

#[test]
fn three_days_offline_are_complete_within_the_bounds_and_thinned_as_promised() {
    let mut world = World::new();
    let (days, mut peak) = (3, 0.0_f64);
    for minute in 0..days * 24 * 60 {
        let used = f64::from(minute % 97);
        peak = peak.max(used);
        world.push_sample(used);
        if minute % 60 == 0 {
            world.push_kept();
        }
        world.wait(60);
        if minute == 2000 {
            world.reboot(300);
        }
    }
    assert!(world.disk.used() < MAX_BYTES, "{}", world.disk.used());
    let end = world.here().now.wall.as_second();
    world.drain();
    assert_eq!(world.collector.of(Lane::Kept), (1..=72).collect::<Vec<_>>());
    assert!(world.collector.taken.iter().all(|report| report.age_ms > 120_000), "all of it is history");

    let samples: Vec<&Health> =
        world.collector.taken.iter().filter_map(|report| report.health.as_ref()).collect();
    let age = |health: &Health| end - health.sampled_at.as_second();
    let (recent, older): (Vec<_>, Vec<_>) =
        samples.iter().copied().partition(|health: &&Health| age(health) < 6 * 3600);
    assert!((355..=365).contains(&recent.len()), "{}", recent.len());
    assert!((395..=410).contains(&older.len()), "{}", older.len());
    let count: u32 =
        samples.iter().map(|health| health.summary.as_ref().map_or(1, |summary| summary.samples)).sum();
    assert_eq!(count, days * 24 * 60, "each sample is in a summary");
    let gaps = samples.windows(2).map(|pair| age(pair[0]) - age(pair[1]));
    assert!(gaps.max().unwrap() <= 20 * 60, "no hole");
    let greatest = samples
        .iter()
        .filter_map(|health| health.summary.as_ref()?.cpu_used_percent)
        .map(|spread| spread.max);
    assert!((greatest.fold(0.0, f64::max) - peak).abs() < f64::EPSILON, "extremes survive");
}

#[test]
fn a_clock_that_jumps_a_day_makes_nothing_fresh_and_loses_nothing() {
    for jump in [-86_400, 86_400] {
        let mut world = World::new();
        world.push_kept();
        world.wait(60);
        world.jump += jump;
        world.push_kept();
        world.wait(60);
        world.reboot(100);
        world.jump += jump;
        world.wait(200);
        world.drain();
        assert_eq!(world.collector.of(Lane::Kept), [1, 2]);
        assert!(world.collector.taken.iter().all(|report| report.age_ms > 120_000), "{jump}");
    }
}

#[test]
fn ages_go_on_across_a_restart_of_the_agent() {
    let mut world = World::new();
    world.push_kept();
    world.wait(40);
    world.kill();
    world.wait(10);
    world.connect();
    world.wait(1);
    world.wait(1);
    world.exchange(1, true);
    assert_eq!(world.collector.taken[0].age_ms, 52_000);
}

#[test]
fn a_full_kept_lane_drops_its_oldest_and_tells_one_gap_before_the_rest() {
    let mut world = World::with_room(LEAST_BYTES);
    for _ in 0..20_000 {
        world.push_kept();
        if world.marks % 100 == 0 {
            world.wait(60);
        }
    }
    world.wait(60);
    assert!(world.disk.used() < LEAST_BYTES, "{}", world.disk.used());
    world.drain();
    let kept = world.collector.of(Lane::Kept);
    let gaps = world.collector.events("outbox_overflow");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let alarms = world.collector.events("spool_filling").len();
    assert!(alarms >= 1, "the last of 70, 90 and 100 % is still there");
    let dropped = kept[0] - 1 + 3 - i64::try_from(alarms).unwrap();
    assert!(
        gaps[0].starts_with(&format!("{dropped} reports were dropped, from")),
        "{gaps:?} and then {}",
        kept[0]
    );
    assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no other hole");
    assert_eq!(kept.last(), Some(&20_000), "the newest win");
}

#[test]
fn ninety_days_of_samples_fit() {
    let mut world = World::with_room(8 * LEAST_BYTES);
    for _ in 0..30 * 24 * 60 {
        world.push_sample(1.0);
        world.wait(60);
    }
    assert!(world.disk.used() < 8 * LEAST_BYTES, "{}", world.disk.used());
    let end = world.here().now.wall.as_second();
    world.drain();
    let oldest = world.collector.taken[0].observed_at.as_second();
    assert!(end - oldest > 29 * 86_400, "{}", (end - oldest) / 86_400);
    let count: u32 = world
        .collector
        .taken
        .iter()
        .filter_map(|report| report.health.as_ref()?.summary.as_ref())
        .map(|summary| summary.samples)
        .sum();
    assert!(count > 29 * 24 * 60, "{count}");
}

#[test]
fn on_a_full_disk_samples_go_first_then_the_reserve_and_then_memory_counts() {
    let mut world = World::with_room(LEAST_BYTES);
    for _ in 0..200 {
        world.push_sample(1.0);
        world.push_kept();
        world.wait(60);
    }
    world.disk.set_capacity(Some(world.disk.used()));
    for _ in 0..200 {
        world.push_kept();
        world.wait(60);
    }
    world.disk.set_capacity(None);
    world.drain();
    assert_eq!(
        world.collector.of(Lane::Kept),
        (1..=400).collect::<Vec<_>>(),
        "nothing of the kept lane is lost"
    );
    assert_eq!(world.collector.events("spool_samples_dropped").len(), 1);
    assert!(world.collector.events("spool_reserve").len() <= 1);
}

#[test]
fn on_a_disk_that_takes_nothing_memory_is_bounded_and_the_loss_is_counted() {
    let mut world = World::with_room(LEAST_BYTES);
    world.disk.set_capacity(Some(0));
    for _ in 0..6000 {
        world.push_kept();
        world.seconds += 1;
    }
    world.wait(60);
    world.disk.set_capacity(None);
    world.connect();
    for _ in 0..10_000 {
        world.exchange(1000, true);
        world.wait(1);
    }
    let kept = world.collector.of(Lane::Kept);
    let gaps = world.collector.events("outbox_overflow");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(kept.last(), Some(&6000));
    assert_eq!(world.collector.events("spool_failed").len(), 1);
}

#[test]
fn a_damaged_segment_is_read_around_set_aside_and_told() {
    let mut world = World::with_room(LEAST_BYTES);
    for _ in 0..2000 {
        world.push_kept();
        if world.marks % 100 == 0 {
            world.wait(60);
        }
    }
    world.wait(60);
    let kept = Path::new(DIR).join("kept");
    let segments = world.disk.files(&kept);
    world.disk.flip_bit(&segments[1], 8 * 4000);
    world.kill();
    // Told at the opening; the reader comes by it once more.
    world.wait(1);
    world.drain();
    let found = world.collector.of(Lane::Kept);
    assert_eq!(found.len(), 1999);
    let told = world.collector.events("spool_damaged");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("set aside"), "{told:?}");
    let left = world.disk.files(&kept);
    assert!(
        left.iter().all(|path| path.to_str().unwrap().ends_with(".damaged")) && left.len() == 1,
        "{left:?}"
    );
}

#[test]
fn a_collector_without_memory_gets_everything_in_a_new_epoch() {
    let mut world = World::new();
    for _ in 0..100 {
        world.push_kept();
    }
    world.wait(30);
    world.connect();
    world.wait(1);
    world.wait(1);
    world.exchange(20, true);
    world.agent.outbox.lock().begin_epoch(Epoch(Uuid::from_u128(77)));
    world.collector.epochs.clear();
    world.drain();
    let kept = world.collector.of(Lane::Kept);
    assert_eq!(kept, (1..=100).collect::<Vec<_>>(), "what was acknowledged is not sent again");
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Push(u8),
    Wait(u64),
    Connect,
    Disconnect,
    Exchange(usize, bool),
    Kill,
    PowerCut(Option<u64>),
    End,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..40_u8).prop_map(Step::Push),
        6 => (1..40_u64).prop_map(Step::Wait),
        3 => Just(Step::Connect),
        2 => Just(Step::Disconnect),
        6 => (1..60_usize, any::<bool>()).prop_map(|(most, heard)| Step::Exchange(most, heard)),
        1 => Just(Step::Kill),
        1 => any::<Option<u64>>().prop_map(Step::PowerCut),
        1 => Just(Step::End),
    ]
}

impl World {
    /// What is certainly on the disk or was delivered: all that is not in memory alone.
    fn safe(&self, pushed: &[i64]) -> Vec<i64> {
        let alone = self.agent.outbox.lock().in_memory_alone(Lane::Kept);
        pushed[..pushed.len() - alone].to_vec()
    }

    fn step(&mut self, step: Step, pushed: &mut Vec<i64>) {
        match step {
            Step::Push(count) => pushed.extend((0..count).map(|_| self.push_kept())),
            Step::Wait(seconds) => self.wait(seconds),
            Step::Connect => self.connect(),
            Step::Disconnect => self.disconnect(),
            Step::Exchange(most, heard) if self.agent.outbox.lock().is_connected() => {
                self.exchange(most, heard)
            }
            Step::Exchange(..) => {}
            Step::Kill => {
                *pushed = self.safe(pushed);
                self.kill();
            }
            Step::PowerCut(seed) => {
                *pushed = self.safe(pushed);
                self.disk.power_cycle(seed.map_or(PowerCut::Clean, PowerCut::Torn));
                self.reboot(60);
            }
            Step::End => {
                let here = self.here();
                self.agent.keeper.finish(&here);
                *pushed = self.safe(pushed);
                self.kill();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_kept_report_that_was_safe_arrives_once_and_in_order(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let (mut world, mut pushed) = (World::new(), Vec::new());
        for step in steps {
            world.step(step, &mut pushed);
        }
        world.drain();
        let kept = world.collector.of(Lane::Kept);
        prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "doubled or out of order: {:?}", kept);
        let lost: Vec<_> = pushed.iter().filter(|mark| !kept.contains(mark)).collect();
        prop_assert!(lost.is_empty(), "lost {:?}", lost);
    }

    #[test]
    fn the_power_may_fail_at_any_operation(
        steps in prop::collection::vec(step(), 1..30), at in 0_u64..400, seed in any::<Option<u64>>(),
    ) {
        let (mut world, mut pushed) = (World::new(), Vec::new());
        world.disk.cut_power_after(at);
        for step in steps {
            world.step(step, &mut pushed);
        }
        let safe = world.safe(&pushed);
        world.disk.power_cycle(seed.map_or(PowerCut::Clean, PowerCut::Torn));
        world.reboot(60);
        world.drain();
        let kept = world.collector.of(Lane::Kept);
        // Not in order when the disk was dead under a living agent: it told what was new rather than wait.
        let once: BTreeSet<_> = kept.iter().collect();
        prop_assert!(once.len() == kept.len(), "doubled: {:?}", kept);
        let lost: Vec<_> = safe.iter().filter(|mark| !kept.contains(mark)).collect();
        prop_assert!(lost.is_empty(), "lost {:?}", lost);
    }
}

//! Random facts at random instants, under the shipped rules.

use std::collections::BTreeSet;

use dogwatch_model::{BackupStatus, Facts, Goodbye, RunResult, UpdateSeverity};
use proptest::prelude::*;

use super::*;
use crate::specimen::{DAY, before, disk, health, job, patch, run, update};

/// What happens to the endpoint between two looks.
#[derive(Debug, Clone)]
enum Event {
    Cpu(Option<f64>),
    Disks(Vec<u64>),
    Online(bool, bool),
    Updates(Vec<(u8, i64)>),
    Backup(RunResult, u32),
    Forget,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        proptest::option::of(0.0..100.0).prop_map(Event::Cpu),
        proptest::collection::vec(0_u64..100, 0..3).prop_map(Event::Disks),
        (any::<bool>(), any::<bool>()).prop_map(|(online, said)| Event::Online(online, said)),
        proptest::collection::vec((0_u8..5, 0_i64..100), 0..4).prop_map(Event::Updates),
        (proptest::sample::select(RunResult::ALL), 0_u32..5).prop_map(|(result, n)| Event::Backup(result, n)),
        Just(Event::Forget),
    ]
}

fn apply(watch: &mut Watch, event: &Event) {
    let facts = &mut watch.endpoint.facts;
    match event {
        Event::Forget => *facts = Facts::default(),
        Event::Cpu(used) => {
            facts.health = Some(health());
            watch.set_cpu(*used);
        }
        Event::Disks(free) => {
            let disks = free.iter().enumerate().map(|(n, free)| disk(&format!("/{n}"), 100, *free)).collect();
            facts.health.get_or_insert_with(health).disks = disks;
        }
        Event::Online(online, said) => {
            watch.endpoint.presence.online = *online;
            watch.endpoint.presence.goodbye = (!online && *said).then_some(Goodbye::Shutdown);
        }
        Event::Updates(updates) => {
            let made = updates.iter().map(|(n, days)| {
                let mut made = update(&format!("package-{n}"), days * DAY);
                made.severity = UpdateSeverity::ALL[usize::from(*n)];
                made
            });
            facts.patch = Some(patch(made.collect()));
        }
        Event::Backup(result, failures) => {
            let mut job = job();
            job.last_run = Some(run(*result));
            job.consecutive_failures = *failures;
            facts.backup = Some(BackupStatus { scanned_at: before(0), jobs: vec![job] });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// `look` itself asserts that asking again changes nothing.
    #[test]
    fn every_finding_opens_once_and_clears_once(
        steps in proptest::collection::vec((event(), 1_i64..2000, any::<bool>()), 1..30)
    ) {
        let mut watch = Watch::shipped();
        let mut open = BTreeSet::new();
        for (event, seconds, is_tick) in &steps {
            apply(&mut watch, event);
            watch.after(*seconds);
            let sample = if *is_tick { Reads::NONE } else { Reads::REPORTED | Reads::PRESENCE };
            for change in watch.look(sample) {
                let name = change[1..].split(' ').next().unwrap_or_default().to_owned();
                match &change[..1] {
                    "+" => prop_assert!(open.insert(name), "opened twice: {change}"),
                    "~" => prop_assert!(open.contains(&name), "changed while closed: {change}"),
                    _ => prop_assert!(open.remove(&name), "cleared while closed: {change}"),
                }
            }
            let firing = watch.standing.iter().filter(|standing| standing.state.firing.is_some());
            let firing: BTreeSet<String> =
                firing.map(|standing| format!("{}/{}", standing.rule, standing.subject)).collect();
            prop_assert_eq!(&firing, &open);
            prop_assert!(watch.standing.is_sorted_by(|a, b| (&a.rule, &a.subject) < (&b.rule, &b.subject)));
        }
    }

    #[test]
    fn nothing_opens_and_nothing_clears_while_nothing_is_known(
        steps in proptest::collection::vec((event(), 1_i64..2000), 1..10), looks in 1_usize..5
    ) {
        let mut watch = Watch::shipped();
        for (event, seconds) in &steps {
            apply(&mut watch, event);
            watch.after(*seconds).report();
        }
        watch.endpoint.facts = Facts::default();
        watch.endpoint.presence.online = true;
        watch.look(Reads::PRESENCE);
        for _ in 0..looks {
            prop_assert_eq!(watch.after(5000).report(), Vec::<String>::new());
        }
    }
}

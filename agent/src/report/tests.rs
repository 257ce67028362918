use dogwatch_model::{Battery, CheckState, Cpu, Disk, Interface, Memory, Pressure, Temperature};

use super::{
    change::{News, news},
    *,
};
use crate::policy::{Band, Metric};

fn sample(cpu: f64, disk_used: u64) -> Health {
    let disk = Disk {
        mount: "/".into(),
        device: "/dev/vda1".into(),
        fs: "ext4".into(),
        total_bytes: 100 << 20,
        free_bytes: (100 - disk_used) << 20,
        inodes_free_percent: None,
        read_only: false,
        full_in_seconds: None,
    };
    Health {
        sampled_at: Timestamp::UNIX_EPOCH,
        cpu: Some(Cpu { used_percent: Some(cpu), count: 2, ..Cpu::default() }),
        memory: Some(Memory {
            total_bytes: 100 << 20,
            available_bytes: 40 << 20,
            swap_total_bytes: None,
            swap_used_bytes: None,
        }),
        disks: vec![disk],
        ..Health::default()
    }
}

fn at(seconds: u64) -> Now {
    Now { wall: Timestamp::UNIX_EPOCH, moment: Moment::after_start(Duration::from_secs(seconds)) }
}

#[test]
fn quiet_samples_go_out_once_a_minute_with_a_summary() {
    let (mut reporter, policy) = (Reporter::default(), Policy::default());
    let mut sent = Vec::new();
    for second in (0..=120).step_by(10) {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let cpu = (second % 30) as f64 / 10.0;
        if let Some(draft) = reporter.observe(Observation::Health(sample(cpu, 50)), &policy, at(second), 1.0)
        {
            sent.push((second, draft.report.health.unwrap().summary));
        }
    }
    let seconds: Vec<u64> = sent.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds, [0, 60, 120]);
    let summary = sent[1].1.clone().unwrap();
    assert_eq!(summary.samples, 7);
    let cpu = summary.cpu_used_percent.unwrap();
    assert!((cpu.min - 0.0).abs() < 1e-9 && (cpu.max - 2.0).abs() < 1e-9, "{cpu:?}");
}

#[test]
fn summaries_are_evenly_apart_and_a_fleets_are_spread_by_their_phase() {
    for (unit, first) in [(0.0, 20), (0.5, 40), (1.0, 60)] {
        let (mut reporter, policy) = (Reporter::default(), Policy::default());
        let mut told = |second: u64| {
            let seen = Observation::Health(sample(1.0, 50));
            reporter.observe(seen, &policy, at(second), unit).is_some()
        };
        let seconds: Vec<u64> = (0..=200).step_by(10).filter(|second| told(*second)).collect();
        assert_eq!(seconds[..3], [0, first, first + 60], "{unit}");
    }
}

#[test]
fn after_a_long_sleep_there_is_one_summary_and_not_one_for_each_minute() {
    let (mut reporter, policy) = (Reporter::default(), Policy::default());
    let mut told = |second: u64| {
        reporter.observe(Observation::Health(sample(1.0, 50)), &policy, at(second), 1.0).is_some()
    };
    assert_eq!([0, 60, 4000, 4010, 4050, 4060].map(&mut told), [true, true, true, false, false, true]);
}

fn reasons(told: Option<&Health>, sample: &Health, policy: &Policy) -> Vec<News> {
    news(told, sample, policy).into_iter().map(|(news, _)| news).collect()
}

#[test]
fn a_crossed_band_a_big_move_and_a_volume_gone_are_news_and_little_moves_are_not() {
    let policy = Policy::default();
    let told = sample(10.0, 79);
    assert_eq!(reasons(None, &told, &policy), [News::First]);
    assert_eq!(reasons(Some(&told), &sample(11.0, 79), &policy), []);
    assert_eq!(reasons(Some(&told), &sample(40.0, 79), &policy), [News::Moved(Metric::CpuUsed)]);
    assert_eq!(reasons(Some(&told), &sample(10.0, 80), &policy), [News::Band(Metric::DiskUsed, 80.0)]);
    let gone = Health { disks: Vec::new(), ..sample(10.0, 79) };
    assert_eq!(reasons(Some(&told), &gone, &policy), [News::Volumes]);
}

#[test]
fn every_kind_of_number_can_cross_a_band_and_counters_are_no_reason() {
    let full = |share: f64| Health {
        pressure: Some(Pressure { io_full_percent: Some(share), ..Pressure::default() }),
        temperatures: vec![Temperature { sensor: "cpu".into(), celsius: share }],
        battery: Some(Battery { charge_percent: share, ..Battery::default() }),
        ..sample(10.0, 50)
    };
    let bands = [Metric::PressureIoFull, Metric::Temperature, Metric::BatteryCharge];
    let policy = Policy {
        bands: bands.map(|metric| Band { metric, at: 50.0 }).into(),
        deadbands: Vec::new(),
        ..Policy::default()
    };
    let crossed = reasons(Some(&full(40.0)), &full(60.0), &policy);
    assert_eq!(crossed, bands.map(|metric| News::Band(metric, 50.0)));
    let busy = Health {
        uptime_seconds: Some(5),
        interfaces: vec![Interface { name: "eth0".into(), received_bytes: 1 << 40, ..Interface::default() }],
        ..full(40.0)
    };
    assert_eq!(reasons(Some(&full(40.0)), &busy, &Policy::default()), []);
}

#[test]
fn a_laptop_that_leaves_its_mains_says_so() {
    let on = |discharging| Health {
        battery: Some(Battery { charge_percent: 80.0, discharging, health_percent: None }),
        ..sample(10.0, 50)
    };
    assert_eq!(reasons(Some(&on(false)), &on(true), &Policy::default()), [News::Mains]);
}

#[test]
fn a_volume_that_begins_to_fill_crosses_the_band_of_its_time_left() {
    let filling = |full_in_seconds| {
        let mut health = sample(10.0, 50);
        health.disks[0].full_in_seconds = full_in_seconds;
        health
    };
    let policy = Policy::default();
    assert_eq!(reasons(Some(&filling(None)), &filling(Some(900_000)), &policy), []);
    let soon = reasons(Some(&filling(None)), &filling(Some(3600)), &policy);
    assert_eq!(soon, [News::Band(Metric::DiskFullIn, 86_400.0)]);
}

#[test]
fn a_band_is_crossed_in_both_directions_and_by_reaching_it() {
    let policy = Policy { deadbands: Vec::new(), ..Policy::default() };
    for (old, new) in [(89.0, 90.0), (90.0, 90.5), (91.0, 89.0)] {
        let news = reasons(Some(&sample(old, 50)), &sample(new, 50), &policy);
        assert_eq!(news, [News::Band(Metric::CpuUsed, 90.0)], "{old} to {new}");
    }
    assert_eq!(reasons(Some(&sample(91.0, 50)), &sample(99.0, 50), &policy), []);
}

/// The seconds at which samples of these loads, ten seconds apart, are told ahead of a summary.
fn told_at(loads: impl IntoIterator<Item = f64>) -> Vec<u64> {
    let mut reporter = Reporter::default();
    let policy = Policy { summary: Duration::from_secs(3600), ..Policy::default() };
    let seconds = (0..).step_by(10);
    seconds
        .zip(loads)
        .filter_map(|(second, load)| {
            let seen = Observation::Health(sample(load, 50));
            reporter.observe(seen, &policy, at(second), 1.0).map(|_| second)
        })
        .collect()
}

#[test]
fn the_first_crossing_goes_out_at_once_and_dancing_on_the_band_does_not_flood() {
    let dancing = (0..60).map(|n| if n % 2 == 0 { 89.0 } else { 91.0 });
    let told = told_at(dancing);
    assert_eq!(told[..2], [0, 10], "the first sample and the first crossing");
    assert!(told.len() <= 12, "ten minutes of it: {told:?}");
    assert!(told.windows(2).skip(1).all(|pair| pair[1] - pair[0] >= 60), "{told:?}");
}

#[test]
fn a_crossing_back_that_holds_is_told_after_a_few_samples() {
    assert_eq!(told_at([89.0, 91.0, 89.0, 89.0, 89.0, 89.0, 89.0]), [0, 10, 40]);
}

#[test]
fn a_busy_machine_is_told_of_once_a_minute_beside_its_summaries() {
    let told = told_at((0..60).map(|n| f64::from(n * 37 % 80)));
    assert!(told.len() <= 11, "ten minutes of it: {told:?}");
}

#[test]
fn another_band_of_the_same_number_is_a_crossing_of_its_own() {
    let mut reporter = Reporter::default();
    let policy = Policy { summary: Duration::from_secs(3600), deadbands: Vec::new(), ..Policy::default() };
    let mut told = |second: u64, used: u64| {
        reporter.observe(Observation::Health(sample(1.0, used)), &policy, at(second), 1.0).is_some()
    };
    assert!(told(0, 70));
    assert!(told(10, 81));
    assert!(told(20, 91));
    assert!(!told(30, 92));
}

#[test]
fn a_shorter_summary_interval_counts_at_once() {
    let mut reporter = Reporter::default();
    let slow = Policy { summary: Duration::from_secs(3600), ..Policy::default() };
    let fast = Policy { summary: Duration::from_secs(10), ..Policy::default() };
    reporter.observe(Observation::Health(sample(1.0, 50)), &slow, at(0), 0.5);
    assert_eq!(reporter.observe(Observation::Health(sample(1.0, 50)), &fast, at(10), 0.5), None);
    assert!(reporter.observe(Observation::Health(sample(1.0, 50)), &fast, at(20), 0.5).is_some());
}

#[test]
fn an_unchanged_backup_status_is_told_again_after_an_hour() {
    let (mut reporter, policy) = (Reporter::default(), Policy::default());
    let status =
        |second| BackupStatus { scanned_at: Timestamp::from_second(second).unwrap(), jobs: Vec::new() };
    let mut worth = |second: u64| {
        let seen = Observation::Backup(status(i64::try_from(second).unwrap()));
        reporter.observe(seen, &policy, at(second), 0.5).is_some()
    };
    assert!(worth(0));
    assert!(!worth(900));
    assert!(worth(3600));
    assert!(!worth(4500));
}

#[test]
fn the_current_state_has_the_newest_sample_even_if_it_was_not_told() {
    let (mut reporter, policy) = (Reporter::default(), Policy::default());
    reporter.observe(Observation::Health(sample(1.0, 50)), &policy, at(0), 0.5);
    reporter.observe(Observation::Health(sample(2.0, 50)), &policy, at(10), 0.5);
    let state = reporter.current_state(at(11));
    assert_eq!(state.len(), 1);
    assert_eq!(state[0].report.health, Some(sample(2.0, 50)));
}

fn checked(kind: &str, state: CheckState, value: u64) -> Observation {
    let check = Check {
        name: "it".into(),
        kind: kind.into(),
        state,
        detail: None,
        value: Some(value),
        certificate_expires_at: None,
    };
    Observation::Checks { services: Vec::new(), checks: vec![check] }
}

#[test]
fn a_check_is_told_when_it_changes_and_a_file_that_ages_is_no_change() {
    let (mut reporter, policy) = (Reporter::default(), Policy::default());
    for (kind, state, value, second, is_news) in [
        ("file", CheckState::Ok, 10, 0, true),
        ("file", CheckState::Ok, 70, 60, false),
        ("file", CheckState::Failed, 130, 120, true),
        ("file", CheckState::Failed, 190, 180, false),
        ("http", CheckState::Failed, 503, 240, true),
        ("http", CheckState::Failed, 502, 300, true),
        ("http", CheckState::Failed, 502, 3899, false),
        ("http", CheckState::Failed, 502, 3900, true),
    ] {
        let told = reporter.observe(checked(kind, state, value), &policy, at(second), 0.5);
        assert_eq!(told.is_some(), is_news, "{kind} {state} {value} at {second}");
    }
}

use dogwatch_model::{CheckState, Cpu, Disk, Memory};

use super::{
    change::{News, news},
    *,
};

fn sample(cpu: f64, disk_used: u64) -> Health {
    let disk = Disk {
        mount: "/".into(),
        device: "/dev/vda1".into(),
        fs: "ext4".into(),
        total_bytes: 100,
        free_bytes: 100 - disk_used,
        inodes_free_percent: None,
        read_only: false,
        full_in_seconds: None,
    };
    Health {
        sampled_at: Timestamp::UNIX_EPOCH,
        cpu: Some(Cpu { used_percent: Some(cpu), count: 2, ..Cpu::default() }),
        memory: Some(Memory {
            total_bytes: 100,
            available_bytes: 40,
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
        if let Some(draft) = reporter.observe(Observation::Health(sample(cpu, 50)), &policy, at(second), 0.5)
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
fn the_minute_is_jittered_by_a_fifth() {
    for (unit, due) in [(0.0, 48), (1.0, 72)] {
        let (mut reporter, policy) = (Reporter::default(), Policy::default());
        reporter.observe(Observation::Health(sample(1.0, 50)), &policy, at(0), unit);
        let early = reporter.observe(Observation::Health(sample(1.0, 50)), &policy, at(due - 1), unit);
        assert_eq!(early, None);
        assert!(reporter.observe(Observation::Health(sample(1.0, 50)), &policy, at(due), unit).is_some());
    }
}

#[test]
fn a_crossed_band_a_big_move_and_a_volume_gone_are_news_and_little_moves_are_not() {
    let policy = Policy::default();
    let told = sample(10.0, 79);
    assert_eq!(news(None, &told, &policy), Some(News::First));
    assert_eq!(news(Some(&told), &sample(11.0, 79), &policy), None);
    assert_eq!(
        news(Some(&told), &sample(40.0, 79), &policy),
        Some(News::Moved(crate::policy::Metric::CpuUsed))
    );
    assert_eq!(
        news(Some(&told), &sample(10.0, 80), &policy),
        Some(News::Band(crate::policy::Metric::DiskUsed))
    );
    let gone = Health { disks: Vec::new(), ..sample(10.0, 79) };
    assert_eq!(news(Some(&told), &gone, &policy), Some(News::Volumes));
}

#[test]
fn a_band_is_crossed_in_both_directions_and_by_reaching_it() {
    let policy = Policy { deadbands: Vec::new(), ..Policy::default() };
    for (old, new) in [(89.0, 90.0), (90.0, 90.5), (91.0, 89.0)] {
        let news = news(Some(&sample(old, 50)), &sample(new, 50), &policy);
        assert_eq!(news, Some(News::Band(crate::policy::Metric::CpuUsed)), "{old} to {new}");
    }
    assert_eq!(news(Some(&sample(91.0, 50)), &sample(99.0, 50), &policy), None);
}

#[test]
fn a_shorter_summary_interval_counts_at_once() {
    let mut reporter = Reporter::default();
    let slow = Policy { summary: Duration::from_secs(3600), ..Policy::default() };
    let fast = Policy { summary: Duration::from_secs(10), ..Policy::default() };
    reporter.observe(Observation::Health(sample(1.0, 50)), &slow, at(0), 0.5);
    assert_eq!(reporter.observe(Observation::Health(sample(1.0, 50)), &fast, at(10), 0.5), None);
    assert!(reporter.observe(Observation::Health(sample(1.0, 50)), &fast, at(30), 0.5).is_some());
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

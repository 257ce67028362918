//! Any sequence of samples survives the packing; hostile frames end the stream with a name, and nothing grows past its
//! limit.

use dogwatch_model::*;
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::{PackedError, Packer, Unpacker, rounded};
use crate::{
    conversions::{decode_report, limits, tests::health},
    v1,
};

fn report(sequence: u64, health: Health) -> Report {
    let observed_at = health.sampled_at;
    Report { health: Some(health), ..Report::empty(Lane::Samples, sequence, observed_at) }
}

/// Through the packer, the wire's bytes and the unpacker.
fn travel(packer: &mut Packer, unpacker: &mut Unpacker, report: &Report) -> (usize, Report) {
    let bytes = packer.pack(report.into()).encode_to_vec();
    let arrived = unpacker.unpack(v1::Report::decode(&bytes[..]).unwrap()).unwrap();
    (bytes.len(), decode_report(&arrived.encode_to_vec()).unwrap())
}

proptest! {
    #[test]
    fn any_sequence_of_samples_survives_up_to_rounding(
        samples in vec((health().boxed(), any::<bool>()), 1..6)
    ) {
        let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
        for (sequence, (health, again)) in (1..).zip(samples) {
            let told = report(sequence, rounded(health));
            for _ in 0..=usize::from(again) {
                let (_, arrived) = travel(&mut packer, &mut unpacker, &told);
                prop_assert_eq!(&arrived, &told);
            }
        }
    }

    #[test]
    fn values_that_come_and_go_on_the_same_machine_survive(
        first in health().boxed(), later in vec((health().boxed(), any::<u64>(), any::<bool>()), 1..5)
    ) {
        let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
        let subjects = first.clone();
        travel(&mut packer, &mut unpacker, &report(1, rounded(first)));
        for (sequence, (health, number, has)) in (2..).zip(later) {
            let disks = subjects.disks.iter().map(|disk| Disk {
                free_bytes: number, full_in_seconds: has.then_some(number), ..disk.clone() });
            let interfaces = subjects.interfaces.iter().map(|interface| Interface { errors: number, ..interface.clone() });
            let health = Health {
                disks: disks.collect(), interfaces: interfaces.collect(),
                temperatures: subjects.temperatures.clone(), ..health };
            let told = report(sequence, rounded(health));
            prop_assert_eq!(travel(&mut packer, &mut unpacker, &told).1, told);
        }
    }

    #[test]
    fn rounding_twice_is_rounding_once_and_stays_near(health in health().boxed()) {
        let once = rounded(health.clone());
        prop_assert_eq!(&rounded(once.clone()), &once);
        prop_assert_eq!(once.sampled_at.as_millisecond(), health.sampled_at.as_millisecond());
        prop_assert_eq!(once.disks.len(), health.disks.len());
        for (rounded, exact) in once.disks.iter().zip(&health.disks) {
            prop_assert_eq!(&rounded.mount, &exact.mount);
            prop_assert!(exact.free_bytes - rounded.free_bytes < 1024);
            let off = rounded.inodes_free_percent.unwrap_or(0.0) - exact.inodes_free_percent.unwrap_or(0.0);
            prop_assert!(off.abs() < 0.051);
        }
        for (rounded, exact) in once.temperatures.iter().zip(&health.temperatures) {
            prop_assert!((rounded.celsius - exact.celsius).abs() < 0.051);
        }
        let load = |health: &Health| health.cpu.as_ref().and_then(|cpu| cpu.load).unwrap_or_default();
        prop_assert!((load(&once)[2] - load(&health)[2]).abs() < 0.0051);
        prop_assert_eq!(once.users, health.users);
        prop_assert_eq!(once.summary.is_some(), health.summary.is_some());
        prop_assert_eq!(once.top, health.top);
        let bounded = health.uptime_seconds.map(|seconds| seconds.min(u64::MAX >> 4));
        prop_assert_eq!(once.uptime_seconds, bounded);
    }

    #[test]
    fn no_frame_makes_unpacking_panic_and_what_is_remembered_is_bounded(
        frames in vec((any::<bool>(), vec("[a-z]{0,9}", 0..9), vec(any::<u32>(), 0..9), vec(any::<u8>(), 0..4),
            vec(any::<i64>(), 0..9)), 1..9)
    ) {
        let mut unpacker = Unpacker::default();
        for (restart, names, columns, changed, deltas) in frames {
            let subjects = names.into_iter().map(|name| v1::PackedSubject { name, ..Default::default() }).collect();
            let frame = v1::PackedHealth { restart, subjects, columns, changed: changed.into(), deltas, top: None };
            if let Ok(report) = unpacker.unpack(packed(frame)) {
                // What it can be is for the conversion to say.
                let _ = Report::try_from(report);
            }
        }
    }
}

fn packed(packed: v1::PackedHealth) -> v1::Report {
    v1::Report {
        lane: v1::Lane::Samples.into(),
        sequence: 1,
        packed_health: Some(packed),
        ..v1::Report::default()
    }
}

fn frame(columns: &[u32], changed: &[u8], deltas: &[i64]) -> v1::PackedHealth {
    v1::PackedHealth {
        columns: columns.to_vec(),
        changed: changed.to_vec().into(),
        deltas: deltas.to_vec(),
        ..v1::PackedHealth::default()
    }
}

#[test]
fn frames_that_do_not_fit_their_stream_have_a_name() {
    let subjects = |count: usize, bytes: usize| v1::PackedHealth {
        subjects: vec![v1::PackedSubject { name: "x".repeat(bytes), ..v1::PackedSubject::default() }; count],
        ..v1::PackedHealth::default()
    };
    let full = i64::MAX;
    let cases = [
        ("a base that was never sent", frame(&[], &[1], &[5]), PackedError::UnknownColumn(0)),
        ("a bit behind the columns", frame(&[5], &[2], &[5]), PackedError::UnknownColumn(1)),
        ("a bit without a difference", frame(&[5], &[1], &[]), PackedError::Uneven { bits: 1, deltas: 0 }),
        ("a difference without a bit", frame(&[5], &[], &[1]), PackedError::Uneven { bits: 0, deltas: 1 }),
        ("below zero", frame(&[5], &[1], &[-1]), PackedError::Overflow(0)),
        ("a subject that was never sent", frame(&[32 | 1 << 8], &[], &[]), PackedError::UnknownSubject(1)),
        ("columns without end", frame(&[5; limits::PACKED_COLUMNS + 1], &[], &[]), PackedError::Columns),
        ("subjects without end", subjects(limits::PACKED_SUBJECTS + 1, 0), PackedError::Subjects),
        ("names without end", subjects(2, limits::PACKED_SUBJECT_BYTES / 2 + 1), PackedError::Subjects),
    ];
    for (what, frame, error) in cases {
        assert_eq!(Unpacker::default().unpack(packed(frame)).unwrap_err(), error, "{what}");
    }
    let mut unpacker = Unpacker::default();
    unpacker.unpack(packed(frame(&[5, 6], &[1], &[full]))).unwrap();
    assert_eq!(unpacker.unpack(packed(frame(&[], &[1], &[1]))).unwrap_err(), PackedError::Overflow(0));
    let both = v1::Report { health: Some(v1::Health::default()), ..packed(frame(&[], &[], &[])) };
    assert_eq!(Unpacker::default().unpack(both).unwrap_err(), PackedError::Both);
}

#[test]
fn what_fits_the_stream_and_cannot_be_is_refused_as_content() {
    // 5 is the processors' share: 2000 tenths of a percent.
    let report = Unpacker::default().unpack(packed(frame(&[5], &[1], &[2001]))).unwrap();
    assert_eq!(Report::try_from(report).unwrap_err().field, "cpu.used_percent");
    // Instants behind every calendar, degrees and counters behind every machine: finite, and an error or a number.
    for id in 1..=64 {
        let report = Unpacker::default()
            .unpack(v1::Report {
                packed_health: Some(v1::PackedHealth {
                    subjects: vec![v1::PackedSubject::default()],
                    ..frame(&[id, id | 1 << 8], &[3], &[i64::MAX, i64::MAX])
                }),
                ..packed(v1::PackedHealth::default())
            })
            .unwrap();
        let _ = Report::try_from(report);
    }
}

#[test]
fn ids_of_a_newer_agent_are_passed_over() {
    let report = Unpacker::default().unpack(packed(frame(&[5, 200, 63], &[7], &[124, 9, 9]))).unwrap();
    let health = Report::try_from(report).unwrap().health.unwrap();
    assert_eq!(health.cpu.unwrap().used_percent, Some(12.3));
}

#[test]
fn packed_health_that_nobody_unpacked_is_refused() {
    let error = Report::try_from(packed(frame(&[], &[], &[]))).unwrap_err();
    assert_eq!(error.field, "report.packed_health");
}

/// A server with three volumes, two interfaces, pressure and a sensor, `minute` minutes on.
fn server(minute: u64) -> Health {
    let busy = |base: f64, width: f64| base + width * (minute * 7 % 10) as f64 / 10.0;
    let started = Timestamp::from_second(1_790_000_000).unwrap();
    let elapsed = jiff::SignedDuration::from_millis(i64::try_from(minute * 60_003).unwrap());
    let disk = |mount: &str, device: &str, gib: u64, grows: u64| Disk {
        mount: mount.into(),
        device: device.into(),
        fs: "ext4".into(),
        total_bytes: gib << 30,
        free_bytes: (gib << 29) - minute * grows * 4096,
        inodes_free_percent: Some(91.4),
        ..Disk::default()
    };
    let spread = |at: f64| Some(Spread { min: at - 1.0, mean: at, max: at + 4.0 });
    Health {
        sampled_at: started + elapsed,
        cpu: Some(Cpu {
            used_percent: Some(busy(3.0, 5.0)),
            load: Some([busy(0.1, 0.2), busy(0.1, 0.1), busy(0.1, 0.05)]),
            count: 8,
            steal_percent: Some(0.0),
            iowait_percent: Some(busy(0.0, 0.4)),
        }),
        memory: Some(Memory {
            total_bytes: 32 << 30,
            available_bytes: (20 << 30) - (minute * 7 % 10) * (3 << 20),
            swap_total_bytes: Some(4 << 30),
            swap_used_bytes: Some(12 << 20),
        }),
        disks: vec![
            disk("/", "/dev/nvme0n1p2", 100, 40),
            disk("/boot/efi", "/dev/nvme0n1p1", 1, 0),
            disk("/srv", "/dev/sda1", 2000, 9000),
        ],
        uptime_seconds: Some(86_400 + minute * 60),
        boot_at: Some(started - jiff::SignedDuration::from_secs(86_400)),
        temperatures: vec![Temperature { sensor: "coretemp Package id 0".into(), celsius: busy(41.0, 3.0) }],
        pressure: Some(Pressure {
            cpu_some_percent: Some(busy(0.1, 0.6)),
            memory_some_percent: Some(0.0),
            memory_full_percent: Some(0.0),
            io_some_percent: Some(busy(0.0, 0.3)),
            io_full_percent: Some(busy(0.0, 0.2)),
        }),
        interfaces: ["eno1", "eno2"]
            .map(|name| Interface {
                name: name.into(),
                received_bytes: minute * 900_000 * name.len() as u64,
                sent_bytes: minute * 250_000,
                ..Interface::default()
            })
            .into(),
        users: Some(1),
        summary: Some(HealthSummary {
            samples: 6,
            cpu_used_percent: spread(busy(3.0, 2.0)),
            memory_used_percent: spread(busy(37.0, 0.4)),
        }),
        ..Health::default()
    }
}

#[test]
fn a_minute_of_an_ordinary_server_takes_no_more_than_80_bytes() {
    let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
    let mut sizes = Vec::new();
    for minute in 0..60 {
        let report = report(500_000 + minute, rounded(server(minute)));
        let plain = v1::Report::from(&report).encoded_len();
        let (size, arrived) = travel(&mut packer, &mut unpacker, &report);
        assert_eq!(arrived, report);
        sizes.push((size, plain));
    }
    let (first, plain) = sizes.remove(0);
    let most = sizes.iter().map(|(size, _)| *size).max().unwrap();
    println!("plain {plain} bytes; packed: first {first}, then {} to {most}", sizes.iter().min().unwrap().0);
    assert!(most <= 80, "{most}");
}

#[test]
fn a_volume_that_comes_and_goes_begins_the_stream_anew() {
    let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
    let mut less = rounded(server(1));
    less.disks.remove(1);
    for health in [rounded(server(0)), less, rounded(server(2)), Health::default(), rounded(server(3))] {
        let told = report(1, health);
        assert_eq!(travel(&mut packer, &mut unpacker, &told).1, told);
    }
}

#[test]
fn what_is_past_the_limits_of_columns_stays_plain() {
    let disk = |n: usize| Disk { mount: format!("/{n:04}{}", "x".repeat(4000)), ..Disk::default() };
    let health = Health { disks: (0..64).map(disk).collect(), ..Health::default() };
    let told = report(1, health);
    let mut packer = Packer::default();
    assert!(packer.pack((&told).into()).packed_health.is_none());
    assert_eq!(travel(&mut packer, &mut Unpacker::default(), &told).1, told);
}

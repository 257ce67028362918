//! Snapshots of file systems: ZFS by `zfs list`, btrfs (and so snapper) by `btrfs subvolume list`.
//!
//! One job a pool or a mounted file system: a server has thousands of datasets, and what matters unasked is whether
//! snapshots are still being made. They are on the disks that they protect, and told to be so.

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    drop_in::NAME_BYTES,
    facts::Facts,
    sighting::{Sighting, by_name},
};

pub(super) const ZFS: &[&str] =
    &["list", "-H", "-p", "-t", "snapshot", "-o", "name,creation,used,referenced"];
/// Pools, and mounted file systems, that are told.
const JOBS: usize = 16;
/// Folders in which container engines keep layers as snapshots.
const LAYERS: [&str; 3] = ["docker/btrfs/", "containers/storage/btrfs/", "containerd.snapshotter"];

/// `pool/data@name<TAB>1700000000<TAB>8192<TAB>98304`, a line a snapshot; one sighting a pool.
pub(super) fn parse_zfs(text: &str, found_by: &str) -> Vec<Sighting> {
    let snapshot = |line: &str| {
        let mut fields = line.split('\t');
        let (name, created) = (fields.next()?, fields.next()?);
        let at = Timestamp::from_second(created.trim().parse().ok()?).ok()?;
        let (dataset, _) = name.split_once('@')?;
        Some((dataset.split('/').next().unwrap_or(dataset).to_owned(), run(name, at)))
    };
    let pools = by_name(text.lines().filter_map(snapshot), JOBS);
    pools.into_iter().map(|(pool, runs)| sighting("zfs", &pool, found_by, runs)).collect()
}

/// `ID 258 gen 10 cgen 10 top level 5 otime 2023-01-01 10:00:00 path .snapshots/1/snapshot`, a line a snapshot, in
/// UTC; nothing when there are none.
pub(super) fn parse_btrfs(text: &str, mount: &str, found_by: &str) -> Option<Sighting> {
    let runs: Vec<BackupRun> = text.lines().filter_map(subvolume).collect();
    (!runs.is_empty()).then(|| sighting("btrfs", mount, found_by, runs))
}

fn subvolume(line: &str) -> Option<BackupRun> {
    let (at, path) = line.split_once(" otime ")?.1.split_once(" path ")?;
    let at: DateTime = at.trim().parse().ok()?;
    let ours = !LAYERS.iter().any(|layers| path.contains(layers));
    Some(run(path, TimeZone::UTC.to_timestamp(at).ok()?)).filter(|_| ours)
}

/// Mounted btrfs file systems, each once: device and mount point.
pub(super) fn btrfs_mounts(mounts: &str) -> Vec<String> {
    let mut devices = Vec::new();
    let mut found = Vec::new();
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        let (Some(device), Some(mount), Some("btrfs")) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        // What is written as an octal code is rare, and a path we would not find.
        if !devices.contains(&device) && !mount.contains('\\') && mount.starts_with('/') && found.len() < JOBS
        {
            devices.push(device);
            found.push(mount.to_owned());
        }
    }
    found
}

fn run(name: &str, at: Timestamp) -> BackupRun {
    let id = limits::clip(name, NAME_BYTES);
    BackupRun { ended_at: Some(at), snapshot: Some(id.clone()), ..BackupRun::new(id, at, RunResult::Success) }
}

fn sighting(product: &str, place: &str, found_by: &str, runs: Vec<BackupRun>) -> Sighting {
    let place = limits::clip(place, NAME_BYTES / 4);
    let seen = Sighting::new(format!("{product} {place}"), product, found_by);
    let facts = Facts { target: Some(place), offsite: Some(false), ..Facts::default() };
    Sighting { facts, ..seen }.with_copies(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_a_job_whose_newest_snapshot_counts() {
        let seen = parse_zfs(include_str!("recorded/zfs-2.1-list.tsv"), "zfs");
        let told: Vec<_> = seen.iter().map(|seen| (seen.job.as_str(), seen.facts.versions_kept)).collect();
        assert_eq!(told, [("zfs tank", Some(3)), ("zfs rpool", Some(1))]);
        assert_eq!(seen[0].runs.last().unwrap().snapshot.as_deref(), Some("tank/home@daily-2023-11-15"));
        assert_eq!(seen[0].facts.oldest_version.unwrap().as_second(), 1_699_920_000);
        assert_eq!(parse_zfs("no datasets available\n", "zfs"), []);
    }

    #[test]
    fn snapshots_of_btrfs_are_found_and_layers_of_containers_are_not() {
        let text = include_str!("recorded/btrfs-progs-6.2-subvolume-list.txt");
        let seen = parse_btrfs(text, "/", "btrfs").unwrap();
        assert_eq!((seen.job.as_str(), seen.facts.versions_kept), ("btrfs /", Some(3)));
        assert_eq!(seen.runs[0].snapshot.as_deref(), Some(".snapshots/1/snapshot"));
        assert_eq!(seen.runs[1].snapshot.as_deref(), Some("before upgrade"));
        assert_eq!(seen.runs[2].started_at.to_string(), "2026-11-23T01:04:34Z");
        assert_eq!(parse_btrfs("", "/", "btrfs"), None);
    }

    #[test]
    fn a_file_system_that_is_mounted_twice_is_looked_at_once() {
        let mounts = "/dev/sda2 / btrfs rw 0 0\n/dev/sda2 /home btrfs rw 0 0\n/dev/sdb /srv btrfs rw 0 0\nproc /proc proc rw 0 0\n";
        assert_eq!(btrfs_mounts(mounts), ["/", "/srv"]);
    }
}

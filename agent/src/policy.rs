//! How to watch: what the collector asks for, within what this agent is willing to do.
//!
//! A policy from the wire is validated and clamped to the bounds here, then narrowed by the local configuration: a
//! collector can make an agent look less often or speak sooner, never busier than these bounds, and the endpoint's
//! own configuration has the last word.

mod watched;

use std::{sync::Arc, time::Duration};

use dogwatch_proto::v1;
pub use watched::{Misunderstood, Watched};

dogwatch_model::text_enum! {
    /// A number of a health sample that policy can name.
    pub enum Metric {
        /// Share of all processors in use.
        CpuUsed = "cpu.used_percent",
        /// Share of the memory in use.
        MemoryUsed = "memory.used_percent",
        /// Share of the swap in use.
        SwapUsed = "memory.swap_used_percent",
        /// Share of a volume in use.
        DiskUsed = "disk.used_percent",
        /// What is free on a volume.
        DiskFree = "disk.free_bytes",
        /// Share of a volume's inodes that are free.
        DiskInodesFree = "disk.inodes_free_percent",
    }
}

/// Bounds of the time between two health samples. The least is for tests; a sample costs well under a millisecond.
const SAMPLE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(3600));
/// Bounds of the time between two summaries, which are the heartbeat.
const SUMMARY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(3600));
/// Bounds of the time between two patch scans. A scan costs about a second of processor time.
const PATCH_SCAN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(7 * 86400));
/// Bounds of the time between two looks at the backups.
const BACKUP_SCAN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(86400));
/// Bands and deadbands that are taken from one policy.
const MARKS: usize = 64;

/// A threshold that some rule names: crossing it is reported at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Of which number.
    pub metric: Metric,
    /// Where it lies.
    pub at: f64,
}

/// How far a number moves before it is reported ahead of the next summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deadband {
    /// Of which number.
    pub metric: Metric,
    /// How far, in the number's own unit.
    pub width: f64,
}

/// How to watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Hash of the content, as the collector named it.
    pub version: Option<String>,
    /// Between health samples.
    pub sample: Duration,
    /// Between summaries.
    pub summary: Duration,
    /// Between patch scans.
    pub patch_scan: Duration,
    /// Between looks at the backups.
    pub backup_scan: Duration,
    /// Thresholds that are reported at once.
    pub bands: Vec<Band>,
    /// How far a number must move.
    pub deadbands: Vec<Deadband>,
    /// Services and checks.
    pub watched: Arc<Watched>,
}

impl Default for Policy {
    fn default() -> Self {
        let band = |metric, at| Band { metric, at };
        let deadband = |metric, width| Deadband { metric, width };
        Self {
            version: None,
            sample: Duration::from_secs(10),
            summary: Duration::from_secs(60),
            patch_scan: Duration::from_secs(6 * 3600),
            backup_scan: Duration::from_secs(15 * 60),
            bands: vec![
                band(Metric::CpuUsed, 90.0),
                band(Metric::MemoryUsed, 90.0),
                band(Metric::DiskUsed, 80.0),
                band(Metric::DiskUsed, 90.0),
                band(Metric::DiskInodesFree, 20.0),
                band(Metric::DiskInodesFree, 10.0),
            ],
            deadbands: vec![
                deadband(Metric::CpuUsed, 25.0),
                deadband(Metric::MemoryUsed, 5.0),
                deadband(Metric::SwapUsed, 5.0),
                deadband(Metric::DiskUsed, 1.0),
                deadband(Metric::DiskInodesFree, 1.0),
            ],
            watched: Arc::default(),
        }
    }
}

/// What the endpoint's own configuration allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Health samples are at least this far apart.
    pub sample_at_least: Duration,
    /// Patch scans are at least this far apart.
    pub patch_scan_at_least: Duration,
}

impl Policy {
    /// Takes a policy from the wire. Nothing (zero) keeps the default; what is past a bound becomes the bound; a
    /// metric that this version does not know, or a number that is none, is left out.
    pub fn from_wire(wire: &v1::Policy) -> Self {
        let default = Self::default();
        let bands = wire.bands.iter().take(MARKS).filter(|band| band.at.is_finite());
        let deadbands =
            wire.deadbands.iter().take(MARKS).filter(|band| band.width.is_finite() && band.width > 0.0);
        Self {
            version: (!wire.version.is_empty()).then(|| wire.version.clone()),
            sample: bounded(Duration::from_millis(wire.sample_ms.into()), SAMPLE, default.sample),
            summary: bounded(Duration::from_millis(wire.summary_ms.into()), SUMMARY, default.summary),
            patch_scan: bounded(
                Duration::from_secs(wire.patch_scan_seconds.into()),
                PATCH_SCAN,
                default.patch_scan,
            ),
            backup_scan: bounded(
                Duration::from_secs(wire.backup_scan_seconds.into()),
                BACKUP_SCAN,
                default.backup_scan,
            ),
            bands: bands
                .filter_map(|band| Some(Band { metric: band.metric.parse().ok()?, at: band.at }))
                .collect(),
            deadbands: deadbands
                .filter_map(|band| Some(Deadband { metric: band.metric.parse().ok()?, width: band.width }))
                .collect(),
            watched: Arc::new(Watched::from_wire(wire)),
        }
    }

    /// Narrows it to what the endpoint's own configuration allows.
    #[must_use]
    pub fn narrowed(mut self, narrowing: &Narrowing) -> Self {
        self.sample = self.sample.max(narrowing.sample_at_least);
        self.summary = self.summary.max(self.sample);
        self.patch_scan = self.patch_scan.max(narrowing.patch_scan_at_least);
        self
    }
}

fn bounded(asked: Duration, (least, most): (Duration, Duration), default: Duration) -> Duration {
    if asked.is_zero() { default } else { asked.clamp(least, most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_policy_is_the_default_without_marks() {
        let policy = Policy::from_wire(&v1::Policy::default());
        assert_eq!(policy, Policy { bands: Vec::new(), deadbands: Vec::new(), ..Policy::default() });
    }

    #[test]
    fn a_hostile_policy_stays_within_bounds() {
        let wire = v1::Policy {
            sample_ms: 1,
            summary_ms: u32::MAX,
            bands: vec![
                v1::Band { metric: "cpu.used_percent".into(), at: f64::NAN },
                v1::Band { metric: "/etc/shadow".into(), at: 1.0 },
                v1::Band { metric: "disk.used_percent".into(), at: 80.0 },
            ],
            deadbands: vec![v1::Deadband { metric: "cpu.used_percent".into(), width: -1.0 }],
            ..v1::Policy::default()
        };
        let policy = Policy::from_wire(&wire);
        assert_eq!(policy.sample, Duration::from_millis(50));
        assert_eq!(policy.summary, Duration::from_secs(3600));
        assert_eq!(policy.bands, [Band { metric: Metric::DiskUsed, at: 80.0 }]);
        assert_eq!(policy.deadbands, []);
    }

    #[test]
    fn local_configuration_slows_down_and_never_speeds_up() {
        let narrowing = Narrowing {
            sample_at_least: Duration::from_secs(90),
            patch_scan_at_least: Duration::from_secs(1),
        };
        let policy = Policy::default().narrowed(&narrowing);
        assert_eq!(policy.sample, Duration::from_secs(90));
        assert_eq!(policy.summary, Duration::from_secs(90));
        assert_eq!(policy.patch_scan, Policy::default().patch_scan);
    }
}

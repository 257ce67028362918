//! How to watch: what the collector asks for, within what this agent is willing to do.
//!
//! A policy from the wire is validated and clamped to the bounds here, then narrowed by the local configuration: a
//! collector can make an agent look less often or speak sooner, never busier than these bounds, and the endpoint's
//! own configuration has the last word.

mod watched;

use std::{sync::Arc, time::Duration};

use dogwatch_model::metric;
use dogwatch_proto::v1;
pub use watched::{Misunderstood, Watched};

pub use metric::Metric;

/// Bounds of the time between two health samples. A sample costs well under a millisecond.
const SAMPLE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));
/// Bounds of the time between two summaries, which are the heartbeat.
const SUMMARY: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3600));
/// Bounds of the time between two patch scans. A scan costs about a second of processor time.
const PATCH_SCAN: (Duration, Duration) = (Duration::from_secs(15 * 60), Duration::from_secs(7 * 86400));
/// Bounds of the time between two looks at the backups.
const BACKUP_SCAN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86400));
/// Looks of one source that the collector asks for are at least this far apart. What is asked for sooner waits, and is
/// one look however often it was asked for.
const ASKED_APART: Duration = Duration::from_secs(60);

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
    /// Between two looks that the collector asks for.
    pub asked_apart: Duration,
    /// Services and checks.
    pub watched: Arc<Watched>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: None,
            sample: metric::SAMPLE_EVERY,
            summary: metric::SUMMARY_EVERY,
            patch_scan: metric::PATCH_SCAN_EVERY,
            backup_scan: metric::BACKUP_SCAN_EVERY,
            bands: metric::BANDS.iter().map(|&(metric, at)| Band { metric, at }).collect(),
            deadbands: metric::DEADBANDS.iter().map(|&(metric, width)| Deadband { metric, width }).collect(),
            asked_apart: ASKED_APART,
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
    /// The collector may ask for more than the floors allow: for tests and demonstrations, whose machine it is.
    pub lift_floors: bool,
}

impl Policy {
    /// Takes a policy from the wire. Nothing (zero) keeps the default; a metric that this version does not know, or a
    /// number that is none, is left out.
    pub fn from_wire(wire: &v1::Policy) -> Self {
        let default = Self::default();
        let bands = wire.bands.iter().take(metric::MARKS).filter(|band| band.at.is_finite());
        let deadbands = wire
            .deadbands
            .iter()
            .take(metric::MARKS)
            .filter(|band| band.width.is_finite() && band.width > 0.0);
        let ms = |ms: u32| Duration::from_millis(ms.into());
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Self {
            version: (!wire.version.is_empty()).then(|| wire.version.clone()),
            sample: told(ms(wire.sample_ms), default.sample),
            summary: told(ms(wire.summary_ms), default.summary),
            patch_scan: told(seconds(wire.patch_scan_seconds), default.patch_scan),
            backup_scan: told(seconds(wire.backup_scan_seconds), default.backup_scan),
            bands: bands
                .filter_map(|band| Some(Band { metric: band.metric.parse().ok()?, at: band.at }))
                .collect(),
            deadbands: deadbands
                .filter_map(|band| Some(Deadband { metric: band.metric.parse().ok()?, width: band.width }))
                .collect(),
            asked_apart: default.asked_apart,
            watched: Arc::new(Watched::from_wire(wire)),
        }
    }

    /// Puts it within the bounds, and narrows it to what the endpoint's own configuration allows.
    #[must_use]
    pub fn narrowed(mut self, narrowing: &Narrowing) -> Self {
        if narrowing.lift_floors {
            self.asked_apart = Duration::ZERO;
        } else {
            self.sample = self.sample.clamp(SAMPLE.0, SAMPLE.1);
            self.summary = self.summary.clamp(SUMMARY.0, SUMMARY.1);
            self.patch_scan = self.patch_scan.clamp(PATCH_SCAN.0, PATCH_SCAN.1);
            self.backup_scan = self.backup_scan.clamp(BACKUP_SCAN.0, BACKUP_SCAN.1);
        }
        self.sample = self.sample.max(narrowing.sample_at_least);
        self.summary = self.summary.max(self.sample);
        self.patch_scan = self.patch_scan.max(narrowing.patch_scan_at_least);
        self
    }
}

fn told(asked: Duration, default: Duration) -> Duration {
    if asked.is_zero() { default } else { asked }
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
            patch_scan_seconds: 1,
            backup_scan_seconds: 1,
            bands: vec![
                v1::Band { metric: "cpu.used_percent".into(), at: f64::NAN },
                v1::Band { metric: "/etc/shadow".into(), at: 1.0 },
                v1::Band { metric: "disk.used_percent".into(), at: 80.0 },
            ],
            deadbands: vec![v1::Deadband { metric: "cpu.used_percent".into(), width: -1.0 }],
            ..v1::Policy::default()
        };
        let policy = Policy::from_wire(&wire).narrowed(&Narrowing::default());
        assert_eq!(policy.sample, Duration::from_secs(1));
        assert_eq!(policy.summary, Duration::from_secs(3600));
        assert_eq!(policy.patch_scan, Duration::from_secs(900));
        assert_eq!(policy.backup_scan, Duration::from_secs(60));
        assert_eq!(policy.asked_apart, Duration::from_secs(60));
        assert_eq!(policy.bands, [Band { metric: Metric::DiskUsed, at: 80.0 }]);
        assert_eq!(policy.deadbands, []);
    }

    #[test]
    fn only_the_endpoints_own_configuration_lifts_the_floors() {
        let wire = v1::Policy { sample_ms: 50, summary_ms: 50, ..v1::Policy::default() };
        let lifted = Narrowing { lift_floors: true, ..Narrowing::default() };
        let policy = Policy::from_wire(&wire).narrowed(&lifted);
        assert_eq!((policy.sample, policy.asked_apart), (Duration::from_millis(50), Duration::ZERO));
    }

    #[test]
    fn local_configuration_slows_down_and_never_speeds_up() {
        let narrowing = Narrowing {
            sample_at_least: Duration::from_secs(90),
            patch_scan_at_least: Duration::from_secs(1),
            ..Narrowing::default()
        };
        let policy = Policy::default().narrowed(&narrowing);
        assert_eq!(policy.sample, Duration::from_secs(90));
        assert_eq!(policy.summary, Duration::from_secs(90));
        assert_eq!(policy.patch_scan, Policy::default().patch_scan);
    }
}

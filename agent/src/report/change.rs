//! Is a health sample news?
//!
//! It is when it is the first, when a number crosses a band that some rule of the collector names, when a number has
//! moved by its deadband since it was last told, and when volumes come, go or turn read-only. Everything else waits
//! for the summary.

use dogwatch_model::Health;

use super::summary::Summary;
use crate::{
    clock::Moment,
    policy::{Metric, Policy},
};

/// How far summaries of a fleet are spread around their interval, to either side.
const JITTER: f64 = 0.2;

/// Why a sample goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// There was none before it.
    First,
    /// A number crossed a band.
    Band(Metric),
    /// A number moved by its deadband.
    Moved(Metric),
    /// Volumes came, went or changed their mode.
    Volumes,
}

/// Watches the samples go by.
#[derive(Debug, Default)]
pub struct HealthWatch {
    told: Option<Health>,
    latest: Option<Health>,
    summary: Summary,
    summary_due: Option<Moment>,
}

impl HealthWatch {
    /// The newest sample, whether it was told or not.
    pub fn latest(&self) -> Option<&Health> {
        self.latest.as_ref()
    }

    /// Takes a sample; gives it back, with the minute's summary when that is due, if it is to go out.
    pub fn observe(&mut self, sample: Health, policy: &Policy, now: Moment, unit: f64) -> Option<Health> {
        self.summary.add(&sample);
        self.latest = Some(sample.clone());
        let interval = policy.summary.mul_f64(1.0 + JITTER * (2.0 * unit.clamp(0.0, 1.0) - 1.0));
        // A policy with a shorter interval counts from now on, not from the end of a longer one.
        let due = *self.summary_due.get_or_insert(now.plus(interval));
        let due = due.min(now.plus(policy.summary.mul_f64(1.0 + JITTER)));
        self.summary_due = Some(due);
        let mut told = sample;
        if now >= due {
            told.summary = Some(std::mem::take(&mut self.summary).finish());
            self.summary_due = Some(now.plus(interval));
        } else {
            news(self.told.as_ref(), &told, policy)?;
        }
        self.told = Some(told.clone());
        Some(told)
    }
}

/// What is new in a sample against the one told last.
pub fn news(told: Option<&Health>, sample: &Health, policy: &Policy) -> Option<News> {
    let Some(told) = told else { return Some(News::First) };
    let volumes = |health: &Health| -> Vec<(String, bool)> {
        health.disks.iter().map(|disk| (disk.mount.clone(), disk.read_only)).collect()
    };
    if volumes(told) != volumes(sample) {
        return Some(News::Volumes);
    }
    let before = numbers(told);
    numbers(sample).into_iter().find_map(|(metric, subject, new)| {
        let old = before.iter().find(|(m, s, _)| *m == metric && *s == subject).map(|(_, _, old)| *old);
        let Some(old) = old else { return Some(News::Moved(metric)) };
        if policy.bands.iter().any(|band| band.metric == metric && crosses(old, new, band.at)) {
            return Some(News::Band(metric));
        }
        let moved = |width: f64| (new - old).abs() >= width;
        let wide = policy.deadbands.iter().any(|band| band.metric == metric && moved(band.width));
        wide.then_some(News::Moved(metric))
    })
}

/// Whether a rule that compares with `at`, strictly or not, would judge the two differently.
fn crosses(old: f64, new: f64, at: f64) -> bool {
    (old > at) != (new > at) || (old >= at) != (new >= at)
}

/// Every number that policy can name, with the volume it is about.
fn numbers(health: &Health) -> Vec<(Metric, &str, f64)> {
    let mut numbers = Vec::with_capacity(3 + 3 * health.disks.len());
    let mut add = |metric, subject, value: Option<f64>| {
        if let Some(value) = value {
            numbers.push((metric, subject, value));
        }
    };
    add(Metric::CpuUsed, "", health.cpu.as_ref().and_then(|cpu| cpu.used_percent));
    if let Some(memory) = &health.memory {
        add(Metric::MemoryUsed, "", memory.used_percent());
        add(Metric::SwapUsed, "", memory.swap_used_percent());
    }
    for disk in &health.disks {
        #[expect(clippy::cast_precision_loss, reason = "a threshold needs no more than 53 bits")]
        let free = disk.free_bytes as f64;
        add(Metric::DiskUsed, &disk.mount, disk.used_percent());
        add(Metric::DiskFree, &disk.mount, Some(free));
        add(Metric::DiskInodesFree, &disk.mount, disk.inodes_free_percent);
    }
    numbers
}

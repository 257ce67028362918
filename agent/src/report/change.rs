//! Is a health sample news?
//!
//! It is when it is the first, when a number crosses a band that some rule of the collector draws, when a number has
//! moved by its deadband since it was last told, when volumes come, go or turn read-only, and when a laptop leaves or
//! finds its mains. Everything else waits for the summary.
//!
//! The first crossing goes out with the very sample. What then dances around its band, or jumps to and fro, does not
//! flood: one reason is told again only after `QUIET`, or, but for mere moves, once it has held for `HELD` samples. The
//! summary tells the newest numbers in any case.

use std::{collections::BTreeMap, time::Duration};

use dogwatch_model::{Health, metric::numbers};

use super::summary::Summary;
use crate::{
    clock::Moment,
    keeping::keep,
    policy::{Metric, Policy},
};

/// A reason that was told is none again before this is over …
const QUIET: Duration = Duration::from_secs(60);
/// … unless it holds for so many samples.
const HELD: u32 = 3;

/// Why a sample goes out.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// There was none before it.
    First,
    /// A number crossed a band.
    Band(Metric, f64),
    /// A number moved by its deadband.
    Moved(Metric),
    /// Volumes came, went or changed their mode.
    Volumes,
    /// The battery is drawn on now, or no longer.
    Mains,
}

/// What is told once and then not again for a while.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    First,
    /// A band of one number of one volume or sensor.
    Band(Metric, String, u64),
    /// Numbers that moved are one reason together: no rule waits for them.
    Moved,
    Volumes,
    Mains,
}

impl Reason {
    fn new(news: &News, subject: &str) -> Self {
        match news {
            News::First => Self::First,
            News::Band(metric, at) => Self::Band(*metric, subject.to_owned(), at.to_bits()),
            News::Moved(_) => Self::Moved,
            News::Volumes => Self::Volumes,
            News::Mains => Self::Mains,
        }
    }
}

/// A reason that was told, and for how many samples it is one again.
#[derive(Debug)]
struct Told {
    at: Moment,
    held: u32,
}

/// Watches the samples go by.
#[derive(Debug, Default)]
pub struct HealthWatch {
    told: Option<Health>,
    latest: Option<Health>,
    reasons: BTreeMap<Reason, Told>,
    summary: Summary,
    summary_due: Option<Moment>,
}

impl HealthWatch {
    /// The newest sample, whether it was told or not.
    pub fn latest(&self) -> Option<&Health> {
        self.latest.as_ref()
    }

    /// Takes a sample; gives it back, with the minute's summary when that is due, if it is to go out. `unit`, a random
    /// number from 0 to 1, decides the phase of the summaries.
    pub fn observe(&mut self, sample: Health, policy: &Policy, now: Moment, unit: f64) -> Option<Health> {
        self.summary.add(&sample);
        self.latest = Some(sample.clone());
        let told_now = self.is_worth_telling(&sample, policy, now);
        let mut told = sample;
        if self.is_summary_due(policy.summary, now, unit) {
            told.summary = Some(std::mem::take(&mut self.summary).finish());
        } else if !told_now {
            return None;
        }
        self.told = Some(told.clone());
        Some(told)
    }

    /// The summaries of a fleet are spread by their phase. One machine's are evenly apart, so that the longest silence of
    /// a healthy one is known, and keep-alives can be rarer.
    fn is_summary_due(&mut self, interval: Duration, now: Moment, unit: f64) -> bool {
        let phase = interval.mul_f64(unit.clamp(0.0, 1.0).mul_add(0.8, 0.2));
        // A policy with a shorter interval counts from now on, not from the end of a longer one.
        let due = *self.summary_due.get_or_insert(now.plus(phase));
        let due = due.min(now.plus(interval));
        let is_due = now >= due;
        let next = due.plus(interval);
        self.summary_due = Some(match is_due {
            true if next > now => next,
            true => now.plus(interval),
            false => due,
        });
        is_due
    }

    /// Whether something is new, and is not merely dancing.
    fn is_worth_telling(&mut self, sample: &Health, policy: &Policy, now: Moment) -> bool {
        let reasons: Vec<Reason> = news(self.told.as_ref(), sample, policy)
            .iter()
            .map(|(news, subject)| Reason::new(news, subject))
            .collect();
        keep(&mut self.reasons, |reason, told| {
            let holds = reasons.contains(reason);
            told.held = if holds { told.held + 1 } else { 0 };
            holds || now.since(told.at) < QUIET
        });
        let worth = reasons.iter().any(|reason| {
            let told = self.reasons.get(reason);
            told.is_none_or(|told| {
                let holds = told.held >= HELD && *reason != Reason::Moved;
                holds || now.since(told.at) >= QUIET
            })
        });
        if worth {
            self.reasons.extend(reasons.into_iter().map(|reason| (reason, Told { at: now, held: 0 })));
        }
        worth
    }
}

/// What is new in a sample against the one told last, and with which volume or sensor.
pub fn news<'a>(told: Option<&Health>, sample: &'a Health, policy: &Policy) -> Vec<(News, &'a str)> {
    let Some(told) = told else { return vec![(News::First, "")] };
    let mut news = Vec::new();
    let volumes = |health: &Health| -> Vec<(String, bool)> {
        health.disks.iter().map(|disk| (disk.mount.clone(), disk.read_only)).collect()
    };
    if volumes(told) != volumes(sample) {
        news.push((News::Volumes, ""));
    }
    let on_battery = |health: &Health| health.battery.map(|battery| battery.discharging);
    if on_battery(told) != on_battery(sample) {
        news.push((News::Mains, ""));
    }
    let before = numbers(told);
    for (metric, subject, new) in numbers(sample) {
        let old = before.iter().find(|(m, s, _)| *m == metric && *s == subject).map(|(_, _, old)| *old);
        // A number that was not there before is as far away as can be.
        let old = old.unwrap_or(f64::NAN);
        let crossed = policy.bands.iter().filter(|band| band.metric == metric && crosses(old, new, band.at));
        news.extend(crossed.map(|band| (News::Band(metric, band.at), subject)));
        let width = policy.deadbands.iter().find(|band| band.metric == metric).map(|band| band.width);
        if width.is_some_and(|width| old.is_nan() || (new - old).abs() >= width) {
            news.push((News::Moved(metric), subject));
        }
    }
    news
}

/// Whether a rule that compares with `at`, strictly or not, would judge the two differently.
fn crosses(old: f64, new: f64, at: f64) -> bool {
    old.is_nan() || (old > at) != (new > at) || (old >= at) != (new >= at)
}

//! Health: processors, memory, pressure, volumes, network, temperatures, batteries, users.
//!
//! On Linux everything comes from a few small files of `/proc` and `/sys` and one `statvfs` per volume, which costs a
//! third of what a general library needs. Other systems go through sysinfo behind the same calls.
//!
//! Numbers are rounded to what the wire carries before anything is judged by them. What a machine does not tell is
//! absent, never zero. The busiest processes are looked for only while a number is past a band of the policy.

mod battery;
pub mod doctor;
mod interfaces;
pub(super) mod mounts;
mod proc;
mod rounding;
mod top;
mod trend;
mod users;

#[cfg(target_os = "linux")]
#[path = "health/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "health/portable.rs"]
mod imp;
#[cfg(target_os = "linux")]
pub(super) mod kept_file;
#[cfg(target_os = "linux")]
mod sensors;
#[cfg(target_os = "linux")]
mod volumes;

use std::path::Path;

use dogwatch_model::{Health, ScanResult};
use tokio::time::Instant;

use super::{Desk, Look};
use crate::{clock, config::Live, policy::Band, report::Observation};

pub(super) use imp::boot_at;

/// For the table of parsers: every file that this source understands.
pub(super) fn survives(text: &str) {
    let parsers = [
        battery::survives,
        interfaces::survives,
        mounts::survives,
        proc::survives,
        top::survives,
        users::survives,
    ];
    parsers.iter().for_each(|parse| parse(text));
}

/// Takes samples; remembers what rates and trends need.
pub struct Sampler {
    imp: imp::Sampler,
    trend: trend::Trend,
}

impl Sampler {
    /// A sampler of the machine seen below `root`, with the network mounts among `named_mounts` as volumes.
    pub fn new(root: &Path, named_mounts: Vec<String>) -> Self {
        Self { imp: imp::Sampler::new(root, named_mounts), trend: trend::Trend::default() }
    }

    /// Other network mounts count as volumes from the next sample on.
    fn name_mounts(&mut self, named: &[String]) {
        self.imp.name_mounts(named);
    }

    /// Takes a sample. The first one has no processor use: there is nothing to compare with.
    pub async fn sample(&mut self) -> Health {
        let now = clock::now();
        let mut health = self.imp.sample(now).await;
        self.trend.note(&mut health.disks, now.moment);
        rounding::round(&mut health);
        health
    }

    /// A sample, and the busiest processes when it is past one of the `bands`.
    pub async fn sample_with_top(&mut self, bands: &[Band]) -> Health {
        let mut health = self.sample().await;
        health.top = self.imp.top(top::is_past(&health, bands)).await;
        health
    }

    /// How looking went, and what is not well with it.
    fn standing(&self, health: &Health) -> (ScanResult, Option<String>) {
        if health.cpu.is_none() && health.memory.is_none() {
            return (ScanResult::Failed, Some("neither processors nor memory can be read".into()));
        }
        self.imp.ails().map_or((ScanResult::Ok, None), |ails| (ScanResult::Partial, Some(ails)))
    }
}

/// Samples at the policy's interval, by the configuration in force.
pub async fn run(mut desk: Desk, mut sampler: Sampler, live: Live) {
    let mut told = None;
    loop {
        let looked = Instant::now();
        sampler.name_mounts(&live.borrow().network_mounts);
        let bands = desk.policy.borrow().bands.clone();
        let health = sampler.sample_with_top(&bands).await;
        let standing = sampler.standing(&health);
        desk.tell(Observation::Health(health)).await;
        if told.as_ref() != Some(&standing) {
            desk.tell_standing("health", standing.0, standing.1.clone()).await;
            told = Some(standing);
        }
        if desk.next_look(looked, |policy| policy.sample).await == Look::Never {
            return;
        }
    }
}

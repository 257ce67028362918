//! Health: processors, memory, volumes, temperatures.
//!
//! On Linux everything comes from a few small files of `/proc` and `/sys` and one `statvfs` per volume, which costs a
//! third of what a general library needs. Other systems go through sysinfo behind the same calls.

pub mod doctor;
mod trend;

#[cfg(target_os = "linux")]
#[path = "health/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "health/portable.rs"]
mod imp;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod proc;
#[cfg(target_os = "linux")]
mod volumes;

use std::path::Path;

use dogwatch_model::Health;
use tokio::time::Instant;

use super::{Desk, Look};
use crate::{clock, report::Observation};

/// Takes samples; remembers what rates and trends need.
pub struct Sampler {
    imp: imp::Sampler,
    trend: trend::Trend,
}

impl Sampler {
    /// A sampler of the machine seen below `root`.
    pub fn new(root: &Path) -> Self {
        Self { imp: imp::Sampler::new(root), trend: trend::Trend::default() }
    }

    /// Takes a sample. The first one has no processor use: there is nothing to compare with.
    pub async fn sample(&mut self) -> Health {
        let now = clock::now();
        let mut health = self.imp.sample(now.wall).await;
        self.trend.note(&mut health.disks, now.moment);
        health
    }
}

/// Samples at the policy's interval.
pub async fn run(mut desk: Desk, mut sampler: Sampler) {
    loop {
        let looked = Instant::now();
        desk.tell(Observation::Health(sampler.sample().await)).await;
        if desk.next_look(looked, |policy| policy.sample).await == Look::Never {
            return;
        }
    }
}

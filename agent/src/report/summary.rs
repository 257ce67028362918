//! The minute behind a summary: least, mean and greatest value.

use dogwatch_model::{Health, HealthSummary, Spread};

#[derive(Debug, Default, Clone, Copy)]
struct Running {
    count: u32,
    sum: f64,
    min: f64,
    max: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        (self.min, self.max) =
            if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.sum += value;
        self.count += 1;
    }

    fn spread(self) -> Option<Spread> {
        (self.count > 0).then(|| {
            // Rounding must not carry the mean out of its bounds.
            let mean = (self.sum / f64::from(self.count)).clamp(self.min, self.max);
            Spread { min: self.min, mean, max: self.max }
        })
    }
}

/// A summary in the making.
#[derive(Debug, Default)]
pub(super) struct Summary {
    samples: u32,
    cpu: Running,
    memory: Running,
}

impl Summary {
    pub(super) fn add(&mut self, sample: &Health) {
        self.samples = self.samples.saturating_add(1);
        if let Some(used) = sample.cpu.as_ref().and_then(|cpu| cpu.used_percent) {
            self.cpu.add(used);
        }
        if let Some(used) = sample.memory.as_ref().and_then(dogwatch_model::Memory::used_percent) {
            self.memory.add(used);
        }
    }

    pub(super) fn finish(self) -> HealthSummary {
        HealthSummary {
            samples: self.samples,
            cpu_used_percent: self.cpu.spread(),
            memory_used_percent: self.memory.spread(),
        }
    }
}

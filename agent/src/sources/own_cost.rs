//! The agent itself: its version, the policy it runs by, and what it costs.

use std::{fs, time::Duration};

use dogwatch_model::AgentFacts;
use tokio::time::Instant;

use super::Desk;
use crate::{VERSION, report::Observation};

/// Between two looks. The reporter tells what is the same but for the cost once an hour.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Looks whenever the policy changes, and once an hour.
pub async fn run(mut desk: Desk) {
    let started = Instant::now();
    loop {
        desk.tell(Observation::Agent(facts(desk.policy_version(), started.elapsed()))).await;
        if !desk.next_policy(INTERVAL).await {
            return;
        }
    }
}

impl Desk {
    /// Waits for another policy, or for the interval to be over. False when the agent ends.
    async fn next_policy(&mut self, interval: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            changed = self.policy.changed() => changed.is_ok(),
            () = tokio::time::sleep(interval) => true,
        }
    }
}

/// The agent as it is, `running` after its start.
pub fn facts(policy_version: Option<String>, running: Duration) -> AgentFacts {
    let used = fs::read_to_string("/proc/self/stat").ok().and_then(|text| cpu_ticks(&text));
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    let cpu_percent = used
        .filter(|_| running > Duration::from_secs(1))
        .map(|ticks| ticks as f64 / TICKS_PER_SECOND / running.as_secs_f64() * 100.0);
    let rss_bytes = fs::read_to_string("/proc/self/status").ok().and_then(|text| resident_bytes(&text));
    AgentFacts {
        version: VERSION.to_owned(),
        policy_version,
        rss_bytes,
        cpu_percent,
        ..AgentFacts::default()
    }
}

/// `USER_HZ`, which is 100 on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system ticks of `/proc/self/stat`, whose second field may hold spaces and parentheses.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (dog) watch)) S 1 42 42 0 -1 4194304 100 0 0 0 17 5 0 0 20 0 3 0 100 1 1 1";
        assert_eq!(cpu_ticks(stat), Some(22));
    }

    #[test]
    fn the_resident_size_is_in_bytes() {
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    6144 kB\n"), Some(6 * 1024 * 1024));
    }
}

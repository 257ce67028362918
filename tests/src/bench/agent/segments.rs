//! How many TCP segments a report takes, by the kernel's own count of the agent's one connection (`ss -ti`).
//!
//! A report that is written at once, with all that frames it, leaves as one segment, and its acknowledgement comes as one:
//! the floor for whoever answers each report. What also carries data are renewals and HTTP/2's own frames, so a little
//! more than one is what a longer while shows.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::count;

/// Segments with data that the agent's connection has sent and received since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segments {
    sent: u64,
    received: u64,
}

/// What a while came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerReport {
    /// Reports that were acknowledged meanwhile.
    pub(super) reports: u64,
    /// Segments with data, sent, for each.
    pub(super) sent: f64,
    /// The same, received.
    pub(super) received: f64,
}

impl Segments {
    /// Of the connection that the process has; with several, all together.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let output =
            Command::new("ss").args(["-t", "-i", "-n", "-p", "-H", "-O", "state", "established"]).output();
        let output = output.context("cannot start ss, of the package iproute2")?;
        ensure!(output.status.success(), "ss: {}", String::from_utf8_lossy(&output.stderr).trim());
        parse(&String::from_utf8_lossy(&output.stdout), pid).context("the agent has no connection")
    }

    /// Between an earlier count and this one.
    pub(super) fn since(self, before: Self, reports: u64) -> Option<PerReport> {
        let per = |after: u64, before: u64| count(after.saturating_sub(before)) / count(reports);
        (reports > 0).then(|| PerReport {
            reports,
            sent: per(self.sent, before.sent),
            received: per(self.received, before.received),
        })
    }
}

/// A line a connection: addresses, `users:(("NAME",pid=1,fd=2))`, and `name:value` words.
fn parse(text: &str, pid: u32) -> Option<Segments> {
    let (owner, mut found) = (format!("pid={pid},"), None);
    for line in text.lines().filter(|line| line.contains(&owner)) {
        let number = |name: &str| {
            line.split_ascii_whitespace()
                .find_map(|word| word.strip_prefix(name)?.parse::<u64>().ok())
                .unwrap_or(0)
        };
        let so_far = found.get_or_insert(Segments { sent: 0, received: 0 });
        so_far.sent += number("data_segs_out:");
        so_far.received += number("data_segs_in:");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded: ss of iproute2 6.1, shortened.
    const SAID: &str = "0 0 127.0.0.1:40028 127.0.0.1:7444 users:((\"dogwatch-agent\",pid=77,fd=9)) cubic wscale:7,7 rto:204 \
        bytes_sent:5410 bytes_acked:5411 bytes_received:7070 segs_out:30 segs_in:27 data_segs_out:14 data_segs_in:16 send 1Gbps\n\
        0 0 127.0.0.1:7444 127.0.0.1:40028 users:((\"dogwatch-collec\",pid=7,fd=12)) cubic data_segs_out:16 data_segs_in:14\n";

    #[test]
    fn the_agents_own_connection_is_counted() {
        assert_eq!(parse(SAID, 77), Some(Segments { sent: 14, received: 16 }));
        assert_eq!(parse(SAID, 78), None);
        let before = Segments { sent: 4, received: 6 };
        let told = parse(SAID, 77).unwrap().since(before, 10).unwrap();
        assert!((told.sent - 1.0).abs() < 1e-9 && (told.received - 1.0).abs() < 1e-9, "{told:?}");
        assert!(before.since(before, 0).is_none());
    }
}

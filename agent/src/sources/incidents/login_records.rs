//! Was the machine shut down before it booted, or did it stop? `wtmp` keeps boots and shutdowns (utmp(5)). Pure.

use std::time::Duration;

use jiff::Timestamp;

/// A record on 64-bit Linux.
pub(super) const RECORD: usize = 384;
/// Where the user's name stands, and how long it may be.
const NAME: std::ops::Range<usize> = 44..76;
/// Where the seconds since 1970 stand.
const SECONDS: std::ops::Range<usize> = 340..344;
/// The type of a record of the run level: the one named `shutdown` ends a run of the machine.
const RUN_LEVEL: u16 = 1;
/// The type of a record of a boot.
const BOOT: u16 = 2;
/// How far the record of a boot may lie from it: the clock is set while the machine comes up.
const NEAR: Duration = Duration::from_secs(600);

/// How the run of the machine before the boot at `boot_at` ended: orderly or not. `None` when the records do not tell
/// of both boots.
pub(super) fn ended_orderly(wtmp: &[u8], boot_at: Timestamp) -> Option<bool> {
    let records: Vec<(Mark, Timestamp)> = wtmp.chunks_exact(RECORD).filter_map(mark).collect();
    let this = records.iter().rposition(|(mark, _)| *mark == Mark::Boot)?;
    if records[this].1.duration_since(boot_at).unsigned_abs() > NEAR {
        return None;
    }
    let before = records[..this].iter().rposition(|(mark, _)| *mark == Mark::Boot)?;
    Some(records[before..this].iter().any(|(mark, _)| *mark == Mark::Shutdown))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Boot,
    Shutdown,
}

fn mark(record: &[u8]) -> Option<(Mark, Timestamp)> {
    let mark = match u16::from_le_bytes([record[0], record[1]]) {
        BOOT => Mark::Boot,
        RUN_LEVEL if record[NAME].starts_with(b"shutdown\0") => Mark::Shutdown,
        _ => return None,
    };
    let seconds = u32::from_le_bytes(record[SECONDS].try_into().ok()?);
    Some((mark, Timestamp::from_second(seconds.into()).ok()?))
}

/// For the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    let _ = ended_orderly(text.as_bytes(), Timestamp::UNIX_EPOCH);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, name: &str, seconds: u32) -> Vec<u8> {
        let mut record = vec![0; RECORD];
        record[..2].copy_from_slice(&kind.to_le_bytes());
        record[NAME.start..NAME.start + name.len()].copy_from_slice(name.as_bytes());
        record[SECONDS].copy_from_slice(&seconds.to_le_bytes());
        record
    }

    #[test]
    fn a_shutdown_between_two_boots_makes_the_difference() {
        let boot = |seconds| record(BOOT, "reboot", seconds);
        let login = record(7, "anna", 1_500);
        let shutdown = record(RUN_LEVEL, "shutdown", 1_900);
        let run_level = record(RUN_LEVEL, "runlevel", 1_010);
        let at = |second| Timestamp::from_second(second).unwrap();
        let orderly = [boot(1_000), run_level.clone(), login.clone(), shutdown.clone(), boot(2_000)].concat();
        assert_eq!(ended_orderly(&orderly, at(2_005)), Some(true));
        let crashed = [shutdown, boot(1_000), run_level, login, boot(2_000)].concat();
        assert_eq!(ended_orderly(&crashed, at(2_005)), Some(false));
        assert_eq!(ended_orderly(&crashed, at(90_000)), None, "this boot is not in the records");
        assert_eq!(ended_orderly(&boot(2_000), at(2_000)), None, "rotated: the boot before is not");
    }
}

//! A network namespace in which loopback counts nothing but what is measured.

use std::{env, fs, process::Command};

use anyhow::{Context as _, Result};

/// Set inside of the namespace.
const INSIDE: &str = "DOGWATCH_BENCH_NAMESPACE";

/// Starts this very program again in a namespace of its own and gives its exit code; `None` when it is inside already, or
/// when there can be none: then bytes are not counted.
pub fn enter() -> Result<Option<i32>> {
    if is_inside() {
        return Ok(None);
    }
    let mut inside = Command::new("unshare");
    inside.args(["--net", "--map-root-user", "--", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]);
    if rustix::process::getuid().is_root() {
        inside = Command::new("unshare");
        inside.args(["--net", "--", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]);
    }
    inside.arg(env::current_exe()?).args(env::args_os().skip(1)).env(INSIDE, "1");
    Ok(inside.status().ok().and_then(|status| status.code()).filter(|code| *code != UNSHARE_FAILED))
}

/// What `unshare` ends with when it may not, and the shell when there is no `ip`.
const UNSHARE_FAILED: i32 = 127;

/// Whether nobody else passes this loopback.
pub(super) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Bytes that passed loopback, each packet once, from its IP header on; `None` where others pass it too.
pub(super) fn loopback_bytes() -> Result<Option<u64>> {
    if !is_inside() {
        return Ok(None);
    }
    // `/sys` shows the namespace that it was mounted in; `/proc` shows the reader's.
    let text = fs::read_to_string("/proc/net/dev").context("cannot read what loopback counts")?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("lo:"));
    let bytes = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
    bytes.context("loopback has no counter").map(Some)
}

//! Ports for listeners that a test starts and restarts.
//!
//! Taken from below the range that the kernel gives to outgoing connections, so that none of those takes a port
//! while its listener is down; each test process begins at a place of its own.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

const FIRST: u32 = 10_240;
const COUNT: u32 = 20_000;
/// Ports that one process uses at most before it comes into the next one's.
const EACH: u32 = 8;

/// A port on which nobody listens.
///
/// # Panics
/// When there is none.
pub fn free() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let start = process::id().wrapping_mul(EACH);
    let free = (0..COUNT).find_map(|_| {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + start.wrapping_add(given) % COUNT).ok()?;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    });
    free.expect("one of 20,000 ports is free")
}

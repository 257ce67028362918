//! Between a health message and the numbers of its columns: which ids there are, and how each value is scaled.
//!
//! An id keeps its meaning for ever. [`of`] and [`expand`] are each other's inverse, up to rounding.

mod expand;
mod of;

pub(super) use expand::expand;
pub(super) use of::{of, subjects};

/// The largest number that a column can hold.
pub(super) const MOST: u64 = i64::MAX as u64;

const SAMPLED_AT: u32 = 1;
const BOOT_AT: u32 = 2;
const UPTIME: u32 = 3;
const CPU_COUNT: u32 = 4;
const CPU_USED: u32 = 5;
const CPU_STEAL: u32 = 6;
const CPU_IOWAIT: u32 = 7;
/// And the two that follow, over 5 and over 15 minutes.
const LOAD: u32 = 8;
const MEMORY_TOTAL: u32 = 11;
const MEMORY_AVAILABLE: u32 = 12;
const SWAP_TOTAL: u32 = 13;
const SWAP_USED: u32 = 14;
const CPU_SOME: u32 = 15;
const MEMORY_SOME: u32 = 16;
const MEMORY_FULL: u32 = 17;
const IO_SOME: u32 = 18;
const IO_FULL: u32 = 19;
const USERS: u32 = 20;
const BATTERY_CHARGE: u32 = 21;
const BATTERY_DISCHARGING: u32 = 22;
const BATTERY_HEALTH: u32 = 23;
const SUMMARY_SAMPLES: u32 = 24;
/// And the two that follow: least, mean, greatest.
const SUMMARY_CPU: u32 = 25;
/// And the two that follow.
const SUMMARY_MEMORY: u32 = 28;
const DISK_TOTAL: u32 = 32;
const DISK_FREE: u32 = 33;
const DISK_INODES: u32 = 34;
const DISK_READ_ONLY: u32 = 35;
const DISK_FULL_IN: u32 = 36;
const RECEIVED: u32 = 40;
const SENT: u32 = 41;
const ERRORS: u32 = 42;
const DROPS: u32 = 43;
const CELSIUS: u32 = 48;

/// A column's key: the metric's id, and from the ninth bit on the place of its subject, counted from 1.
pub(super) const fn key(id: u32, subject: u32) -> u32 {
    id | subject << 8
}

/// The place of a column's subject, counted from 1; 0 is the machine.
pub(super) const fn subject_of(key: u32) -> u32 {
    key >> 8
}

/// A column and its number; a value that is absent has no entry.
pub(super) type Number = (u32, u64);

/// Milliseconds from the year 0, where the instants that the wire takes begin, to 1970.
const YEAR_0_MS: i64 = 62_167_219_200_000;

/// Milliseconds since the year 0.
fn milliseconds(micros: i64) -> u64 {
    u64::try_from(micros.div_euclid(1000).saturating_add(YEAR_0_MS)).unwrap_or(0)
}

fn microseconds(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX).saturating_sub(YEAR_0_MS).saturating_mul(1000)
}

/// Uptime follows from the two instants, but for a second: only what differs from that is a number of its own.
fn expected_uptime(sampled: u64, boot: Option<u64>) -> i64 {
    i64::try_from(sampled.saturating_sub(boot.unwrap_or(0)) / 1000).unwrap_or(i64::MAX)
}

fn zigzag(value: u64, expected: i64) -> u64 {
    // Half of the range is far more seconds than anything was ever up.
    let bounded = i64::try_from(value.min(MOST >> 3)).unwrap_or(0);
    let off = bounded - expected.min(i64::MAX >> 3);
    (off.unsigned_abs() << 1) - u64::from(off < 0)
}

fn unzigzag(value: u64, expected: i64) -> u64 {
    let half = i64::try_from(value.div_ceil(2)).unwrap_or(i64::MAX);
    let off = if value % 2 == 1 { -half } else { half };
    u64::try_from(expected.min(i64::MAX >> 3).saturating_add(off)).unwrap_or(0)
}

/// Past this a double no longer holds every whole number, and rounding twice would not be rounding once.
const MOST_SCALED: f64 = (1_u64 << 50) as f64;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to whole numbers before"
)]
fn scaled(value: f64, scale: f64) -> u64 {
    (value * scale).round().clamp(0.0, MOST_SCALED) as u64
}

#[expect(clippy::cast_precision_loss, reason = "what is past 2^53 was not sent by our side")]
fn unscaled(value: u64, scale: f64) -> f64 {
    value as f64 / scale
}

fn tenths(share: f64) -> u64 {
    scaled(share, 10.0)
}

fn from_tenths(value: u64) -> f64 {
    unscaled(value, 10.0)
}

/// Tenths of a degree above this are never negative: nothing is colder than −273.15 °C.
const COLDEST: f64 = 2740.0;

fn degrees(celsius: f64) -> u64 {
    scaled((celsius * 10.0).round() + COLDEST, 1.0)
}

fn from_degrees(value: u64) -> f64 {
    (unscaled(value, 1.0) - COLDEST) / 10.0
}

fn kib(value: u64) -> u64 {
    value.saturating_mul(1024)
}

fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

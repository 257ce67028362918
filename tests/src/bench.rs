//! Benchmarks: what the agent costs its machine beside others, and what the collector costs, beside the [bare peer](crate::load::bare) in the same run.
//!
//! Rules of the house: real release binaries as child processes, real TLS, real files; the two sides take turns within
//! each round, so that a noisy machine disturbs both; medians over rounds; processor time and memory from the kernel's own
//! account of each process, never from wall clocks. A benchmark prints and compares; it never fails for being slow.

pub mod agent;
pub mod api;
pub mod bare_peer;
pub mod cli;
pub mod collector;
pub mod cost;
pub mod crossing;
pub mod events;
pub mod figure;
pub mod filter;
pub mod fleet_json;
pub mod ingest;
pub mod memory;
pub mod query;
pub mod restart;
pub mod storm;

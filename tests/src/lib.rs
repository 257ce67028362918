//! Harness, simulated agents and benchmarks for the whole of Dogwatch; never published.

pub mod bench;
pub mod harness;
pub mod load;

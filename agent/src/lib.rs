//! The Dogwatch agent: watches one endpoint and tells its collector, over mutually authenticated TLS.
//!
//! ```text
//! sources ──► report ──► outbox ──► uplink ═══ mTLS gRPC ═══► collector
//! ```
//! [`agent`] is the only place that wires these and spawns tasks; everything left of `uplink` works without a
//! network, everything right of `sources` without a machine to look at. [`command`] is what people type.
//!
//! What it deliberately cannot do: run a command that somebody sent, listen on a port, refresh package lists, or
//! read a file that its own configuration does not allow. A collector in the wrong hands cannot turn it into more
//! than a witness.

pub mod agent;
pub mod clock;
pub mod command;
pub mod config;
pub mod cost;
pub mod dial;
pub mod enroll;
pub mod farewell;
pub mod finding;
pub mod identity;
mod keeping;
pub mod lifecycle;
pub mod link_status;
pub mod outbox;
pub mod paths;
pub mod policy;
pub mod report;
pub mod schedule;
pub mod service;
pub mod sources;
pub mod spool;
pub mod state_dir;
pub mod telemetry;
pub mod trust;
pub mod uplink;
pub mod wishes;

/// The version of this agent.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

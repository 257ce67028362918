//! The agent against a collector made for the purpose: real TLS, real gRPC, real files, one process.
//!
//! Each test reads as a scenario: the test itself plays the collector, message by message.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod authority;
mod checking;
mod configuring;
mod enrolling;
mod examining;
mod fake_collector;
mod moving;
mod proxying;
mod renewing;
mod spooling;
mod streaming;
mod watching;

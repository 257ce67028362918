//! The agent against a collector made for the purpose: real TLS, real gRPC, real files, one process.
//!
//! Each test reads as a scenario: the test itself plays the collector, message by message.

mod authority;
mod enrolling;
mod fake_collector;
mod renewing;
mod streaming;

//! Simulated agents: a fleet in one process, with real TLS, real enrolment and the real protocol.
//!
//! A [`fleet::Fleet`] is many [`agent::Agent`]s, each with its own key, certificate, connection, epoch and lanes. They
//! say what a real machine says ([`facts`]) and keep the protocol's promises: sequences without gaps, nothing
//! forgotten before it is acknowledged, sent again after a reconnect, goodbye on the way out.
//!
//! [`bare`] is the other end reduced to the least that could answer: a tonic mTLS service that acknowledges and
//! forgets. Whatever the collector costs beyond it is the collector's own; the benchmarks measure both in one run.
//!
//! Deliberately not here: sources, deadbands, a spool on disk. Those are the real agent's, and its own tests cover them.

pub mod agent;
pub mod bare;
pub mod enrol;
pub mod facts;
pub mod fleet;
pub mod latency;
pub mod listener;
pub mod process;
pub mod tally;
pub mod trust;

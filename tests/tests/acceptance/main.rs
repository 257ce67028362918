//! What must be seen: each test is one promise of the product, kept by the real programs.
//!
//! One program for all of them, because linking is what costs; the test runner gives each test a process of its own.

mod approval;
mod backup;
mod canaries;
mod claims;
mod crash;
mod crossing;
mod described;
mod drop_ins;
mod durability;
mod events;
mod exit_codes;
mod fed;
mod figures;
mod fleet;
mod goodbye;
mod hand_off;
mod handed_over;
mod health_service;
mod hidden;
mod live_view;
mod muted;
mod oidc;
mod once;
mod one_write;
mod owners;
mod packages;
mod presence;
mod race;
mod refused_agents;
mod refused_enrolments;
mod refused_files;
mod renewal;
mod restart;
mod revocation;
mod rude;
mod sides;
mod signed;
mod software;
mod stalled;
mod swarm;
mod told;
mod updates;
mod watched;

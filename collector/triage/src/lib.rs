//! Decides what is wrong and whose it is. Pure: no I/O, no clock, no randomness; the same input gives the same output.
//!
//! The flow inside, each step a function of values: an endpoint's facts → [`filter`] programs → [`rules`] → [`assess`]
//! → [`finding::Finding`]s → [`alert`] life cycle → [`routing`] by the ownership matrix and its calendars, and
//! [`mute`] decides what of it is shown. Decisions
//! carry their reasons: [`who`], `rules test`, an alert's timeline and the console all show the same value.
//!
//! A snapshot carries `as_of`; there is no other notion of now.

pub mod alert;
pub mod assess;
pub mod audit;
pub mod boundary;
pub mod calendar;
pub mod duty;
pub mod filter;
pub mod finding;
pub mod intake;
pub mod lint;
pub mod matrix;
pub mod mute;
pub mod notice;
pub mod replay;
pub mod report;
pub mod routing;
pub mod rules;
pub mod sla;
pub mod upkeep;
pub mod watch_list;
pub mod who;

#[cfg(test)]
mod specimen;

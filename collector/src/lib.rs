//! The collector: takes what agents tell, decides what is wrong, and keeps the one queue that both crews share.
//!
//! One way: listeners → [`ingest`] → [`core`] (the one thread that owns the state: decide, commit to disk, then answer)
//! → readers ([`api`]). Everything that changes state goes through [`core::CoreHandle`]; everything that reads does so
//! through [`core::CoreHandle::read`].

pub mod access;
mod account;
pub mod api;
pub mod audit;
pub mod authority;
pub mod collector;
pub mod config;
pub mod core;
pub mod enrolment;
mod evaluate;
mod feed;
mod fleet;
pub mod identity;
pub mod ingest;
pub mod init;
pub mod lifecycle;
pub mod listener;
pub mod meters;
pub mod notify;
pub mod once;
pub mod origin;
pub mod ownership;
pub mod policy;
mod query;
mod queue;
pub mod refusal;
mod reload;
pub mod schemas;
mod shares;
pub mod state;
pub mod storage;
pub mod views;

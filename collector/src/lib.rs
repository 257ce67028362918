//! The collector: takes what agents tell, decides what is wrong, and keeps the one queue that both crews share.
//!
//! One way: listeners → [`core`] (the one thread that owns the state: decide, commit to disk, then answer) → readers.
//! Everything that changes state goes through [`core::CoreHandle`]; everything that reads does so through
//! [`core::CoreHandle::read`].

pub mod access;
pub mod api;
pub mod authority;
pub mod config;
pub mod core;
pub mod enrolment;
pub mod init;
pub mod listener;
pub mod policy;
pub mod refusal;
pub mod state;
pub mod storage;

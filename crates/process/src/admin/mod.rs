//! The operator's listener: whether the process lives and is ready, and its figures for Prometheus. It has an address of its
//! own, so that clients do not reach it, and works alike in processes with and without an API.
//!
//! Plain HTTP/1.1, one request a connection, few connections at a time, and a time limit for each: nothing that asks here can
//! hold up what the process is there for. Knows no framework.

mod answer;
mod listener;

pub use answer::Watched;
pub use listener::{Admin, AdminError};

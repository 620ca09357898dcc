//! What every process of ours is besides its work. `wareroom`, `app-api` and `app-worker` are started, told to stop, watched
//! and understood in the same way, because all of them are made with this.
//!
//! | module | holds |
//! |---|---|
//! | [`flags`], [`configuration`] | the command line made from the table of settings, and what comes of it |
//! | [`program`], [`version`] | a whole program that serves and does nothing else |
//! | [`logging`], [`output`], [`ended`] | the log, results and messages, exit codes |
//! | [`running`] | signals: the first one stops in order, the second one ends at once |
//! | [`health`] | which of its parts a process has lost |
//! | [`admin`] | the operator's listener: health and figures, away from where clients ask |
//! | [`figures`], [`measured`] | the table of all metrics, and ports that count what passes through them |
//!
//! It knows the configuration and the ports; neither an adapter nor how requests and jobs are done.

pub mod admin;
pub mod configuration;
pub mod ended;
pub mod figures;
pub mod flags;
pub mod health;
pub mod logging;
pub mod measured;
pub mod output;
pub mod program;
pub mod running;
#[cfg(debug_assertions)]
mod stop_point;
pub mod version;

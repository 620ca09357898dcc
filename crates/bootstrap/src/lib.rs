//! Configuration and wiring: the one crate that knows every adapter.
//!
//! [`settings`] is the table of everything that can be set; [`Config`] is what comes of defaults, file, environment and flags;
//! [`wire`] turns a [`Config`] into an [`Application`](wareroom_application::Application), one `match` per choice.
//! [`in_memory`] does the same without configuration, drivers or a disk, for embedders and tests.
//!
//! Nothing here speaks HTTP.

mod config;
mod error;
mod in_memory;
mod locks;
mod sources;
mod values;
mod wiring;

pub mod settings;

pub use config::{BlobUrl, CacheUrl, Config, DatabaseUrl, LogFormat, QueueUrl};
pub use error::{ConfigError, StartError};
pub use in_memory::{InMemory, in_memory};
pub use locks::Locks;
pub use sources::{Origin, Sources};
pub use wiring::{Wired, wire, wire_beside};

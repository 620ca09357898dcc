//! Configuration and wiring: the one crate that knows every adapter.
//!
//! [`settings`] is the table of everything that can be set, and [`documentation`] what is made of it for readers; [`Config`] is
//! what comes of defaults, file, environment and flags;
//! [`wire`] turns a [`Config`] into an [`Application`](wareroom_application::Application), one `match` per choice.
//! [`schema`] and [`migrate`] look at the database's schema without that.
//! [`in_memory`] does the same without configuration, drivers or a disk, for embedders and tests.
//!
//! Nothing here speaks HTTP.

mod bucket_variables;
mod check;
mod choices;
mod config;
mod connections;
mod doctor;
mod error;
mod file;
mod in_memory;
mod locks;
#[cfg(any(feature = "postgres", feature = "redis", feature = "rabbitmq", feature = "s3"))]
mod reach;
mod reader;
mod schema;
mod secrets;
mod server_url;
mod settled;
mod sources;
mod topology;
mod values;
mod wiring;

pub mod documentation;
pub mod settings;
pub mod transfer;

pub use bucket_variables::BucketVariables;
pub use choices::{BlobUrl, CacheUrl, DatabaseUrl, LogFormat, MediaDelivery, QueueUrl};
pub use config::Config;
pub use connections::{Connection, Leads};
pub use doctor::{Finding, Health, examine};
pub use error::{ConfigError, Fault, StartError};
pub use in_memory::{InMemory, in_memory};
pub use locks::Locks;
pub use schema::{SchemaStep, features, migrate, newest_schemas, schema};
pub use server_url::ServerUrl;
pub use settled::Settled;
pub use sources::{Flag, Origin, Sources};
pub use topology::{DeclaredQueue, Table, Topology, topology};
pub use wiring::{Wired, wire, wire_beside};

//! The embedded store: one SQLite file, in the process that uses it.
//!
//! ```text
//! begin --turn--> Unit --closures--> writer thread (one connection)      SqliteStore: Store
//! claim, ack, sequence, publish ---> the same line, a turn each          OutboxRelay, EventLog, Queue
//! remove_expired, compact ---------> the same                            Retention
//! get, list, read, head, backlog --> a few readers                       ProductQueries, UserQueries, DeadLetterQueries,
//!                                                                        EventLog
//! ```
//!
//! SQLite has one writer at a time, so there is one connection that writes, on a thread of its own, and a fair line of
//! those who want a turn. Those who stand in it together share a COMMIT: nobody is told before it, and a unit that looks at
//! rows sees what is stored and what it wrote itself. Only one that has added something new before it looks around for the
//! first time may also see what it is stored together with, or not at all; it must not be dropped and believed. Whoever
//! reads does so beside it, on a snapshot. What was acknowledged is on disk: write-ahead log with `synchronous=FULL`.
//!
//! The outbox is its own queue: workers claim due job rows by lease and delete them when they are done. Do not relay
//! this store's outbox into its own queue: both are the same rows.
//!
//! All rows at once, given away or taken in, go by connections of their own, beside the store: [`SqliteTransfer`]. So does a
//! copy of the file while others write ([`SqliteStore::back_up`]).
//!
//! Knows no other adapter and no use case.

mod backup;
mod blob_refs;
mod candidates;
mod clock;
mod config;
mod connection;
mod dead_letter_list;
mod dead_letters;
mod error;
mod events;
mod functions;
mod group;
mod idempotency;
mod images;
mod jobs;
mod migrations;
mod outbox;
#[cfg(test)]
mod plans;
mod product_list;
mod product_views;
mod products;
mod queries;
mod queue;
mod readers;
mod retention;
mod rows;
mod schema;
mod store;
mod time_limit;
mod transfer;
mod unit;
mod user_list;
mod users;
mod writer;

pub use backup::{BackedUp, BackupError};
pub use config::SqliteConfig;
pub use error::OpenError;
pub use migrations::SchemaStep;
pub use store::SqliteStore;
pub use transfer::SqliteTransfer;

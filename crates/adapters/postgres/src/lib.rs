//! The store for several machines: PostgreSQL, which many processes share without a leader.
//!
//! ```text
//! begin --pool--> Unit --pipelines--> one connection             PostgresStore: Store
//! claim, ack, sequence, publish ---> any connection               OutboxRelay, EventLog, Queue
//! remove_expired ------------------> the same                     Retention
//! get, list, read, head, backlog --> the same, again if it died   ProductQueries, UserQueries, DeadLetterQueries, EventLog
//! ```
//!
//! What a unit of work asks for is sent when the answer is needed. BEGIN goes with the first statement; a write whose answer
//! is known beforehand, because the unit holds the lock of the product it is about, is kept back and goes with the next
//! statement, or with the outbox and COMMIT: so accepting a product with its images takes two round trips, and so does
//! changing it. Whoever loads a product, or one of its images, locks the product until the unit ends, so no two units change
//! one product at a time, and all take their locks in the same order.
//!
//! Leases, claims and due times go by the server's clock. The outbox is its own queue where there is no broker: do not relay
//! it into itself, both are the same rows.
//!
//! All rows at once, given away or taken in, go by connections of their own, without limits of time: [`PostgresTransfer`].
//!
//! Knows no other adapter and no use case.

mod blob_refs;
mod config;
mod dead_letter_list;
mod dead_letters;
mod error;
mod events;
mod examine;
mod idempotency;
mod images;
mod jobs;
mod migrations;
mod outbox;
mod pipeline;
mod pool;
mod product_list;
mod products;
mod queries;
mod queue;
mod retention;
mod rows;
mod schema;
mod store;
mod tls;
mod transfer;
mod unit;
mod user_list;
mod users;

pub use config::PostgresConfig;
pub use error::OpenError;
pub use examine::Examined;
pub use migrations::{Change, SchemaStep};
pub use store::PostgresStore;
pub use transfer::PostgresTransfer;

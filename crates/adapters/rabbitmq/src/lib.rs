//! RabbitMQ: the queue between machines.
//!
//! ```text
//! publish --> Keeper<Publisher>: one connection, one channel that confirms        wareroom.v1 --images--> wareroom.v1.images
//!                 | ends, and is opened anew                                                                   |  |
//! consume --> Keeper<Connection>: one connection                              limit of deliveries, unreadable  |  | delivered
//!                 | a channel a consumer                                                                       v  |
//!             Session --> LaneConsumer --> Delivery (Loan)  <----------------------------- wareroom.v1.images.dead
//!                                                                                        still unreadable  |
//!                                                                                                          v
//!                                                                                               wareroom.v1.unreadable
//! ```
//!
//! The driver never connects again by itself, so nothing outlives its connection: what was not confirmed is not known to be
//! kept, and what was on loan is lent to others. A task opens the next connection, declares what is missing and consumes on.
//! Whoever publishes meanwhile is told at once that the queue cannot be reached; whoever receives waits.
//!
//! A broker that has no room stops reading, and says nothing. Who is under way then waits for one time-out, and nobody after
//! them, until confirmations come again.
//!
//! What the broker gives up after very many deliveries comes back to the same consumers by way of a second queue, because a
//! message ends where its attempts are counted, which is in the store. What nobody can ever read ends in a queue of its own.
//!
//! A name or a text among a message's headers that is not UTF-8 ends the connection, because the driver takes it for noise:
//! let nobody else publish there.
//!
//! Knows no other adapter and no use case.

mod address;
mod back_off;
mod channel;
mod config;
mod confirms;
mod connection;
mod consumer;
mod declare;
mod ears;
mod error;
mod keeper;
mod loan;
mod outage;
mod publisher;
mod queue;
mod session;
mod tied;
mod tls;
mod topology;
mod wire;

pub use config::{Limits, RabbitConfig};
pub use error::OpenError;
pub use queue::{LinkState, RabbitQueue, RabbitState};
pub use topology::{Argument, Binding, Exchange, OlderTopology, QueueDeclaration, Topology};

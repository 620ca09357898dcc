//! The store under the contracts of its ports, and asked for what only a store on a server can be asked for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod connections;
mod contract;
mod database;
mod faults;
mod lists;
mod order;
mod processes;
mod proxy;
mod round_trips;
mod samples;
mod schema;
mod server;
mod tls;
mod transfer;

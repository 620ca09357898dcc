//! Downloads over real sockets, with loopback addresses alone: 127.0.0.1 is opened, 127.0.0.2 is a trap.
#![expect(clippy::unwrap_used, reason = "tests: a socket that cannot be used fails them")]

mod addresses;
mod answers;
mod contract;
mod server;

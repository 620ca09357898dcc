//! What the REST edge promises, seen from outside.

mod bad_input;
mod conformance;
mod document;
mod framework;
mod health;
mod images;
mod logs;
mod media;
mod products;
mod schema;
mod server;
mod support;
mod uploads;
mod users;
mod wire;

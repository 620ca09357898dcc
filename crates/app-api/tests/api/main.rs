//! What the REST edge promises, seen from outside.

mod bad_input;
mod document;
mod framework;
mod health;
mod images;
mod logs;
mod media;
mod products;
mod server;
mod support;
mod users;
mod wire;

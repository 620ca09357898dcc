//! What the REST edge promises, seen from outside.

mod bad_input;
mod conformance;
mod cors;
mod dead_letters;
mod document;
mod editing;
mod faulty;
mod framework;
mod health;
mod idempotency;
mod images;
mod lists;
mod logs;
mod media;
mod pages;
mod paging;
mod products;
mod recorded;
mod schema;
mod server;
mod support;
mod sweep;
mod uploads;
mod users;
mod wait;
mod wire;

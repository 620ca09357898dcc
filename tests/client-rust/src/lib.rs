//! A client of Wareroom, all of it written by the generator from the OpenAPI document when this is built.

mod client;

pub use client::*;

//! Serves HTTP/1.1 connections itself, over hyper, for whatever endpoint it is given.
//!
//! The framework's own server sets no `TCP_NODELAY`, waits for ever for a request's head, takes any number of
//! connections and spins when it is out of file descriptors; this one does none of that. It must not know any route,
//! use case or error format: bodies and answers are opaque here, and what [`BodyLimits`] refuses leaves as a
//! [`BodyError`] for the outer layers to put into words. The one exception is what hyper itself refuses, which no outer
//! layer sees.

mod body_error;
mod body_limits;
mod connection;
mod exchange;
mod listener;
mod pace;
mod refused;
mod serve;
mod settings;
mod socket;
mod vitals;

pub use body_error::BodyError;
pub use body_limits::{BodyLimits, BodyLimitsEndpoint};
pub use serve::{ServeReport, Server};
pub use settings::ServerSettings;

//! Fetches images from URLs that strangers gave: the [`ImageSource`](wareroom_ports::ImageSource) port over `reqwest`, with
//! a guard that keeps it out of the house.
//!
//! Only addresses of the public internet are connected to, and those that the operator opened. The guard
//! ([`allowed`]) judges the very addresses that are dialled: those that a name resolves to, all of them, and those that
//! stand in a URL, at each redirect anew. Sizes are counted as bytes arrive and as they are unpacked, one limit of time is
//! over all of it.
//!
//! Knows nothing of products, of what an image is, or of when to try again.

mod body;
mod cidr;
mod config;
mod error;
mod guard;
mod image_source;
mod resolver;
mod retry_after;
mod room;

pub use cidr::{Cidr, CidrError};
pub use config::DownloadConfig;
pub use error::OpenError;
pub use guard::allowed;
pub use image_source::DownloadSource;

//! Inspects and renders images: the [`ImageCodec`](wareroom_ports::ImageCodec) port over decoders written in Rust
//! (JPEG, PNG, WebP) and the encoders of mozjpeg and libwebp, which are only ever fed with pixels of our own.
//!
//! ```text
//! bytes -> header (format by content, size, before anything is allocated)
//!       -> decode (once) -> for each specification: resize -> orient -> encode
//! ```
//!
//! Everything runs on a bounded number of threads, inside `catch_unwind`. A rendition depends on its source and its own
//! specification alone, never on the others asked for with it, so that it can be reused by those two.
//!
//! Knows no store, no queue and no file. Colours are taken as sRGB: embedded profiles are not applied yet.

mod codec;
mod config;
mod decode;
mod encode;
mod error;
mod header;
mod picture;
mod pool;

pub use codec::Imaging;
pub use config::ImagingConfig;

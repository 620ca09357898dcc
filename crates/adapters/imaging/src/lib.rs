//! Inspects and renders images: the [`ImageCodec`](wareroom_ports::ImageCodec) port over decoders written in Rust
//! (JPEG, PNG, WebP, GIF) and the encoders of mozjpeg and libwebp, which are only ever fed with pixels of our own.
//!
//! ```text
//! bytes -> header (format by content, size, before anything is allocated)
//!       -> budget (wait until there is memory for it)
//!       -> decode (once) -> colours to sRGB -> for each specification: resize -> orient -> encode
//! ```
//!
//! Everything runs on a bounded number of threads, inside `catch_unwind`. A rendition depends on its source and its own
//! specification alone, never on the others asked for with it, so that it can be reused by those two.
//!
//! Of several pictures in a file the first is taken. Knows no store, no queue and no file.

mod budget;
mod codec;
mod colour;
mod config;
mod decode;
mod encode;
mod error;
mod header;
mod picture;
mod pool;

pub use codec::Imaging;
pub use config::ImagingConfig;

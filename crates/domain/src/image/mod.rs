//! An image: where it came from, how far the pipeline is with it, and what it was made into.

mod aggregate;
mod blob;
mod reason;
mod rendition;
mod source;
mod state;
mod url;

pub use aggregate::{Changed, Image, ImageDraft, ImageOwner};
pub use blob::{BlobKey, BlobKeyError, Sha256};
pub use reason::{Failure, Reason};
pub use rendition::{Format, MAIN, Rendition, RenditionSpec, default_renditions};
pub use source::{Content, Source, Via};
pub use state::{Attempt, Begun, ImageState, Setback, TransitionError};
pub use url::{ImageUrl, ImageUrlError};

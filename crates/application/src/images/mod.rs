//! Images: accepted here, processed by a worker, read by everyone.

pub(crate) mod add_images;
pub(crate) mod attempt;
pub(crate) mod get_rendition;
pub(crate) mod rescue_images;

pub use add_images::{AddImages, AddedImages, UploadedFile};
pub use attempt::{AttemptBegun, Download, ImageAttempt, Outcome, Sourced};

//! Images: accepted here, processed by a worker, read by everyone.

pub(crate) mod add_image_by_url;
pub(crate) mod add_images;
pub(crate) mod attempt;
pub(crate) mod delete_image;
pub(crate) mod edit_image;
pub(crate) mod get_image;
pub(crate) mod get_rendition;
pub(crate) mod order;
pub(crate) mod replace_image;
pub(crate) mod rescue_images;
pub(crate) mod retry_image;
mod upload;

pub use add_image_by_url::AddImageByUrl;
pub use add_images::{AddImages, AddedImages};
pub use attempt::{AttemptBegun, Download, ImageAttempt, Outcome, Sourced};
pub use delete_image::DeleteImage;
pub use edit_image::{EditImage, ImageEdit};
pub use get_image::FoundImage;
pub use replace_image::{NewSource, ReplaceImage};
pub use retry_image::RetryImage;
pub use upload::UploadedFile;

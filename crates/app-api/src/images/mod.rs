//! `/products/{id}/images`.

mod add;
mod body;
mod form;
mod json;
mod memory;
mod one;
mod output;
mod portions;

pub(crate) use memory::UploadMemory;
pub(crate) use output::{Image, ImageAnswer, ImageErrorCode};

use crate::context::Asked;
use crate::idempotency::Replayable;
use crate::if_match::IfMatch;
use crate::links::Links;
use crate::merge_patch::MergePatch;
use crate::products::{Deleted, EditedProduct, ProductIdParameter};
use crate::refusal::{Deleting, Reading, Refusal, Retrying, WritingTo};
use crate::schema::{HeaderText, Tag};
use add::AcceptedImages;
use body::ImageBody;
use one::{FoundImage, ImageIdParameter, ImagePatch, RetriedImage};
use poem_openapi::{OpenApi, param::Path};
use std::sync::Arc;
use wareroom_application::Application;

pub(crate) struct ImagesApi {
    pub(crate) application: Arc<Application>,
    pub(crate) links: Arc<Links>,
    pub(crate) memory: UploadMemory,
}

#[OpenApi(tag = "Tag::Images")]
impl ImagesApi {
    /// Add images to a product
    ///
    /// Files: JPEG, PNG, WebP or GIF, each as a part named `file`; all files of a request are accepted, or none. Or one
    /// image as JSON: `url` says where it is, `base64` brings it along.
    #[oai(path = "/products/:id/images", method = "post", operation_id = "add_images")]
    async fn add_images(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: ImageBody,
    ) -> Result<Replayable<AcceptedImages>, Refusal<WritingTo>> {
        Ok(self.add(&asked, id.0.0, if_match.0, body).await?)
    }

    /// Get an image
    ///
    /// Its `ETag` is its product's, so that a write to either can be held to it.
    #[oai(path = "/products/:id/images/:image_id", method = "get", operation_id = "get_image")]
    async fn get_image(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        image_id: Path<ImageIdParameter>,
        #[oai(name = "If-None-Match")] if_none_match: HeaderText,
    ) -> Result<FoundImage, Refusal<Reading>> {
        Ok(self.find(&asked, id.0.0, image_id.0.0, if_none_match.0.as_deref()).await?)
    }

    /// Replace an image
    ///
    /// It is given another source, one file or JSON, and is `pending` again; its id, its place and what is said about it
    /// stay.
    #[oai(path = "/products/:id/images/:image_id", method = "put", operation_id = "replace_image")]
    async fn replace_image(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        image_id: Path<ImageIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: ImageBody,
    ) -> Result<EditedProduct, Refusal<WritingTo>> {
        Ok(self.replace(&asked, id.0.0, image_id.0.0, if_match.0, body).await?)
    }

    /// Change an image
    ///
    /// A merge patch (RFC 7396) of what is said about it and of its place. An image that is moved takes its place among
    /// the others, which keep their order.
    #[oai(path = "/products/:id/images/:image_id", method = "patch", operation_id = "edit_image")]
    async fn edit_image(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        image_id: Path<ImageIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: MergePatch<ImagePatch>,
    ) -> Result<EditedProduct, Refusal<WritingTo>> {
        Ok(self.patch(&asked, id.0.0, image_id.0.0, if_match.0, body.0).await?)
    }

    /// Remove an image
    ///
    /// The others keep their order, and those behind it move up.
    #[oai(path = "/products/:id/images/:image_id", method = "delete", operation_id = "delete_image")]
    async fn delete_image(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        image_id: Path<ImageIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
    ) -> Result<Deleted, Refusal<Deleting>> {
        Ok(self.delete(&asked, id.0.0, image_id.0.0, if_match.0).await?)
    }

    /// Try a failed image again
    ///
    /// Its attempts start from none. An image that has not failed is 409 `wrong_state`.
    #[oai(path = "/products/:id/images/:image_id/retry", method = "post", operation_id = "retry_image")]
    async fn retry_image(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        image_id: Path<ImageIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
    ) -> Result<Replayable<RetriedImage>, Refusal<Retrying>> {
        Ok(self.retry(&asked, id.0.0, image_id.0.0, if_match.0).await?)
    }
}

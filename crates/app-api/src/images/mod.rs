//! `/products/{id}/images`.

mod form;
mod memory;
mod output;
mod portions;

pub(crate) use memory::UploadMemory;
pub(crate) use output::Image;

use crate::context::Asked;
use crate::links::Links;
use crate::payload::RawJson;
use crate::products::ProductIdParameter;
use crate::refusal::{Refusal, WritingTo};
use crate::schema::Tag;
use form::{FormLimits, ImagesForm, ReadFiles};
use output::AddedImages;
use poem_openapi::{ApiResponse, OpenApi, param::Path};
use std::sync::Arc;
use wareroom_application::{AddImages, Application};

pub(crate) struct ImagesApi {
    pub(crate) application: Arc<Application>,
    pub(crate) links: Arc<Links>,
    pub(crate) memory: UploadMemory,
}

#[derive(ApiResponse)]
pub(crate) enum AcceptedImages {
    /// The images were accepted and wait to be processed.
    #[oai(status = 201)]
    Accepted(
        RawJson<AddedImages>,
        /// Where the product is.
        #[oai(header = "Location")]
        String,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// When to look how far they are, in seconds.
        #[oai(header = "Retry-After")]
        u32,
    ),
}

#[OpenApi(tag = "Tag::Images")]
impl ImagesApi {
    /// Upload images of a product
    ///
    /// JPEG, PNG, WebP or GIF, each as a part named `file`. All files of a request are accepted, or none.
    #[oai(path = "/products/:id/images", method = "post", operation_id = "add_images")]
    async fn add_images(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        form: ImagesForm,
    ) -> Result<AcceptedImages, Refusal<WritingTo>> {
        let settings = self.application.settings();
        let limits = FormLimits { file_bytes: settings.image_max_bytes, files: settings.images_per_product };
        let product = id.0.0;
        // Megabytes for a product that is not there are not worth receiving.
        self.application.get_product(&asked.0, product).await?;
        let ReadFiles { files, memory } = form.read(limits, &self.memory).await?;
        let added = self.application.add_images(&asked.0, AddImages { product, files }).await?;
        drop(memory);
        let etag = crate::etag::of(added.view.product.revision, added.view.product.version);
        let location = self.links.product(added.view.product.id);
        Ok(AcceptedImages::Accepted(RawJson::of(&AddedImages::new(&added, &self.links)), location, etag, 1))
    }
}

//! Images are added to a product.

use super::ImagesApi;
use super::body::{ImageBody, ReadImages};
use super::form::{FileCount, FormLimits};
use super::output::AddedImages;
use crate::context::Asked;
use crate::etag;
use crate::idempotency::Replayable;
use crate::payload::RawJson;
use crate::problem::Problem;
use poem_openapi::ApiResponse;
use wareroom_application::{self as application, AddImageByUrl, AddImages, Answered, Precondition};
use wareroom_domain::ProductId;

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

impl ImagesApi {
    pub(super) async fn add(
        &self,
        asked: &Asked,
        product: ProductId,
        precondition: Precondition,
        body: ImageBody,
    ) -> Result<Replayable<AcceptedImages>, Problem> {
        let settings = self.application.settings();
        let files = FileCount::AtMost(settings.images_per_product);
        let limits = FormLimits { file_bytes: settings.image_max_bytes, files };
        // Megabytes for a product that is not there are not worth receiving, but for what may have been done before.
        if asked.0.idempotency_key.is_none() {
            self.application.get_product(&asked.0, product).await?;
        }
        match body.read(limits, &self.memory).await? {
            ReadImages::Url(url) => {
                let command = AddImageByUrl { product, precondition, url };
                let added = self.application.add_image_by_url(&asked.0, command).await?;
                Ok(self.accepted(added))
            }
            ReadImages::Sent { via, files, memory } => {
                let command = AddImages { product, precondition, via, files };
                let added = self.application.add_images(&asked.0, command).await?;
                drop(memory);
                Ok(self.accepted(added))
            }
        }
    }

    fn accepted(&self, added: Answered<application::AddedImages>) -> Replayable<AcceptedImages> {
        Replayable::of(added, |added| {
            let product = &added.view.product;
            let (location, etag) = (self.links.product(product.id), etag::of(product.revision, product.version));
            AcceptedImages::Accepted(RawJson::of(&AddedImages::new(&added, &self.links)), location, etag, 1)
        })
    }
}

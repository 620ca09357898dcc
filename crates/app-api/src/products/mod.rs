//! `/products`.

mod input;
mod output;

pub(crate) use output::{Product, ProductAnswer, rendered};

use crate::context::Asked;
use crate::links::Links;
use crate::near_cache::{Kept, NearCache};
use crate::payload::{JsonObject, RawJson};
use crate::refusal::{Reading, Refusal, Writing};
use crate::schema::{HeaderText, Tag, path_parameter};
use crate::{etag, problem::Problem};
use input::ProductInput;
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, OpenApi, param::Path};
use std::sync::Arc;
use wareroom_application::{Application, Context};
use wareroom_domain::{ProductId, ids::MAX_INTEGER_ID};
use wareroom_ports::Origin;

path_parameter! {
    /// The id of a product in a path.
    ProductIdParameter(ProductId): MetaSchema {
        minimum: Some(1.0),
        #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact")]
        maximum: Some(MAX_INTEGER_ID as f64),
        ..MetaSchema::new_with_format("integer", "int64")
    },
    str::parse::<ProductId>
}

/// Answers are the caller's own, and are asked for again each time: a `304` is cheap.
const CACHE_CONTROL: &str = "private, no-cache";

pub(crate) struct ProductsApi {
    pub(crate) application: Arc<Application>,
    pub(crate) near: Arc<NearCache>,
    pub(crate) links: Arc<Links>,
}

#[derive(ApiResponse)]
pub(crate) enum CreatedProduct {
    /// The product was created.
    #[oai(status = 201)]
    Created(
        RawJson<ProductAnswer>,
        /// Where the product is.
        #[oai(header = "Location")]
        String,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// When to look how far its images are, in seconds; not there when it has none.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum FoundProduct {
    /// The product.
    #[oai(status = 200)]
    Found(
        RawJson<ProductAnswer>,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// Who may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
        /// Where the answer came from.
        #[oai(header = "Cache-Status")]
        String,
        /// When to ask again, in seconds, while images are pending or processing.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
    /// The product is as `If-None-Match` says.
    #[oai(status = 304)]
    NotModified(
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// Who may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
        /// Where the answer came from.
        #[oai(header = "Cache-Status")]
        String,
        /// When to ask again, in seconds, while images are pending or processing.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
}

#[OpenApi(tag = "Tag::Products")]
impl ProductsApi {
    /// Create a product
    ///
    /// The answer comes at once, each image `pending`; they are fetched and processed soon after. Files are uploaded
    /// afterwards, to `/products/{id}/images`. A number beyond the range of a double, such as
    /// 1e400, makes the whole body unreadable (400); any other price that is not allowed is 422.
    #[oai(path = "/products", method = "post", operation_id = "create_product")]
    async fn create_product(
        &self,
        asked: Asked,
        body: JsonObject<ProductInput>,
    ) -> Result<CreatedProduct, Refusal<Writing>> {
        let command = input::command(body, self.application.settings().images_per_product)?;
        let view = self.application.create_product(&asked.0, command).await?;
        let location = self.links.product(view.product.id);
        let etag = etag::of(view.product.revision, view.product.version);
        let answer = ProductAnswer::new(&view, &self.links, "Product created");
        let retry_after = (!view.images.is_empty()).then_some(1);
        Ok(CreatedProduct::Created(RawJson::of(&answer), location, etag, retry_after))
    }

    /// Get a product
    #[oai(path = "/products/:id", method = "get", operation_id = "get_product")]
    async fn get_product(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        #[oai(name = "If-None-Match")] if_none_match: HeaderText,
    ) -> Result<FoundProduct, Refusal<Reading>> {
        let (kept, origin) = self.find(&asked.0, id.0.0).await?;
        let (etag, control, retry_after) = (kept.etag.clone(), CACHE_CONTROL.to_owned(), kept.unsettled.then_some(1));
        if etag::none_match(if_none_match.0.as_deref(), &etag) {
            return Ok(FoundProduct::NotModified(etag, control, origin.to_owned(), retry_after));
        }
        let body = RawJson::kept(kept.body.clone());
        Ok(FoundProduct::Found(body, etag, control, origin.to_owned(), retry_after))
    }
}

impl ProductsApi {
    /// The rendered answer, and where it came from, as `Cache-Status` says it (RFC 9211).
    async fn find(&self, context: &Context, id: ProductId) -> Result<(Arc<Kept>, &'static str), Problem> {
        if let Some(kept) = self.near.get(id) {
            self.application.may_read_product(context, kept.owner)?;
            return Ok((kept, "wareroom; hit; detail=near"));
        }
        let begun = self.near.begin_read();
        let found = self.application.get_product(context, id).await?;
        let kept = Arc::new(rendered(&found.view, &self.links));
        self.near.keep(begun, id, &kept);
        let origin = match found.origin {
            Origin::Cache => "wareroom; hit; detail=shared",
            Origin::Store => "wareroom; fwd=miss",
        };
        Ok((kept, origin))
    }
}

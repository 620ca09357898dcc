//! `/products`.

mod at_hand;
mod cursor;
mod edit;
mod input;
mod list;
mod output;
mod wait;

pub(crate) use at_hand::{AtHand, answer as answer_at_hand};
pub(crate) use edit::{Deleted, EditedProduct};
pub(crate) use output::{Product, ProductAnswer, rendered};

use crate::changes::Changes;
use crate::context::{Asked, NO_STORE};
use crate::cursor::Cursor;
use crate::health::Readiness;
use crate::idempotency::Replayable;
use crate::if_match::IfMatch;
use crate::links::Links;
use crate::merge_patch::MergePatch;
use crate::near_cache::{Kept, NearCache};
use crate::payload::{JsonObject, RawJson};
use crate::query::{Limit, NamePart, Parameter};
use crate::refusal::{Deleting, Listing, Reading, Refusal, Writing, WritingTo};
use crate::schema::{HeaderText, Tag, path_parameter};
use crate::{etag, problem::Problem};
use edit::ProductPatch;
use input::ProductInput;
use list::{ListedProducts, ProductList, ProductQuery, ProductSort};
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, OpenApi, param::Path};
use std::sync::Arc;
use wait::WaitSeconds;
use wareroom_application::{Application, Context};
use wareroom_domain::{Price, ProductId, UserId, ids::MAX_INTEGER_ID};
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
pub(crate) const CACHE_CONTROL: &str = "private, no-cache";

/// What `Cache-Status` says of an answer that was at hand.
const AT_HAND: &str = "wareroom; hit; detail=near";

/// Where an answer came from, as `Cache-Status` says it (RFC 9211).
pub(crate) const fn cache_status(origin: Origin) -> &'static str {
    match origin {
        Origin::Cache => "wareroom; hit; detail=shared",
        Origin::Store => "wareroom; fwd=miss",
    }
}

pub(crate) struct ProductsApi {
    pub(crate) application: Arc<Application>,
    pub(crate) near: Arc<NearCache>,
    pub(crate) changes: Arc<Changes>,
    pub(crate) readiness: Readiness,
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
    ) -> Result<Replayable<CreatedProduct>, Refusal<Writing>> {
        let command = input::command(body, self.application.settings().images_per_product)?;
        let created = self.application.create_product(&asked.0, command).await?;
        Ok(Replayable::of(created, |view| {
            let location = self.links.product(view.product.id);
            let etag = etag::of(view.product.revision, view.product.version);
            let answer = ProductAnswer::new(&view, &self.links, "Product created");
            let retry_after = (!view.images.is_empty()).then_some(1);
            CreatedProduct::Created(RawJson::of(&answer), location, etag, retry_after)
        }))
    }

    /// List products
    ///
    /// Each with its images, always as it is now. An item that does not change while the list is read appears once, whatever
    /// else is added, changed or deleted meanwhile.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    #[oai(path = "/products", method = "get", operation_id = "list_products")]
    async fn list_products(
        &self,
        asked: Asked,
        /// Those of this user.
        user_id: Parameter<UserId>,
        /// Those that cost this or more.
        min_price: Parameter<Price>,
        /// Those that cost this or less.
        max_price: Parameter<Price>,
        /// Those whose name contains this. Characters are compared one by one, in lower case: `é` as one character and as
        /// `e` with an accent after it (composed and decomposed) are different.
        product_name: Parameter<NamePart>,
        /// In which order; a minus in front puts the largest first.
        sort: Parameter<ProductSort>,
        /// How many at most; above 100 counts as 100.
        limit: Parameter<Limit>,
        /// Where to go on: the `next_cursor` of the list with the same filter and sort.
        cursor: Parameter<Cursor>,
    ) -> Result<ListedProducts, Refusal<Listing>> {
        let query = ProductQuery { owner: user_id, min_price, max_price, name: product_name, sort, limit, cursor };
        let (command, binding) = query.command()?;
        let listed = self.application.list_products(&asked.0, command).await?;
        let answer = ProductList::new(&listed, &binding, &self.links);
        Ok(ListedProducts::Listed(RawJson::of(&answer), NO_STORE.to_owned()))
    }

    /// Get a product
    ///
    /// With all of its images. While some are on their way, `wait` holds the answer back until one of them is further.
    #[oai(path = "/products/:id", method = "get", operation_id = "get_product")]
    async fn get_product(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        /// Hold the answer back until something changes, for so many seconds at most, while images are pending or
        /// processing. What changed is told by `If-None-Match` or, without it, by the product as it is now. A product whose
        /// images are all settled is answered at once, also with 304: ask again with `wait` only while answers have
        /// `Retry-After`.
        wait: Parameter<WaitSeconds>,
        #[oai(name = "If-None-Match")] if_none_match: HeaderText,
    ) -> Result<FoundProduct, Refusal<Reading>> {
        let (kept, origin) = self.find_news(&asked.0, id.0.0, if_none_match.0.as_deref(), wait.0).await?;
        let (etag, control, retry_after) = (kept.etag.clone(), CACHE_CONTROL.to_owned(), kept.unsettled.then_some(1));
        if etag::none_match(if_none_match.0.as_deref(), &etag) {
            return Ok(FoundProduct::NotModified(etag, control, origin.to_owned(), retry_after));
        }
        let body = RawJson::kept(kept.body.clone());
        Ok(FoundProduct::Found(body, etag, control, origin.to_owned(), retry_after))
    }

    /// Replace a product
    ///
    /// Every field is set, those that are left out to nothing. The images that came by URL become `product_images`: one
    /// that is there stays what it is, a new one is `pending`, a missing one is removed. Uploads are not touched.
    #[oai(path = "/products/:id", method = "put", operation_id = "replace_product")]
    async fn replace_product(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: JsonObject<ProductInput>,
    ) -> Result<EditedProduct, Refusal<WritingTo>> {
        Ok(self.replace(&asked, id.0.0, if_match.0, body).await?)
    }

    /// Change a product
    ///
    /// A merge patch (RFC 7396): what is left out stays as it is, `null` empties a field that may be empty. With
    /// `product_images` the images that came by URL become that list, as with PUT.
    #[oai(path = "/products/:id", method = "patch", operation_id = "edit_product")]
    async fn edit_product(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: MergePatch<ProductPatch>,
    ) -> Result<EditedProduct, Refusal<WritingTo>> {
        Ok(self.patch(&asked, id.0.0, if_match.0, body.0).await?)
    }

    /// Delete a product
    ///
    /// Its images go with it, and so do their files, unless another product has the same.
    #[oai(path = "/products/:id", method = "delete", operation_id = "delete_product")]
    async fn delete_product(
        &self,
        asked: Asked,
        id: Path<ProductIdParameter>,
        /// An `ETag` of the product: the write takes effect only if no client has written to it since.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
    ) -> Result<Deleted, Refusal<Deleting>> {
        Ok(self.delete(&asked, id.0.0, if_match.0).await?)
    }
}

impl ProductsApi {
    /// The rendered answer, and where it came from, for `Cache-Status`.
    async fn find(&self, context: &Context, id: ProductId) -> Result<(Arc<Kept>, &'static str), Problem> {
        if let Some(kept) = self.near.get(id) {
            self.application.may_read_product(context, kept.owner)?;
            return Ok((kept, AT_HAND));
        }
        self.read(context, id).await
    }

    /// The same, past what is kept at hand.
    async fn read(&self, context: &Context, id: ProductId) -> Result<(Arc<Kept>, &'static str), Problem> {
        let begun = self.near.begin_read();
        let found = self.application.get_product(context, id).await?;
        let kept = Arc::new(rendered(&found.view, &self.links));
        self.near.keep(begun, id, &kept);
        Ok((kept, cache_status(found.origin)))
    }
}

//! Products as clients change them: what they send, and what they are answered.

use super::input::{self, ProductInput};
use super::{ProductAnswer, ProductsApi};
use crate::context::Asked;
use crate::fields::Fields;
use crate::links::Links;
use crate::payload::RawJson;
use crate::problem::Problem;
use crate::{etag, payload::JsonObject};
use poem_openapi::{ApiResponse, Object, types::Example};
use serde_json::{Map, Value};
use wareroom_application::{DeleteProduct, EditProduct, Precondition, ProductEdit};
use wareroom_domain::{Description, ImageUrl, ProductId, ProductName, UserId};
use wareroom_ports::ProductView;

/// What is to be changed about a product: what is left out stays as it is.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ProductPatch {
    /// Whom the product belongs to; it stays so.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    user_id: Option<i64>,
    /// What it is called, on one line.
    #[oai(validator(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    ))]
    product_name: Option<String>,
    /// What it is; `null` empties it.
    #[oai(
        nullable,
        validator(max_length = 65536, pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$")
    )]
    product_description: Option<String>,
    /// What it costs: exact, at most two decimal places.
    #[oai(validator(minimum(value = "0"), maximum(value = "99999999.99")))]
    product_price: Option<f64>,
    /// Where its images are that come by URL, all of them, in their order: one that is there stays what it is, one that
    /// is missing is removed. One that is named again counts once, unless several images of the product have it: each
    /// mention is one of them then, in their order. `null` removes all. Uploads are not touched.
    #[oai(nullable, validator(max_items = 20, max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"))]
    product_images: Option<Vec<String>>,
}

impl Example for ProductPatch {
    fn example() -> Self {
        Self {
            user_id: None,
            product_name: None,
            product_description: Some("Boils a litre in two minutes".to_owned()),
            product_price: Some(17.99),
            product_images: None,
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum EditedProduct {
    /// The product as it is now.
    #[oai(status = 200)]
    Edited(
        RawJson<ProductAnswer>,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// When to look how far its images are, in seconds, while images are pending or processing.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum Deleted {
    /// It is gone.
    #[oai(status = 204)]
    Deleted,
}

impl EditedProduct {
    pub(crate) fn new(view: &ProductView, links: &Links, message: &str) -> Self {
        let etag = etag::of(view.product.revision, view.product.version);
        let unsettled = view.images.iter().any(|image| !image.state.settled());
        Self::Edited(RawJson::of(&ProductAnswer::new(view, links, message)), etag, unsettled.then_some(1))
    }
}

impl ProductsApi {
    pub(super) async fn replace(
        &self,
        asked: &Asked,
        product: ProductId,
        precondition: Precondition,
        body: JsonObject<ProductInput>,
    ) -> Result<EditedProduct, Problem> {
        let whole = input::command(body, self.application.settings().images_per_product)?;
        let edit = ProductEdit {
            owner: Some(whole.owner),
            name: Some(whole.name),
            description: Some(whole.description),
            price: Some(whole.price),
            images: Some(whole.images),
        };
        let view = self.application.edit_product(&asked.0, EditProduct { product, precondition, edit }).await?;
        Ok(EditedProduct::new(&view, &self.links, "Product replaced"))
    }

    pub(super) async fn patch(
        &self,
        asked: &Asked,
        product: ProductId,
        precondition: Precondition,
        members: Map<String, Value>,
    ) -> Result<EditedProduct, Problem> {
        let edit = edit(members, self.application.settings().images_per_product)?;
        let view = self.application.edit_product(&asked.0, EditProduct { product, precondition, edit }).await?;
        Ok(EditedProduct::new(&view, &self.links, "Product updated"))
    }

    pub(super) async fn delete(
        &self,
        asked: &Asked,
        product: ProductId,
        precondition: Precondition,
    ) -> Result<Deleted, Problem> {
        self.application.delete_product(&asked.0, DeleteProduct { product, precondition }).await?;
        Ok(Deleted::Deleted)
    }
}

/// The edit that a merge patch asks for, with that many images at most, or every fault of it.
fn edit(members: Map<String, Value>, images: usize) -> Result<ProductEdit, Problem> {
    let mut fields = Fields::of(members);
    let owner = fields.if_there("user_id", |fields, field| fields.integer(field, UserId::new));
    let name = fields.if_there("product_name", |fields, field| fields.text(field, ProductName::new));
    let description = if fields.take_null("product_description") {
        Description::new("").ok().map(Some)
    } else {
        fields.if_there("product_description", |fields, field| fields.text(field, Description::new))
    };
    let price = fields.if_there("product_price", |fields, field| fields.decimal(field, str::parse));
    let images = if fields.take_null("product_images") {
        Some(Some(vec![]))
    } else {
        fields.if_there("product_images", |fields, field| fields.texts(field, images, |url| ImageUrl::new(&url)))
    };
    let read = || {
        let (description, price, images) = (description?, price?, images?);
        Some(ProductEdit { owner: owner?, name: name?, description, price, images })
    };
    let read = read();
    fields.finish(&input::SERVER_OWNED, read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// RFC 7396, section 2, for members that are no objects.
    fn merged(target: &Value, patch: &Value) -> Value {
        let mut merged = members(target);
        for (name, value) in members(patch) {
            if value.is_null() {
                merged.remove(&name);
            } else {
                merged.insert(name, value);
            }
        }
        Value::Object(merged)
    }

    /// What a product is after two edits, one upon the other.
    fn over(first: ProductEdit, second: ProductEdit) -> ProductEdit {
        ProductEdit {
            owner: second.owner.or(first.owner),
            name: second.name.or(first.name),
            description: second.description.or(first.description),
            price: second.price.or(first.price),
            images: second.images.or(first.images),
        }
    }

    fn put(whole: &Value) -> Option<ProductEdit> {
        let whole = input::command(JsonObject::of(members(whole)), 3).ok()?;
        Some(ProductEdit {
            owner: Some(whole.owner),
            name: Some(whole.name),
            description: Some(whole.description),
            price: Some(whole.price),
            images: Some(whole.images),
        })
    }

    fn product() -> impl Strategy<Value = Value> {
        ("[a-z]{1,5}", "[a-z]{0,5}", 0_u32..10_000, proptest::collection::vec(0_u8..5, 0..4)).prop_map(
            |(name, description, price, images)| {
                let images: Vec<_> = images.iter().map(|number| format!("http://a.example/{number}")).collect();
                json!({"user_id": 1, "product_name": name, "product_description": description,
                       "product_price": f64::from(price) / 100.0, "product_images": images})
            },
        )
    }

    /// Some of the fields of a product, some of them null, some not what they must be.
    fn patch() -> impl Strategy<Value = Value> {
        let mask = proptest::collection::vec(0_u8..8, 5);
        (product(), mask).prop_map(|(product, mask)| {
            let patch = members(&product).into_iter().zip(mask).filter_map(|((name, value), what)| match what {
                0..=3 => None,
                4 | 5 => Some((name, value)),
                6 => Some((name, Value::Null)),
                _ => Some((name, json!(true))),
            });
            Value::Object(patch.collect())
        })
    }

    proptest! {
        #[test]
        fn a_patch_is_the_product_that_the_merged_document_would_be(current in product(), patch in patch()) {
            let by_patch = edit(members(&patch), 3).ok().map(|edit| over(put(&current).unwrap(), edit));
            prop_assert_eq!(by_patch, put(&merged(&current, &patch)));
        }

        #[test]
        fn a_patch_that_is_made_twice_changes_nothing_the_second_time(current in product(), patch in patch()) {
            if let Ok(edit) = edit(members(&patch), 3) {
                let once = over(put(&current).unwrap(), edit.clone());
                prop_assert_eq!(over(once.clone(), edit), once);
            }
        }

        #[test]
        fn what_a_patch_leaves_out_it_leaves_as_it_is(patch in patch()) {
            if let Ok(edit) = edit(members(&patch), 3) {
                let there = |name: &str| patch.get(name).is_some();
                prop_assert_eq!(edit.owner.is_some(), there("user_id"));
                prop_assert_eq!(edit.name.is_some(), there("product_name"));
                prop_assert_eq!(edit.description.is_some(), there("product_description"));
                prop_assert_eq!(edit.price.is_some(), there("product_price"));
                prop_assert_eq!(edit.images.is_some(), there("product_images"));
            }
        }
    }
}

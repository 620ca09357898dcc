//! Products as clients send them.

use crate::fields::Fields;
use crate::payload::JsonObject;
use crate::problem::Problem;
use poem_openapi::{Object, types::Example};
use wareroom_application::CreateProduct;
use wareroom_domain::{Description, ImageUrl, ProductName, UserId};

/// What only the server sets.
pub(super) const SERVER_OWNED: [&str; 8] =
    ["id", "compressed_product_images", "images", "images_summary", "revision", "version", "created_at", "updated_at"];

/// A product to be created.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ProductInput {
    /// Whom the product belongs to.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    user_id: i64,
    /// What it is called, on one line.
    #[oai(validator(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    ))]
    product_name: String,
    /// What it is; empty unless given.
    #[oai(validator(max_length = 65536, pattern = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"))]
    product_description: Option<String>,
    /// What it costs: exact, at most two decimal places.
    #[oai(validator(minimum(value = "0"), maximum(value = "99999999.99")))]
    product_price: f64,
    /// Where its images are, in their order: `http` or `https`. One that is named again counts once, unless several images
    /// of the product have it: each mention is one of them then, in their order.
    #[oai(validator(max_items = 20, max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://"))]
    product_images: Option<Vec<String>>,
}

impl Example for ProductInput {
    fn example() -> Self {
        Self {
            user_id: 1,
            product_name: "Kettle".to_owned(),
            product_description: Some("Boils a litre in three minutes".to_owned()),
            product_price: 18.99,
            product_images: Some(vec!["https://images.example/kettle.jpg".to_owned()]),
        }
    }
}

/// The command that the body asks for, with that many images at most, or every fault of it.
pub(crate) fn command(body: JsonObject<ProductInput>, images: usize) -> Result<CreateProduct, Problem> {
    let mut fields = Fields::of(body.0);
    let owner = fields.integer("user_id", UserId::new);
    let name = fields.text("product_name", ProductName::new);
    let description = fields.text_or_empty("product_description", Description::new);
    let price = fields.decimal("product_price", str::parse);
    let images = fields.texts("product_images", images, |url| ImageUrl::new(&url));
    let read = || {
        let (description, price, images) = (description?, price?, images?);
        Some(CreateProduct { owner: owner?, name: name?, description, price, images })
    };
    let read = read();
    fields.finish(&SERVER_OWNED, read)
}

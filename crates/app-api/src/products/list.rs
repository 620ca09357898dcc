//! The list of products: what is asked for, and the answer.

use super::{Product, cursor};
use crate::cursor::{Binding, Cursor};
use crate::links::Links;
use crate::payload::RawJson;
use crate::problem::Problem;
use crate::query::{FromQuery, Limit, NamePart, Parameter, ordered};
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;
use std::fmt::Display;
use wareroom_application::{ListProducts, Listed};
use wareroom_domain::{Price, UserId};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, ProductView};

/// In which order products are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProductSort {
    order: ProductOrder,
    descending: bool,
}

impl ProductSort {
    const NEWEST_FIRST: Self = Self { order: ProductOrder::CreatedAt, descending: true };

    /// Every order by its name.
    const NAMED: [(&'static str, Self); 6] = [
        ("-created_at", Self::NEWEST_FIRST),
        ("created_at", Self { order: ProductOrder::CreatedAt, descending: false }),
        ("product_price", Self { order: ProductOrder::Price, descending: false }),
        ("-product_price", Self { order: ProductOrder::Price, descending: true }),
        ("product_name", Self { order: ProductOrder::Name, descending: false }),
        ("-product_name", Self { order: ProductOrder::Name, descending: true }),
    ];

    fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, sort)| *sort == self).map_or("", |(name, _)| name)
    }
}

impl FromQuery for ProductSort {
    fn schema() -> MetaSchema {
        MetaSchema {
            enum_items: Self::NAMED.iter().map(|(name, _)| (*name).into()).collect(),
            default: Some(Self::NEWEST_FIRST.name().into()),
            ..MetaSchema::new("string")
        }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        let found = Self::NAMED.iter().find(|(name, _)| *name == text).map(|(_, sort)| *sort);
        found.ok_or_else(|| format!("must be one of {}", Self::NAMED.map(|(name, _)| name).join(", ")))
    }
}

/// The parameters of the list as they came.
pub(super) struct ProductQuery {
    pub(super) owner: Parameter<UserId>,
    pub(super) min_price: Parameter<Price>,
    pub(super) max_price: Parameter<Price>,
    pub(super) name: Parameter<NamePart>,
    pub(super) sort: Parameter<ProductSort>,
    pub(super) limit: Parameter<Limit>,
    pub(super) cursor: Parameter<Cursor>,
}

impl ProductQuery {
    /// The command that they ask for, and what the next cursor is bound to.
    pub(super) fn command(self) -> Result<(ListProducts, Binding), Problem> {
        ordered(("min_price", self.min_price.0), ("max_price", self.max_price.0))?;
        let filter = ProductFilter {
            owner: self.owner.0,
            name: self.name.0.map(|name| name.0),
            min_price: self.min_price.0,
            max_price: self.max_price.0,
        };
        let sort = self.sort.0.unwrap_or(ProductSort::NEWEST_FIRST);
        let binding = Binding::to("products")
            .with(filter.owner)
            .with(filter.name.as_ref())
            .with(filter.min_price)
            .with(filter.max_price)
            .with(Some(sort.name()));
        let after = self.cursor.0.map(|given| binding.read(&given, |bytes| cursor::place(sort.order, bytes)));
        let page = ProductPage {
            order: sort.order,
            descending: sort.descending,
            after: after.transpose()?,
            limit: Limit::of(&self.limit),
        };
        Ok((ListProducts { filter, page }, binding))
    }
}

/// A part of the list of products.
#[derive(Object, Serialize)]
pub(crate) struct ProductList {
    /// The products, in order.
    #[oai(validator(max_items = 100))]
    data: Vec<Product>,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
    /// Behind what the list goes on: send it as `cursor`, with the same filter and sort. Null at the end.
    #[oai(nullable, validator(max_length = 2048, pattern = "^[A-Za-z0-9_-]+$"))]
    next_cursor: Option<String>,
}

impl ProductList {
    pub(super) fn new(listed: &Listed<ProductView, ProductPlace>, binding: &Binding, links: &Links) -> Self {
        Self {
            data: listed.items.iter().map(|view| Product::new(view, links)).collect(),
            message: "Products found".to_owned(),
            next_cursor: listed.next.as_ref().map(|place| binding.write(&cursor::bytes(place))),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum ListedProducts {
    /// The products that fit, in order, and where the list goes on.
    #[oai(status = 200)]
    Listed(
        RawJson<ProductList>,
        /// Nobody may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

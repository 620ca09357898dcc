//! Reads outside a unit of work. Caches are decorators of these.

use crate::{DeadLetter, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, Image, Price, Product, ProductId, Reason, User, UserId};

/// A product with everything that its answer shows, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// Its images, by position, then by id.
    pub images: Vec<Image>,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A cache.
    Cache,
    /// The store itself.
    Store,
}

/// Which products. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductFilter {
    /// Those of this user.
    pub owner: Option<UserId>,
    /// Those whose folded name contains this folded text, all of its characters plain.
    pub name: Option<String>,
    /// Those that cost this or more. Above `max_price`, nothing fits.
    pub min_price: Option<Price>,
    /// Those that cost this or less.
    pub max_price: Option<Price>,
}

/// By what products are put in order; ties go by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductOrder {
    /// When they were accepted.
    CreatedAt,
    /// What they cost.
    Price,
    /// Their folded names, byte by byte.
    Name,
}

/// The place of a product in an order: what a list goes on behind. Places of one order compare as the products stand in it.
///
/// ```
/// # use wareroom_domain::{Description, ProductDraft, ProductId, ProductName, UserId};
/// # let draft = ProductDraft {
/// #     owner: UserId::new(1).unwrap(),
/// #     name: ProductName::new("Kettle").unwrap(),
/// #     description: Description::new("").unwrap(),
/// #     price: "18.99".parse().unwrap(),
/// #     created_at: jiff::Timestamp::UNIX_EPOCH,
/// # };
/// # let last_shown = draft.accepted(ProductId::new(7).unwrap());
/// use wareroom_ports::{ProductOrder, ProductPage, ProductPlace};
///
/// let place = ProductPlace::of(&last_shown, ProductOrder::Price);
/// assert_eq!(place, ProductPlace::Price(last_shown.price, last_shown.id));
/// assert!(place < ProductPlace::Price(last_shown.price, ProductId::new(8).unwrap()), "ties go by id");
///
/// // The ten products that come next, the cheapest first:
/// let next = ProductPage { order: place.order(), descending: false, after: Some(place), limit: 10 };
/// # assert_eq!(next.order, ProductOrder::Price);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProductPlace {
    /// By when it was accepted.
    CreatedAt(Timestamp, ProductId),
    /// By what it costs.
    Price(Price, ProductId),
    /// By its folded name.
    Name(String, ProductId),
}

impl ProductPlace {
    /// The place of this product in that order.
    pub fn of(product: &Product, order: ProductOrder) -> Self {
        match order {
            ProductOrder::CreatedAt => Self::CreatedAt(product.created_at, product.id),
            ProductOrder::Price => Self::Price(product.price, product.id),
            ProductOrder::Name => Self::Name(product.name.folded(), product.id),
        }
    }

    /// The order that it is a place in.
    pub const fn order(&self) -> ProductOrder {
        match self {
            Self::CreatedAt(..) => ProductOrder::CreatedAt,
            Self::Price(..) => ProductOrder::Price,
            Self::Name(..) => ProductOrder::Name,
        }
    }
}

/// Which part of a list of products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductPage {
    /// By what they are put in order.
    pub order: ProductOrder,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Only those behind this place, of the same order; from the beginning without one.
    pub after: Option<ProductPlace>,
    /// At most so many products.
    pub limit: usize,
}

/// Products as readers see them.
#[async_trait]
pub trait ProductQueries: Send + Sync {
    /// A product and its images, and who knew; `None` when there is no such product.
    ///
    /// - MUST show every write that was acknowledged, and announced, before the call.
    /// - MUST show one moment: the images are those of the version that the product has.
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError>;

    /// A part of a list of products, each with its images. Always the store's own answer.
    ///
    /// - MUST show every write that was acknowledged before the call, and one moment.
    /// - MUST give just those that fit the filter, in order, ties by id in the same direction, none left out.
    /// - MUST go on behind the place, whether or not something is still there.
    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError>;
}

/// Which users. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UserFilter {
    /// Those whose folded first name begins with this folded text.
    pub first_name: Option<String>,
    /// Those whose folded last name begins with this folded text.
    pub last_name: Option<String>,
}

/// Users as readers see them.
#[async_trait]
pub trait UserQueries: Send + Sync {
    /// A user; `None` when there is none.
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Up to `limit` users behind that id, by id.
    ///
    /// - MUST give just the users that fit the filter, in order, none left out.
    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError>;
}

/// Which dead letters. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeadLetterFilter {
    /// Those of this product's images.
    pub product: Option<ProductId>,
    /// Those of this user's products.
    pub owner: Option<UserId>,
    /// Those whose image was to come from this host, in lower case.
    pub host: Option<String>,
    /// Those that were given up for this.
    pub reason: Option<Reason>,
    /// Those that were given up then or later.
    pub from: Option<Timestamp>,
    /// Those that were given up before.
    pub to: Option<Timestamp>,
}

/// How many dead letters have a reason and a host in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterCount {
    /// Why they were given up.
    pub reason: Reason,
    /// Where their images were to come from, if they were.
    pub host: Option<String>,
    /// How many.
    pub count: u64,
    /// The newest of them.
    pub newest: Timestamp,
}

/// Dead letters as operators see them.
#[async_trait]
pub trait DeadLetterQueries: Send + Sync {
    /// Up to `limit` dead letters behind that one, the newest first, those of one moment by id in the same direction.
    ///
    /// - MUST give just the dead letters that fit the filter, in order, none left out.
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError>;

    /// All that fit the filter, counted by reason and host, the most first.
    ///
    /// - MUST count each that fits once.
    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError>;
}

//! The repositories of a unit of work.

use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::{Image, ImageId, ImageOwner, Product, ProductDraft, ProductId, User, UserDraft, UserId, Version};

/// Products.
#[async_trait]
pub trait ProductRepo: Send {
    /// Stores a new product, at version and revision 1.
    ///
    /// - MUST give an id that was never committed before, not even to a product since deleted.
    /// - MUST answer `UnknownReference("user")` when the owner does not exist.
    async fn insert(&mut self, draft: &ProductDraft) -> Result<Product, StoreError>;

    /// Reads a product in order to change it.
    ///
    /// - MUST keep its version from being moved by others until the unit ends.
    async fn load(&mut self, id: ProductId) -> Result<Option<Product>, StoreError>;

    /// Stores a product that was loaded and changed, all fields but `id`, `owner`, `version` and `created_at`; answers its
    /// next version.
    ///
    /// - MUST answer `Conflict` unless the stored version is the one in `product`.
    async fn save(&mut self, product: &Product) -> Result<Version, StoreError>;

    /// Counts a visible change of a part (an image) and sets `updated_at`; answers the next version, `None` when there is
    /// no such product.
    ///
    /// - MUST be atomic: of any number of concurrent touches each raises the version by one, and none is a `Conflict`.
    async fn touch(&mut self, id: ProductId, at: Timestamp) -> Result<Option<Version>, StoreError>;

    /// Deletes a product, its images with it. Answers whether it was there.
    async fn delete(&mut self, id: ProductId) -> Result<bool, StoreError>;
}

/// Images.
#[async_trait]
pub trait ImageRepo: Send {
    /// Stores a new image.
    ///
    /// - MUST answer `UnknownReference("product")` when its owner does not exist.
    async fn insert(&mut self, image: &Image) -> Result<(), StoreError>;

    /// Reads an image in order to change it: as the store knows it, with all its renditions.
    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError>;

    /// All images of an owner.
    ///
    /// - MUST give them by position, then by id.
    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError>;

    /// Stores an image that was loaded and changed, its renditions included, all fields but `id`, `owner` and
    /// `created_at`.
    ///
    /// - MUST answer `Conflict` when a newer fence than the image's is stored, or the image is gone.
    async fn save(&mut self, image: &Image) -> Result<(), StoreError>;

    /// Removes an image, its renditions' rows with it. Answers whether it was there. Its blobs are not touched: whoever removes
    /// it drops their references.
    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError>;

    /// Images in `Processing` that were saved last longer than `age` ago by the store's clock, the longest first.
    ///
    /// - MUST name only images in `Processing`.
    /// - MUST NOT name one that was saved within `age`.
    /// - Of an image that the unit has loaded, MUST tell how it stands since then: units that saw the same one stuck do not all
    ///   find it so.
    async fn stuck(&mut self, age: Duration, limit: usize) -> Result<Vec<ImageId>, StoreError>;
}

/// Users.
#[async_trait]
pub trait UserRepo: Send {
    /// Stores a new user.
    ///
    /// - MUST give an id that was never committed before.
    async fn insert(&mut self, draft: &UserDraft) -> Result<User, StoreError>;

    /// Reads a user: as it was stored, `None` when there is none.
    async fn load(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
}

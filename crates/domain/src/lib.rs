//! Products, users, prices and images: the rules of Wareroom, free of any technology.
//!
//! Everything here is a plain value or a consuming transition of one: no async, no I/O, no serialisation, no clock.
//! Time and ids come in as arguments. What happened leaves as [`Event`]s, work to be done as [`Job`]s; storing and
//! sending them is the business of the rings around this one.
//!
//! | module | holds |
//! |---|---|
//! | [`ids`] | newtype ids, versions and revisions |
//! | [`text`] | names and descriptions that were checked once |
//! | [`price`] | money, exact to two places |
//! | [`product`], [`user`] | the aggregates that a client writes |
//! | [`image`] | the aggregate that the pipeline writes: source, state machine, renditions |
//! | [`event`], [`job`] | what happened, what is to be done |
//!
//! A value that exists is right, so rules are checked once, where a value is made; what happened is told by whoever moves an
//! aggregate:
//!
//! ```
//! use jiff::Timestamp;
//! use wareroom_domain::{Description, Event, Price, ProductDraft, ProductId, ProductName, UserId, Version};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let draft = ProductDraft {
//!     owner: UserId::new(1)?,
//!     name: ProductName::new("Kettle")?,
//!     description: Description::new("Boils water")?,
//!     price: "18.99".parse::<Price>()?,
//!     created_at: Timestamp::UNIX_EPOCH,
//! };
//! let product = draft.accepted(ProductId::new(7)?); // the id comes from the store
//! assert_eq!(product.created(), Event::ProductCreated { product: product.id, version: Version(1) });
//! # Ok(())
//! # }
//! ```

pub mod event;
pub mod ids;
pub mod image;
pub mod job;
pub mod price;
pub mod product;
pub mod text;
pub mod user;

pub use event::ImageChange;
pub use event::{Event, EventPosition};
pub use ids::{Attempts, DeadLetterId, Fence, IdError, ImageId, MessageId, ProductId, Revision, UserId, Version};
pub use image::{
    Attempt, Begun, BlobKey, BlobKeyError, Changed, Content, Failure, Format, Image, ImageDraft, ImageOwner,
    ImageState, ImageUrl, ImageUrlError, Reason, Rendition, RenditionSpec, Setback, Sha256, Source, TransitionError,
    Via, default_renditions,
};
pub use job::{Job, Lane, Stamped, Trace};
pub use price::{Price, PriceError};
pub use product::{Product, ProductDraft};
pub use text::{AltText, Description, FileName, PersonName, ProductName, TextError, folded};
pub use user::{User, UserDraft};

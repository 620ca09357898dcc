//! The use cases of Wareroom, one file each. [`Application`] is the list of them all.
//!
//! A use case reads top-down: authorise, load, decide (the domain), store, announce, answer. It knows ports, never an adapter,
//! and nothing of HTTP, SQL or brokers: [`Context`] says who asks, [`Error`] with its [`ErrorCode`] says what went wrong, and
//! each edge maps both once.
//!
//! What is done with a whole store from outside, beside or instead of an application, is in [`transfer`]: copies, backups, and
//! looking through its blobs.
//!
//! Whoever embeds it puts [`Ports`] together, or has `wareroom-bootstrap` do it, and calls use cases:
//!
//! ```
//! use std::{error::Error, sync::Arc};
//! use wareroom_application::{AddImages, Application, Context, CreateProduct, RegisterUser, Settings, UploadedFile};
//! use wareroom_domain::{Description, PersonName, ProductId, ProductName};
//! # use wareroom_memory::{CountingIds, FixedClock, MemoryImage};
//!
//! /// Accepts a product with a picture; a worker makes its renditions.
//! async fn kettle(app: &Application, picture: bytes::Bytes) -> Result<ProductId, Box<dyn Error>> {
//!     let me = Context::operator();
//!     let (first_name, last_name) = (PersonName::new("Ada")?, PersonName::new("Lovelace")?);
//!     let owner = app.register_user(&me, RegisterUser { first_name, last_name }).await?.id;
//!     let (name, description) = (ProductName::new("Kettle")?, Description::new("Boils water")?);
//!     let command = CreateProduct { owner, name, description, price: "18.99".parse()?, images: vec![] };
//!     let product = app.create_product(&me, command).await?.product.id;
//!     app.add_images(&me, AddImages::new(product, vec![UploadedFile { filename: None, bytes: picture }])).await?;
//!     Ok(product)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn Error>> {
//! # let (clock, ids) = (Arc::new(FixedClock::new(jiff::Timestamp::UNIX_EPOCH)), Arc::new(CountingIds::default()));
//! # let picture = MemoryImage::filled(4, 3, [200, 80, 40]).encode();
//! let app = wareroom_bootstrap::in_memory(clock, ids, None, Settings::default()).application;
//! let product = kettle(&app, picture).await?;
//! let found = app.get_product(&Context::operator(), product).await?;
//! assert_eq!(found.view.product.price.to_string(), "18.99");
//! assert_eq!(found.view.images[0].state.as_str(), "pending", "answered before anything is rendered");
//! # Ok(())
//! # }
//! ```

mod application;
mod catalogue;
mod context;
mod dead_letters;
mod delivery;
mod error;
mod idempotency;
mod images;
mod jitter;
mod listed;
mod pressure;
mod settings;
mod stage;
pub mod transfer;
mod unit;
mod upkeep;
mod users;
mod write;

pub use application::{Application, Ports};
pub use catalogue::{CreateProduct, DeleteProduct, EditProduct, FoundProduct, ListProducts, ProductEdit};
pub use context::{Caller, Context, Precondition};
pub use dead_letters::ListDeadLetters;
pub use error::{Error, ErrorCode, Fault};
pub use idempotency::Answered;
pub use images::{
    AddImageByUrl, AddImages, AddedImages, AttemptBegun, DeleteImage, Download, EditImage, FoundImage, ImageAttempt,
    ImageEdit, NewSource, Outcome, ReplaceImage, RetryImage, Sourced, UploadedFile,
};
pub use listed::Listed;
pub use settings::Settings;
pub use stage::STAGE;
pub use upkeep::{Pruned, Retain};
pub use users::{ListUsers, RegisterUser};

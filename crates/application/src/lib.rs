//! The use cases of Wareroom, one file each. [`Application`] is the list of them all.
//!
//! A use case reads top-down: authorise, load, decide (the domain), store, announce, answer. It knows ports, never an adapter,
//! and nothing of HTTP, SQL or brokers: [`Context`] says who asks, [`Error`] with its [`ErrorCode`] says what went wrong, and
//! each edge maps both once.

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
mod settings;
mod stage;
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

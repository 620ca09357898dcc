//! The use cases of Wareroom, one file each. [`Application`] is the list of them all.
//!
//! A use case reads top-down: authorise, load, decide (the domain), store, announce, answer. It knows ports, never an adapter,
//! and nothing of HTTP, SQL or brokers: [`Context`] says who asks, [`Error`] with its [`ErrorCode`] says what went wrong, and
//! each edge maps both once.

mod application;
mod catalogue;
mod context;
mod delivery;
mod error;
mod images;
mod jitter;
mod settings;
mod stage;
mod unit;
mod upkeep;
mod users;

pub use application::{Application, Ports};
pub use catalogue::{CreateProduct, FoundProduct};
pub use context::{Caller, Context};
pub use error::{Error, ErrorCode, Fault};
pub use images::{AddImages, AddedImages, AttemptBegun, Download, ImageAttempt, Outcome, Sourced, UploadedFile};
pub use settings::Settings;
pub use stage::STAGE;
pub use upkeep::{Pruned, Retain};
pub use users::RegisterUser;

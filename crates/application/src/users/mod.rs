//! The people who own products.

pub(crate) mod register_user;

pub use register_user::RegisterUser;

//! The people who own products.

pub(crate) mod get_user;
pub(crate) mod list_users;
pub(crate) mod register_user;

pub use list_users::ListUsers;
pub use register_user::RegisterUser;

//! Behaviour wrapped around ports, so that neither the use cases nor the drivers have to know of it.
//!
//! | decorator | of | adds |
//! |---|---|---|
//! | [`CachedProductQueries`] | `ProductQueries` | a shared cache in front of the store, and one read of a product at a time |
//! | [`CacheInvalidations`] | `Invalidations` | tombstones in the shared cache, before anybody is told |
//!
//! The two belong together: the tombstone is what keeps a reader that was overtaken by a write from putting the old value
//! back. A cache that fails costs time and never an answer.
//!
//! Sees ports alone, no driver.

mod absences;
mod cache_key;
mod flights;
mod invalidations;
mod lifetime;
mod queries;
mod reachability;
mod shared_error;

pub use invalidations::CacheInvalidations;
pub use queries::CachedProductQueries;

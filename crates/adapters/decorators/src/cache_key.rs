//! What cached values are called.

use wareroom_domain::ProductId;
use wareroom_ports::CacheKey;

/// The key of a product's view. The same for every release: one release's tombstones must hold for another's values.
pub(crate) fn product(id: ProductId) -> CacheKey {
    CacheKey(format!("product:{id}"))
}

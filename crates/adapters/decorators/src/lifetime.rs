//! How long a value is cached. Knows no clock.

use std::time::Duration;
use wareroom_domain::{ProductId, Version};

/// From 90 to 100 per cent of `ttl`, spread by id and version, so that what was cached together does not end together.
pub(crate) fn spread(ttl: Duration, id: ProductId, version: Version) -> Duration {
    let seed = id.get().unsigned_abs() ^ version.0.rotate_left(40);
    // A multiplication by an odd number close to 2^64 over the golden ratio: neighbours land far apart in the upper bits.
    let parts = u32::try_from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54).unwrap_or_default();
    ttl.saturating_sub(ttl / 10_240 * parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const TTL: Duration = Duration::from_mins(1);

    proptest! {
        #[test]
        fn it_takes_off_at_most_a_tenth(id in 1..=wareroom_domain::ids::MAX_INTEGER_ID, version: u64, secs: u64) {
            let ttl = Duration::from_secs(secs);
            let spread = spread(ttl, ProductId::new(id).unwrap(), Version(version));
            prop_assert!(spread <= ttl && spread >= ttl / 10 * 9);
        }
    }

    #[test]
    fn products_of_one_batch_end_at_different_times() {
        let ends: HashSet<_> = (1..=100).map(|id| spread(TTL, ProductId::new(id).unwrap(), Version(1))).collect();
        assert!(ends.len() > 90, "{}", ends.len());
    }
}

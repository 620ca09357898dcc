//! Spreads waits, so that what failed together does not come back together.

use std::time::Duration;
use uuid::Uuid;

/// `wait` made up to 10 % longer or shorter. The spread comes from an id, so no further randomness is needed and a test with
/// fixed ids sees fixed waits.
pub(crate) fn jittered(wait: Duration, id: Uuid) -> Duration {
    let spread = id.as_u64_pair().1 % 2001;
    let thousandths = u32::try_from(9_000 + spread).unwrap_or(10_000);
    wait * thousandths / 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_stays_within_a_tenth() {
        let wait = Duration::from_secs(30);
        for seed in (0..20_000u128).map(|n| n * 7919) {
            let jittered = jittered(wait, Uuid::from_u128(seed));
            assert!(jittered >= wait * 9 / 10 && jittered <= wait * 11 / 10, "{jittered:?}");
        }
    }
}

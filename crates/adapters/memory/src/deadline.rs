//! Moments in the future by the store's clock, which is tokio's, so that tests can move it.

use std::time::Duration;
use tokio::time::Instant;

/// Far enough to mean never, near enough for every platform's clock.
const NEVER: Duration = Duration::from_hours(30 * 365 * 24);

/// The moment this long after `now`. A wait that the clock cannot count is cut to thirty years.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(NEVER)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_there_is_does_not_overflow() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::from_secs(1)), now + Duration::from_secs(1));
        assert!(after(now, Duration::MAX) > now + Duration::from_hours(1_000));
    }
}

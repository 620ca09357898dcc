//! Identities from the clock, a counter and randomness.

use uuid::Uuid;
use wareroom_ports::Ids;

/// Version 7 UUIDs. Those given by one process sort in the order they were given, whichever instance gave them, also when
/// the machine's clock is set back; those of several processes sort by their clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    /// Behind the milliseconds stands a counter that all threads share, then randomness.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the machine's clock and randomness")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_several_instances_sort_in_the_order_they_were_given() {
        let given: Vec<Uuid> = (0..10_000)
            .map(|number| if number % 2 == 0 { SystemIds.uuid() } else { SystemIds.clone().uuid() })
            .collect();
        assert!(given.is_sorted_by(|earlier, later| earlier < later));
    }
}

//! A clock and ids that are wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;
use wareroom_memory::{CountingIds, FixedClock};
use wareroom_port_contracts::clock::ClockFixture;
use wareroom_port_contracts::ids::IdsFixture;
use wareroom_port_contracts::{clock_cases, ids_cases};
use wareroom_ports::{Clock, Ids};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    GoesBack,
    Repeats,
    IsRandom,
    CountsDown,
}

struct Wrong {
    clock: FixedClock,
    ids: CountingIds,
    calls: AtomicU64,
    fault: Option<Fault>,
}

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Some(Fault::GoesBack) => self.clock.now() - Duration::from_secs(calls % 100),
            _ => self.clock.now(),
        }
    }
}

impl Ids for Wrong {
    fn uuid(&self) -> Uuid {
        const FIRST: u128 = 0x0192_0000_0000_7000_8000_ffff_ffff_ffff;
        let id = self.ids.uuid();
        match self.fault {
            Some(Fault::Repeats) => Uuid::from_u128(FIRST),
            Some(Fault::IsRandom) => Uuid::from_u128(id.as_u128() & !(0xf << 76) | (4 << 76)),
            Some(Fault::CountsDown) => Uuid::from_u128(FIRST - u128::from(self.calls.fetch_add(1, Ordering::SeqCst))),
            _ => id,
        }
    }
}

struct Fixture(Arc<Wrong>);

impl Fixture {
    fn new() -> Self {
        let clock = FixedClock::new(Timestamp::UNIX_EPOCH);
        Self(Arc::new(Wrong { clock, ids: CountingIds::default(), calls: AtomicU64::new(0), fault: fault() }))
    }
}

#[async_trait]
impl ClockFixture for Fixture {
    async fn fresh() -> Self {
        Self::new()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as _
    }
}

#[async_trait]
impl IdsFixture for Fixture {
    async fn fresh() -> Self {
        Self::new()
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::clone(&self.0) as _
    }
}

clock_cases!(runnable, (Fixture));
ids_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_clock_notices_its_fault() {
    let faults = [("now_is_never_earlier_than_before", Fault::GoesBack)];
    prove("clock", wareroom_port_contracts::clock::CASES, &clock(), &faults);
}

#[test]
fn every_case_of_the_ids_notices_its_fault() {
    let faults = [
        ("an_id_is_never_given_twice", Fault::Repeats),
        ("ids_are_of_version_7", Fault::IsRandom),
        ("ids_sort_in_the_order_they_were_given", Fault::CountsDown),
    ];
    prove("ids", wareroom_port_contracts::ids::CASES, &ids(), &faults);
}

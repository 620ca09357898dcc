//! A clock, ids and room that are wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;
use wareroom_memory::{CountingIds, FixedClock, MemorySpace};
use wareroom_port_contracts::clock::ClockFixture;
use wareroom_port_contracts::ids::IdsFixture;
use wareroom_port_contracts::space::SpaceFixture;
use wareroom_port_contracts::{clock_cases, ids_cases, space_cases};
use wareroom_ports::{BoxError, Clock, Ids, Space};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    GoesBack,
    TellsNanoseconds,
    Repeats,
    IsRandom,
    CountsDown,
    RemembersTheMost,
    RemembersTheLeast,
}

/// What is free at first, in bytes: more than the suite writes.
const ROOM: u64 = 1 << 30;

struct Wrong {
    clock: FixedClock,
    ids: CountingIds,
    space: MemorySpace,
    calls: AtomicU64,
    most: AtomicU64,
    least: AtomicU64,
    fault: Option<Fault>,
}

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Some(Fault::GoesBack) => self.clock.now() - Duration::from_secs(calls % 100),
            Some(Fault::TellsNanoseconds) => self.clock.now() + Duration::from_nanos(calls),
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

impl Space for Wrong {
    fn free(&self) -> Result<Option<u64>, BoxError> {
        let free = self.space.free()?.unwrap_or(u64::MAX);
        Ok(Some(match self.fault {
            Some(Fault::RemembersTheMost) => free.max(self.most.fetch_max(free, Ordering::SeqCst)),
            Some(Fault::RemembersTheLeast) => free.min(self.least.fetch_min(free, Ordering::SeqCst)),
            _ => free,
        }))
    }
}

struct Fixture(Arc<Wrong>);

impl Fixture {
    fn new() -> Self {
        let clock = FixedClock::new(Timestamp::UNIX_EPOCH);
        let space = MemorySpace::new();
        space.set(Some(ROOM));
        Self(Arc::new(Wrong {
            clock,
            ids: CountingIds::default(),
            space,
            calls: AtomicU64::new(0),
            most: AtomicU64::new(0),
            least: AtomicU64::new(u64::MAX),
            fault: fault(),
        }))
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

#[async_trait]
impl SpaceFixture for Fixture {
    async fn fresh() -> Self {
        Self::new()
    }

    fn space(&self) -> Arc<dyn Space> {
        Arc::clone(&self.0) as _
    }

    async fn write(&self, bytes: u64) {
        self.0.space.set(Some(ROOM - bytes));
    }

    async fn delete(&self) {
        self.0.space.set(Some(ROOM));
    }
}

clock_cases!(runnable, (Fixture));
ids_cases!(runnable, (Fixture));
space_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_clock_notices_its_fault() {
    let faults = [
        ("now_is_never_earlier_than_before", Fault::GoesBack),
        ("now_is_in_whole_microseconds", Fault::TellsNanoseconds),
    ];
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

#[test]
fn every_case_of_the_space_notices_its_fault() {
    let faults = [
        ("what_is_written_is_missing_at_the_next_call", Fault::RemembersTheMost),
        ("what_is_deleted_is_free_at_a_later_call", Fault::RemembersTheLeast),
    ];
    prove("space", wareroom_port_contracts::space::CASES, &space(), &faults);
}

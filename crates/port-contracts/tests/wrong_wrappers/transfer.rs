//! A store that gives away and takes in what it should not.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wareroom_domain::{EventPosition, Price};
use wareroom_memory::{MemoryConfig, MemoryStore};
use wareroom_port_contracts::events::EventsFixture;
use wareroom_port_contracts::store::StoreFixture;
use wareroom_port_contracts::transfer::TransferFixture;
use wareroom_port_contracts::transfer_cases;
use wareroom_ports::{
    Census, EventLog, Export, Import, Place, Record, Retention, Snapshot, Store, StoreError, Table, TransferError,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ShowsItsFirstMoment,
    ShowsWhatIsThereNow,
    SkipsARow,
    CountsOnlyWhatHasAPlace,
    TellsTheNewestThatIsThere,
    OverlooksKeys,
    TakesNothingUp,
    StoresRowByRow,
    Overwrites,
    RoundsPrices,
    LosesMarks,
    BeginsByItself,
    ForgetsIds,
    NumbersEventsAnew,
    ForgetsThatItBegan,
}

#[derive(Clone)]
struct Wrong {
    behind: MemoryStore,
    fault: Option<Fault>,
    /// The first snapshot that was taken.
    first: Arc<tokio::sync::Mutex<Option<Box<dyn Snapshot>>>>,
    /// Every row that was put, the last one last.
    put: Arc<Mutex<Vec<Record>>>,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The row that was put last at a place, when that is what is to be shown.
    fn shown(&self, row: Record) -> Record {
        if !self.is(Fault::Overwrites) && !self.is(Fault::LosesMarks) {
            return row;
        }
        let put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.iter().rev().find(|other| other.place() == row.place()).cloned().unwrap_or(row)
    }
}

struct WrongSnapshot {
    of: Wrong,
    behind: Box<dyn Snapshot>,
}

impl WrongSnapshot {
    async fn all(&mut self, table: Table) -> Result<Vec<Record>, StoreError> {
        self.behind.page(&table.beginning(), usize::MAX).await
    }
}

#[async_trait]
impl Snapshot for WrongSnapshot {
    async fn page(&mut self, after: &Place, limit: usize) -> Result<Vec<Record>, StoreError> {
        let mut first = self.of.first.lock().await;
        let page = match (self.of.fault, &mut *first) {
            (Some(Fault::ShowsItsFirstMoment), Some(first)) => first.page(after, limit).await?,
            (Some(Fault::ShowsWhatIsThereNow), _) => self.of.behind.snapshot().await?.page(after, limit).await?,
            (Some(Fault::SkipsARow), _) if limit == 3 => {
                let mut page = self.behind.page(after, limit + 1).await?;
                page.drain(..page.len().min(1));
                page
            }
            _ => self.behind.page(after, limit).await?,
        };
        Ok(page.into_iter().map(|row| self.of.shown(row)).collect())
    }

    async fn census(&mut self) -> Result<Census, StoreError> {
        let mut census = match self.of.fault {
            Some(Fault::ShowsWhatIsThereNow) => self.of.behind.snapshot().await?.census().await?,
            _ => self.behind.census().await?,
        };
        if self.of.is(Fault::CountsOnlyWhatHasAPlace) {
            census.rows.insert(Table::Events, self.all(Table::Events).await?.len() as u64);
        }
        if self.of.is(Fault::TellsTheNewestThatIsThere) {
            let newest = self.all(Table::Products).await?.pop();
            census.newest_product = newest.and_then(|row| match row {
                Record::Product(product) => Some(product.id),
                _ => None,
            });
        }
        Ok(census)
    }
}

#[async_trait]
impl Export for Wrong {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let mut first = self.first.lock().await;
        if first.is_none() {
            *first = Some(self.behind.snapshot().await?);
        }
        drop(first);
        Ok(Box::new(WrongSnapshot { of: self.clone(), behind: self.behind.snapshot().await? }))
    }
}

#[async_trait]
impl Import for Wrong {
    async fn begin(&self) -> Result<(), TransferError> {
        if self.is(Fault::TakesNothingUp) && self.behind.unfinished().await? {
            return Err(TransferError::NotEmpty(Table::Users));
        }
        match self.behind.begin_copy().await {
            Err(TransferError::NotEmpty(Table::IdempotencyKeys)) if self.is(Fault::OverlooksKeys) => Ok(()),
            begun => begun,
        }
    }

    async fn put(&self, rows: &[Record]) -> Result<(), TransferError> {
        self.put.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(rows);
        if self.is(Fault::BeginsByItself) {
            drop(self.behind.begin_copy().await);
        }
        if self.is(Fault::StoresRowByRow) {
            for row in rows {
                self.behind.put(std::slice::from_ref(row)).await?;
            }
            return Ok(());
        }
        let spoilt = |row: &Record| {
            let mut row = row.clone();
            match (&mut row, self.fault) {
                (Record::Product(product), Some(Fault::RoundsPrices)) => {
                    let whole = product.price.hundredths() / 100 * 100;
                    product.price = Price::from_hundredths(whole).unwrap_or_default();
                }
                (Record::DeadLetter(stored), Some(Fault::LosesMarks)) => stored.marked = false,
                (Record::Event(position, _), Some(Fault::NumbersEventsAnew)) => {
                    *position = EventPosition(position.0 - 40);
                }
                _ => {}
            }
            row
        };
        self.behind.put(&rows.iter().map(spoilt).collect::<Vec<_>>()).await
    }

    async fn finish(&self, census: &Census) -> Result<(), TransferError> {
        let none = Census::default();
        self.behind.finish(if self.is(Fault::ForgetsIds) { &none } else { census }).await
    }

    async fn unfinished(&self) -> Result<bool, StoreError> {
        Ok(self.behind.unfinished().await? && !self.is(Fault::ForgetsThatItBegan))
    }
}

/// A store can begin two things: a unit of work, and a copy.
trait BeginCopy {
    async fn begin_copy(&self) -> Result<(), TransferError>;
}

impl BeginCopy for MemoryStore {
    async fn begin_copy(&self) -> Result<(), TransferError> {
        Import::begin(self).await
    }
}

#[async_trait]
impl StoreFixture for Wrong {
    async fn fresh(begin_wait: Duration) -> Self {
        let behind = MemoryStore::new(MemoryConfig { begin_wait, ..MemoryConfig::default() });
        Self { behind, fault: fault(), first: Arc::default(), put: Arc::default() }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.behind.clone())
    }
}

impl EventsFixture for Wrong {
    fn events(&self) -> Arc<dyn EventLog> {
        Arc::new(self.behind.clone())
    }

    fn retention(&self) -> Arc<dyn Retention> {
        Arc::new(self.behind.clone())
    }
}

impl TransferFixture for Wrong {
    fn export(&self) -> Arc<dyn Export> {
        Arc::new(self.clone())
    }

    fn import(&self) -> Arc<dyn Import> {
        Arc::new(self.clone())
    }
}

transfer_cases!(runnable, (Wrong));

#[test]
fn every_case_of_transfers_notices_its_fault() {
    let faults = [
        ("a_snapshot_shows_what_was_committed_before", Fault::ShowsItsFirstMoment),
        ("a_snapshot_does_not_show_what_is_written_later", Fault::ShowsWhatIsThereNow),
        ("pages_put_together_are_the_whole_table", Fault::SkipsARow),
        ("a_census_counts_every_row", Fault::CountsOnlyWhatHasAPlace),
        ("a_census_tells_the_newest_ids_of_what_is_gone", Fault::TellsTheNewestThatIsThere),
        ("a_store_that_holds_anything_takes_nothing_in", Fault::OverlooksKeys),
        ("an_unfinished_copy_is_taken_up", Fault::TakesNothingUp),
        ("a_batch_is_stored_whole_or_not_at_all", Fault::StoresRowByRow),
        ("what_is_there_already_is_left_alone", Fault::Overwrites),
        ("a_portable_row_comes_back_equal", Fault::RoundsPrices),
        ("what_was_taken_in_is_what_units_of_work_read", Fault::LosesMarks),
        ("nothing_is_taken_in_unless_a_copy_was_begun", Fault::BeginsByItself),
        ("ids_go_on_behind_those_of_the_source", Fault::ForgetsIds),
        ("events_go_on_behind_the_newest_position", Fault::NumbersEventsAnew),
        ("an_unfinished_copy_is_told_until_it_is_finished", Fault::ForgetsThatItBegan),
    ];
    prove("transfer", wareroom_port_contracts::transfer::CASES, &transfer(), &faults);
}

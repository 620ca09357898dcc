//! The wrong store from outside its units: relay, events and queries.

use super::{Fault, Wrong};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::{Event, EventPosition, ProductId, Stamped, Trace};
use wareroom_ports::{
    Backlog, Claimed, EventLog, LogPage, Origin, OutboxRelay, ProductFilter, ProductPage, ProductQueries, ProductView,
    StoreError,
};

#[async_trait]
impl OutboxRelay for Wrong {
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let lease = match self.fault {
            Some(Fault::LendsWithoutLease) => Duration::ZERO,
            Some(Fault::LendsForGood) => 1_000 * lease,
            _ => lease,
        };
        let limit = if self.is(Fault::IgnoresTheLimit) { usize::MAX } else { limit };
        let mut claimed = self.behind.claim(limit, lease).await?;
        for row in &mut claimed {
            self.remembered().tokens.insert(row.message.id, row.token);
            if self.is(Fault::LosesTracesOfJobs) {
                row.message.trace.traceparent = None;
            }
        }
        Ok(claimed)
    }

    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        let mut claimed = claimed.to_vec();
        match self.fault {
            Some(Fault::IgnoresWhatIsDone) => return Ok(()),
            Some(Fault::ForgetsByMessage) => {
                for row in &mut claimed {
                    row.token = self.remembered().tokens[&row.message.id];
                }
            }
            _ => {}
        }
        self.behind.done(&claimed).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let mut backlog = self.behind.backlog().await?;
        if self.is(Fault::CountsOnlyFreeRows) {
            backlog.rows -= self.remembered().tokens.len() as u64;
        }
        if self.is(Fault::CountsWaitsOfWhatIsNotDue) {
            backlog.oldest += Duration::from_millis(1);
        }
        Ok(backlog)
    }

    async fn at_least(&self, rows: u64) -> Result<bool, StoreError> {
        let lent = if self.is(Fault::SeesOnlyFreeRows) { self.remembered().tokens.len() as u64 } else { 0 };
        self.behind.at_least(rows.saturating_add(lent)).await
    }

    async fn wait(&self, at_most: Duration) {
        if self.is(Fault::WaitsForEver) {
            std::future::pending::<()>().await;
        }
        self.behind.wait(at_most).await;
    }
}

impl Wrong {
    /// Events of a log that nothing was removed from.
    async fn page(&self, after: EventPosition, limit: usize) -> Result<Vec<Stamped<Event>>, StoreError> {
        match self.behind.read(after, limit).await? {
            LogPage::Events(events) => Ok(events.into_iter().map(|(_, event)| event).collect()),
            LogPage::Pruned { .. } => panic!("a fault of a log that is whole is asked for in one that is not"),
        }
    }

    /// The whole log as the fault would have it, each event at the position of its place.
    async fn wrong_log(&self) -> Result<Vec<(EventPosition, Stamped<Event>)>, StoreError> {
        let mut events = self.page(EventPosition(0), usize::MAX).await?;
        match self.fault {
            Some(Fault::PutsNewEventsFirst) => events.reverse(),
            Some(Fault::SwapsNeighbours) => events.chunks_exact_mut(2).for_each(<[_]>::reverse),
            Some(Fault::SequencesWithoutLock) => events.clone_from(&self.remembered().log),
            Some(Fault::LosesTracesOfEvents) => events.iter_mut().for_each(|event| event.trace = Trace::default()),
            _ => {}
        }
        let mut log: Vec<_> = (1..).map(EventPosition).zip(events).collect();
        log.retain(|(position, _)| position.0 % 3 != 0 || !self.is(Fault::LosesEveryThirdEvent));
        Ok(log)
    }

    /// A page of a log whose beginning was removed, as the fault would have it.
    async fn wrong_page(&self, page: LogPage, limit: usize) -> Result<LogPage, StoreError> {
        let removed_before = self.remembered().removed_before;
        match (page, self.fault, removed_before) {
            (LogPage::Pruned { oldest }, Some(Fault::SkipsWhatWasRemoved), _) => {
                self.behind.read(EventPosition(oldest.0 - 1), limit).await
            }
            (LogPage::Pruned { oldest }, Some(Fault::NamesTheSecondOldest), _) => {
                Ok(LogPage::Pruned { oldest: EventPosition(oldest.0 + 1) })
            }
            (LogPage::Events(mut events), Some(Fault::LeavesGaps), Some(before)) => {
                events.retain(|(_, event)| event.at >= before);
                Ok(LogPage::Events(events))
            }
            (page, ..) => Ok(page),
        }
    }
}

#[async_trait]
impl EventLog for Wrong {
    async fn read(&self, after: EventPosition, limit: usize) -> Result<LogPage, StoreError> {
        match self.fault {
            Some(Fault::ReadsFromThePosition) => {
                self.behind.read(EventPosition(after.0.saturating_sub(1)), limit).await
            }
            Some(
                Fault::PutsNewEventsFirst
                | Fault::SwapsNeighbours
                | Fault::LosesEveryThirdEvent
                | Fault::SequencesWithoutLock
                | Fault::LosesTracesOfEvents,
            ) => {
                let log = self.wrong_log().await?;
                let events = log.into_iter().filter(|(position, _)| *position > after).take(limit);
                Ok(LogPage::Events(events.collect()))
            }
            _ => self.wrong_page(self.behind.read(after, limit).await?, limit).await,
        }
    }

    async fn head(&self) -> Result<EventPosition, StoreError> {
        let EventPosition(head) = self.behind.head().await?;
        if self.is(Fault::LetsPositionsFall) && self.remembered().removed_before.is_some() {
            return Ok(EventPosition(0));
        }
        Ok(EventPosition(head.saturating_sub(u64::from(self.is(Fault::IsOneBehind)))))
    }

    async fn sequence(&self, limit: usize) -> Result<usize, StoreError> {
        if !self.is(Fault::SequencesWithoutLock) {
            return self.behind.sequence(limit).await;
        }
        while self.behind.sequence(usize::MAX).await? > 0 {}
        let sequenced = self.remembered().sequenced;
        let page = self.page(EventPosition(sequenced as u64), limit).await?;
        sleep(Duration::from_millis(20)).await;
        let mut remembered = self.remembered();
        remembered.sequenced = sequenced + page.len();
        remembered.log.extend(page.iter().cloned());
        Ok(page.len())
    }
}

#[async_trait]
impl ProductQueries for Wrong {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let (view, origin) = ProductQueries::get(&self.behind, id).await?;
        let Some(mut view) = view else {
            let before = self.remembered().views.get(&id).cloned();
            return Ok((before.filter(|_| self.is(Fault::ShowsWhatIsDeleted)), origin));
        };
        let first = Arc::clone(self.remembered().views.entry(id).or_insert_with(|| Arc::clone(&view)));
        let changed = Arc::make_mut(&mut view);
        match self.fault {
            Some(Fault::AnswersAsAtFirst) => return Ok((Some(first), Origin::Cache)),
            Some(Fault::AnswersOfTwoMoments) => {
                sleep(Duration::from_millis(5)).await;
                if let Some(later) = ProductQueries::get(&self.behind, id).await?.0 {
                    changed.images.clone_from(&later.images);
                }
            }
            Some(Fault::LosesAltTexts) => changed.images.iter_mut().for_each(|image| image.alt = None),
            Some(Fault::ShowsImagesById) => changed.images.sort_by_key(|image| image.id),
            _ => {}
        }
        Ok((Some(view), origin))
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.wrong_list(filter, page).await
    }
}

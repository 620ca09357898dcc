//! Dead letters of the wrong store: in its unit, and from outside.

use super::unit::WrongUnit;
use super::{Fault, Wrong};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use wareroom_domain::{DeadLetterId, ImageId, Trace};
use wareroom_ports::{DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries, DeadLetters, StoreError};

#[async_trait]
impl DeadLetters for WrongUnit {
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.store.remembered().letters.push((letter.at, letter.id));
        self.behind().await.dead_letters().add(letter).await
    }

    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        let mut loaded = self.behind().await.dead_letters().load(id).await?;
        if let Some(letter) = loaded.as_mut().filter(|_| self.is(Fault::LosesTracesOfDeadLetters)) {
            letter.trace = Trace::default();
        }
        Ok(loaded)
    }

    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError> {
        let mut letters = self.behind().await.dead_letters().of_image(image).await?;
        if self.is(Fault::ListsDeadLettersById) {
            letters.sort_by_key(|letter| letter.id);
        }
        Ok(letters)
    }

    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError> {
        let there = self.behind().await.dead_letters().remove(id).await?;
        Ok(there || self.is(Fault::RemovesForEveryone))
    }

    async fn remove_of_image(&mut self, image: ImageId) -> Result<u64, StoreError> {
        if !self.is(Fault::RemovesTheOldestOfAnImage) {
            return self.behind().await.dead_letters().remove_of_image(image).await;
        }
        let Some(oldest) = self.behind().await.dead_letters().of_image(image).await?.into_iter().next() else {
            return Ok(0);
        };
        self.behind().await.dead_letters().remove(oldest.id).await.map(u64::from)
    }

    async fn discard(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let mut filter = filter.clone();
        if self.is(Fault::DiscardsWhateverTheReason) {
            filter.reason = None;
        }
        self.behind().await.dead_letters().discard(&filter).await
    }

    async fn mark(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let mut filter = filter.clone();
        if self.is(Fault::MarksWhateverTheHost) {
            filter.host = None;
        }
        let before = self.behind().await.dead_letters().marked(usize::MAX).await?.len();
        let marked = self.behind().await.dead_letters().mark(&filter).await?;
        let after = self.behind().await.dead_letters().marked(usize::MAX).await?.len();
        Ok(if self.is(Fault::CountsNewMarksOnly) { (after - before) as u64 } else { marked })
    }

    async fn marked(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let mut marked = self.behind().await.dead_letters().marked(limit).await?;
        match self.store.fault {
            Some(Fault::GivesMarkedOnesForEver) => {
                let known = &mut self.store.remembered().marked;
                known.retain(|letter| !marked.contains(letter));
                known.append(&mut marked);
                marked.clone_from(known);
            }
            Some(Fault::ListsDeadLettersById) => marked.sort_by_key(|letter| letter.id),
            _ => {}
        }
        Ok(marked)
    }
}

#[async_trait]
impl DeadLetterQueries for Wrong {
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let mut filter = filter.clone();
        if self.is(Fault::TakesTheEndIn) {
            filter.to = filter.to.and_then(|to| to.checked_add(SignedDuration::from_micros(1)).ok());
        }
        let mut letters = DeadLetterQueries::list(&self.behind, &filter, None, usize::MAX).await?;
        if self.is(Fault::PutsTiesInOneDirection) {
            letters.sort_by_key(|letter| (Reverse(letter.at), letter.id));
        }
        if let Some((at, id)) = after {
            let there = letters.iter().any(|letter| letter.id == id);
            letters.retain(|letter| match self.fault {
                Some(Fault::SkipsTiesBehindAPlace) => letter.at < at,
                Some(Fault::BeginsAnewBehindWhatIsGone) if !there => true,
                _ => (letter.at, letter.id) < (at, id),
            });
        }
        letters.truncate(limit);
        if self.is(Fault::LosesTracesOfDeadLetters) {
            for letter in &mut letters {
                letter.trace = Trace::default();
            }
        }
        Ok(letters)
    }

    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError> {
        let mut counts = self.behind.summary(filter).await?;
        match self.fault {
            Some(Fault::CountsWhateverTheHost) => {
                counts = self.behind.summary(&DeadLetterFilter { host: None, ..filter.clone() }).await?;
            }
            Some(Fault::PutsTheFewestFirst) => counts.reverse(),
            Some(Fault::TellsTheOldest) => {
                let letters = DeadLetterQueries::list(&self.behind, filter, None, usize::MAX).await?;
                for count in &mut counts {
                    let alike = letters.iter().rev().find(|letter| letter.failure.reason == count.reason);
                    count.newest = alike.map_or(count.newest, |letter| letter.at);
                }
            }
            _ => {}
        }
        Ok(counts)
    }
}

//! How much memory all uploads together may hold. Knows neither forms nor files.

use crate::problem::{Problem, ProblemCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a permit stands for, in bytes.
const UNIT: usize = 1024;

/// How long an upload waits for memory before it is turned away.
const PATIENCE: Duration = Duration::from_secs(1);

/// The memory that all uploads share. Clones are the same memory.
#[derive(Clone, Debug)]
pub(crate) struct UploadMemory(Arc<Semaphore>);

impl UploadMemory {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes / UNIT as u64).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))))
    }

    /// The share of one upload, which is empty so far.
    pub(crate) fn share(&self) -> Share {
        Share { memory: Arc::clone(&self.0), held: None }
    }
}

/// What one upload holds; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Holds room for so many bytes from now on, more or fewer than before. When that fails, or is given up meanwhile,
    /// it holds what it held.
    pub(crate) async fn resize(&mut self, bytes: usize) -> Result<(), Problem> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = bytes.div_ceil(UNIT);
        if wanted <= held {
            drop(self.held.as_mut().and_then(|permit| permit.split(held - wanted)));
            return Ok(());
        }
        let more = u32::try_from(wanted - held).map_err(|_| exhausted())?;
        let waiting = Arc::clone(&self.memory).acquire_many_owned(more);
        let Ok(Ok(more)) = tokio::time::timeout(PATIENCE, waiting).await else { return Err(exhausted()) };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// How many KiB it holds.
    #[cfg(test)]
    pub(crate) fn units(&self) -> usize {
        self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }
}

fn exhausted() -> Problem {
    Problem::new(ProblemCode::Unavailable, "too many uploads are under way; try again in a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shares_grow_shrink_and_are_given_back() {
        let memory = UploadMemory::new(10 * 1024);
        let (mut first, mut second) = (memory.share(), memory.share());
        first.resize(6000).await.unwrap();
        assert!(second.resize(5000).await.is_err(), "six of ten units are held");
        second.resize(4096).await.unwrap();
        first.resize(1).await.unwrap();
        assert_eq!(memory.0.available_permits(), 5);
        second.resize(9 * 1024).await.unwrap();
        assert_eq!(memory.0.available_permits(), 0);
        drop(second);
        first.resize(10 * 1024).await.unwrap();
        drop(first);
        assert_eq!(memory.0.available_permits(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_soon_is_waited_for() {
        let memory = UploadMemory::new(2048);
        let (mut first, mut second) = (memory.share(), memory.share());
        first.resize(2048).await.unwrap();
        let freed = async {
            tokio::time::sleep(PATIENCE / 2).await;
            drop(first);
        };
        assert!(tokio::join!(second.resize(1), freed).0.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_there_is_at_all_is_refused() {
        let memory = UploadMemory::new(1024);
        assert!(memory.share().resize(2000).await.is_err());
        assert!(memory.share().resize(usize::MAX).await.is_err());
        assert!(UploadMemory::new(u64::MAX).share().resize(1 << 30).await.is_ok());
    }
}

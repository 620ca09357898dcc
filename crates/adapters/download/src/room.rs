//! How much memory all downloads may take together. A small one takes what it needs without asking; a larger one waits until
//! there is room for the whole of it, so that none ever waits for more while it holds some.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What each download may hold without asking, in bytes.
pub(crate) const FREE: u64 = 1 << 20;

/// Room is handed out in steps of this many bytes: semaphores do not count as far as memory goes.
const STEP: u64 = 1 << 16;

pub(crate) struct Room {
    steps: Arc<Semaphore>,
    all: u32,
}

/// Room that was taken; given back when it is dropped.
pub(crate) struct Taken {
    _steps: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn new(bytes: u64) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let all = u32::try_from(bytes / STEP).unwrap_or(most).clamp(1, most);
        Self { steps: Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(Semaphore::MAX_PERMITS))), all }
    }

    /// Waits for that much room, in the order of asking. Who needs more than there is waits for all of it.
    pub(crate) async fn take(&self, bytes: u64) -> Taken {
        let steps = u32::try_from(bytes.div_ceil(STEP)).unwrap_or(u32::MAX).min(self.all);
        // Never closed, so there is always an answer.
        Taken { _steps: Arc::clone(&self.steps).acquire_many_owned(steps).await.ok() }
    }
}

/// Bytes, and the room that they take for as long as somebody has them.
pub(crate) struct Housed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) _room: Option<Taken>,
}

impl AsRef<[u8]> for Housed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    async fn waits(room: &Room, bytes: u64) -> bool {
        timeout(Duration::from_millis(20), room.take(bytes)).await.is_err()
    }

    #[tokio::test]
    async fn who_finds_no_room_waits_until_there_is_some() {
        let room = Room::new(10 * STEP);
        let first = room.take(6 * STEP).await;
        assert!(waits(&room, 5 * STEP).await);
        let second = room.take(4 * STEP).await;
        drop((first, second));
        assert!(!waits(&room, 10 * STEP).await);
    }

    #[tokio::test]
    async fn who_needs_more_than_there_is_takes_all_of_it() {
        let room = Room::new(10 * STEP);
        let all = room.take(u64::MAX).await;
        assert!(waits(&room, 1).await);
        drop(all);
        assert!(!waits(&room, 1).await);
    }
}

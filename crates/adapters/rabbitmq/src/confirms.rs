//! What becomes of messages that were published: which are not confirmed yet, and who waits for it. Knows no driver.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How often somebody may try nevertheless while nothing is confirmed.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is kept, in a queue.
    Kept,
    /// There is no queue for it, or its queue has no room.
    Refused,
}

/// The messages of one channel, by their numbers: the broker counts them as they come.
#[derive(Default)]
pub(crate) struct Confirms(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    ended: bool,
    messages: BTreeMap<u64, Waits>,
    /// Since when nothing is confirmed that should be, or since when somebody tried nevertheless.
    stalled: Option<Instant>,
}

struct Waits {
    /// It came back. The broker confirms it nevertheless.
    returned: bool,
    tell: oneshot::Sender<Outcome>,
}

impl Confirms {
    /// The message of that number is about to be sent. Nobody is told when the channel has ended.
    pub(crate) fn expect(&self, number: u64) -> oneshot::Receiver<Outcome> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.waiting();
        if !waiting.ended {
            waiting.messages.insert(number, Waits { returned: false, tell });
        }
        told
    }

    /// It was not sent after all.
    pub(crate) fn forget(&self, number: u64) {
        self.waiting().messages.remove(&number);
    }

    /// There was no queue for it. Comes before its confirmation.
    pub(crate) fn was_returned(&self, number: u64) {
        if let Some(waits) = self.waiting().messages.get_mut(&number) {
            waits.returned = true;
        }
    }

    /// The broker has decided about the message of that number, or about all up to it.
    pub(crate) fn settle(&self, number: u64, all_before: bool, kept: bool) {
        let mut waiting = self.waiting();
        if waiting.stalled.take().is_some() {
            tracing::info!("RabbitMQ takes messages again");
        }
        let settled = if all_before {
            let later = waiting.messages.split_off(&number.saturating_add(1));
            std::mem::replace(&mut waiting.messages, later)
        } else {
            waiting.messages.remove_entry(&number).into_iter().collect()
        };
        drop(waiting);
        for waits in settled.into_values() {
            let outcome = if kept && !waits.returned { Outcome::Kept } else { Outcome::Refused };
            // Who does not wait any more has given it up.
            let _ = waits.tell.send(outcome);
        }
    }

    /// Nothing more will be heard.
    pub(crate) fn end(&self) {
        let mut waiting = self.waiting();
        waiting.ended = true;
        waiting.messages.clear();
    }

    /// Somebody has waited too long for that one, and nobody else is to wait until anything is confirmed.
    pub(crate) fn stall(&self, number: u64) {
        let mut waiting = self.waiting();
        if waiting.messages.contains_key(&number) && waiting.stalled.is_none() {
            waiting.stalled = Some(Instant::now());
            tracing::warn!("RabbitMQ takes no messages at the moment; it may be short of disk or memory");
        }
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.waiting().stalled.is_some()
    }

    /// Whether it makes sense to send something. Now and then it does to try.
    pub(crate) fn admits(&self) -> bool {
        match &mut self.waiting().stalled {
            None => true,
            Some(since) if since.elapsed() >= TRY_AGAIN => {
                *since = Instant::now();
                true
            }
            Some(_) => false,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(told: &mut [oneshot::Receiver<Outcome>]) -> Vec<Option<Outcome>> {
        told.iter_mut().map(|told| told.try_recv().ok()).collect()
    }

    #[test]
    fn a_confirmation_of_many_leaves_the_later_ones_waiting() {
        let confirms = Confirms::default();
        let mut told: Vec<_> = (1..=4).map(|number| confirms.expect(number)).collect();
        confirms.settle(2, false, false);
        confirms.settle(3, true, true);
        let (kept, refused) = (Some(Outcome::Kept), Some(Outcome::Refused));
        assert_eq!(outcomes(&mut told), [kept, refused, kept, None]);
    }

    #[test]
    fn what_came_back_is_refused_although_it_is_confirmed() {
        let confirms = Confirms::default();
        let mut told = [confirms.expect(1), confirms.expect(2)];
        confirms.was_returned(1);
        confirms.settle(2, true, true);
        assert_eq!(outcomes(&mut told), [Some(Outcome::Refused), Some(Outcome::Kept)]);
    }

    #[test]
    fn when_it_has_ended_nobody_waits() {
        let confirms = Confirms::default();
        let mut before = confirms.expect(1);
        confirms.end();
        let mut after = confirms.expect(2);
        for told in [&mut before, &mut after] {
            assert_eq!(told.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_keeps_others_from_waiting_until_anything_is_confirmed() {
        let confirms = Confirms::default();
        let _told = [confirms.expect(1), confirms.expect(2)];
        confirms.stall(1);
        assert!(confirms.is_stalled() && !confirms.admits());
        confirms.settle(2, false, true);
        assert!(!confirms.is_stalled() && confirms.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn now_and_then_somebody_may_try() {
        let confirms = Confirms::default();
        let _told = confirms.expect(1);
        confirms.stall(1);
        tokio::time::advance(TRY_AGAIN).await;
        assert!(confirms.admits() && !confirms.admits());
    }

    #[test]
    fn who_waited_for_what_was_confirmed_in_the_last_moment_stalls_nobody() {
        let confirms = Confirms::default();
        let _told = confirms.expect(1);
        confirms.settle(1, false, true);
        confirms.stall(1);
        assert!(!confirms.is_stalled());
    }
}

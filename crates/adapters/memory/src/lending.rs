//! Messages that wait and are lent: what the store's outbox, its own queue and the broker have in common.
//!
//! A message stands under its *turn*, a number that is never given twice, and takes a new one whenever it is lent or given
//! back. The turn under which it was lent is the token of the loan: once somebody else has the message, the token finds
//! nothing.

use crate::deadline;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Backlog, Claimed, Message};

#[derive(Default)]
pub(crate) struct Lending {
    rows: Mutex<Rows>,
    changed: Notify,
}

#[derive(Default)]
struct Rows {
    by_turn: HashMap<u64, Row>,
    /// The turn of the row that was put last with that id.
    by_id: HashMap<MessageId, u64>,
    /// By the moment from which it may be lent: when it is due, when its loan ends, when it was given back.
    by_lane: BTreeMap<Lane, BTreeSet<(Instant, u64)>>,
    by_due: BTreeSet<(Instant, u64)>,
    newest_turn: u64,
}

struct Row {
    message: Message,
    due: Instant,
    free_from: Instant,
}

impl Rows {
    fn put(&mut self, row: Row) -> u64 {
        self.newest_turn += 1;
        let turn = self.newest_turn;
        self.by_lane.entry(row.message.lane).or_default().insert((row.free_from, turn));
        self.by_due.insert((row.due, turn));
        self.by_id.insert(row.message.id, turn);
        self.by_turn.insert(turn, row);
        turn
    }

    fn take(&mut self, turn: u64) -> Option<Row> {
        let row = self.by_turn.remove(&turn)?;
        if let Some(places) = self.by_lane.get_mut(&row.message.lane) {
            places.remove(&(row.free_from, turn));
        }
        self.by_due.remove(&(row.due, turn));
        if self.by_id.get(&row.message.id) == Some(&turn) {
            self.by_id.remove(&row.message.id);
        }
        Some(row)
    }

    /// The next place of a lane, or of all.
    fn first(&self, lane: Option<Lane>) -> Option<(Instant, u64)> {
        match lane {
            Some(lane) => self.by_lane.get(&lane)?.first().copied(),
            None => self.by_lane.values().filter_map(|places| places.first().copied()).min(),
        }
    }

    fn lend(&mut self, lane: Option<Lane>, now: Instant, lease: Duration) -> Option<Claimed> {
        let (_, turn) = self.first(lane).filter(|(free_from, _)| *free_from <= now)?;
        let mut row = self.take(turn)?;
        row.free_from = deadline::after(now, lease);
        let message = row.message.clone();
        Some(Claimed { message, token: self.put(row) })
    }
}

impl Lending {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes messages in like [`add`](Self::add). One that is there already under the same id is replaced, its loan void.
    pub(crate) fn replace(&self, messages: Vec<(Message, Duration)>) {
        let mut rows = self.rows();
        for (message, _) in &messages {
            if let Some(turn) = rows.by_id.get(&message.id).copied() {
                rows.take(turn);
            }
        }
        drop(rows);
        self.add(messages);
    }

    /// Takes messages in, each to be lent this long from now at the earliest.
    pub(crate) fn add(&self, messages: impl IntoIterator<Item = (Message, Duration)>) {
        let now = Instant::now();
        let mut rows = self.rows();
        let before = rows.newest_turn;
        for (message, due_in) in messages {
            let due = deadline::after(now, due_in);
            rows.put(Row { message, due, free_from: due });
        }
        let any = rows.newest_turn > before;
        drop(rows);
        if any {
            self.changed.notify_waiters();
        }
    }

    /// Everything that is there, lent or not, with the moments it is due.
    pub(crate) fn all(&self) -> Vec<(Message, Instant)> {
        self.rows().by_turn.values().map(|row| (row.message.clone(), row.due)).collect()
    }

    /// Takes in what is due at a moment; a message that is there already stays as it is.
    pub(crate) fn add_due(&self, message: Message, due: Instant) {
        let mut rows = self.rows();
        if !rows.by_id.contains_key(&message.id) {
            rows.put(Row { message, due, free_from: due });
        }
        drop(rows);
        self.changed.notify_waiters();
    }

    /// Lends up to `limit` messages of all lanes.
    pub(crate) fn claim(&self, limit: usize, lease: Duration) -> Vec<Claimed> {
        let now = Instant::now();
        let mut rows = self.rows();
        // With a lease of zero a message would be free again at once: each is lent once a call.
        let turns = rows.newest_turn;
        let mut claimed = vec![];
        while claimed.len() < limit && rows.first(None).is_some_and(|(_, turn)| turn <= turns) {
            let Some(row) = rows.lend(None, now, lease) else { break };
            claimed.push(row);
        }
        claimed
    }

    /// Lends the next message of a lane; waits for one. Safe to cancel: nothing is lent before it answers.
    pub(crate) async fn next(&self, lane: Lane, lease: Duration) -> Claimed {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let free_from = {
                let mut rows = self.rows();
                if let Some(claimed) = rows.lend(Some(lane), Instant::now(), lease) {
                    return claimed;
                }
                rows.first(Some(lane)).map(|(free_from, _)| free_from)
            };
            match free_from {
                Some(free_from) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(free_from) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Forgets a lent message; `false` when the loan is void.
    pub(crate) fn settle(&self, token: u64) -> bool {
        self.rows().take(token).is_some()
    }

    /// Ends a loan: the message may be lent again now, behind those that wait already. A void loan changes nothing.
    pub(crate) fn give_back(&self, token: u64) {
        let mut rows = self.rows();
        let Some(mut row) = rows.take(token) else { return };
        row.free_from = Instant::now();
        rows.put(row);
        drop(rows);
        self.changed.notify_waiters();
    }

    /// How many messages there are, those on loan and those not due yet included.
    pub(crate) fn len(&self) -> usize {
        self.rows().by_turn.len()
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let now = Instant::now();
        let rows = self.rows();
        let oldest = rows.by_due.first().map_or(Duration::ZERO, |(due, _)| now.saturating_duration_since(*due));
        Backlog { rows: rows.by_turn.len() as u64, oldest }
    }

    /// Resolves when a message may be lent or something changed, after `at_most` at the latest.
    pub(crate) async fn wait(&self, at_most: Duration) {
        let mut changed = pin!(self.changed.notified());
        changed.as_mut().enable();
        let latest = deadline::after(Instant::now(), at_most);
        let first = self.rows().first(None);
        let until = first.map_or(latest, |(free_from, _)| free_from.min(latest));
        tokio::select! {
            () = changed => {}
            () = sleep_until(until) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use jiff::Timestamp;
    use wareroom_domain::{MessageId, Trace};

    const MINUTE: Duration = Duration::from_mins(1);

    fn message(number: u128) -> Message {
        Message {
            id: MessageId(uuid::Uuid::from_u128(number)),
            lane: Lane::Images,
            schema: 1,
            kind: "test".to_owned(),
            body: Bytes::new(),
            at: Timestamp::UNIX_EPOCH,
            trace: Trace::default(),
        }
    }

    fn lending(numbers: std::ops::Range<u128>) -> Lending {
        let lending = Lending::default();
        lending.add(numbers.map(|number| (message(number), Duration::ZERO)));
        lending
    }

    fn numbers(claimed: &[Claimed]) -> Vec<u128> {
        claimed.iter().map(|row| row.message.id.0.as_u128()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_token_of_a_loan_is_void_once_another_has_the_message() {
        let lending = lending(0..1);
        let first = lending.claim(9, MINUTE).remove(0);
        tokio::time::advance(MINUTE).await;
        let second = lending.claim(9, MINUTE).remove(0);
        lending.give_back(first.token);
        assert!(lending.claim(9, MINUTE).is_empty());
        assert!(!lending.settle(first.token));
        assert!(lending.settle(second.token) && !lending.settle(second.token));
        assert_eq!(lending.backlog(), Backlog::default());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loan_that_is_over_and_was_not_lent_again_can_still_be_settled() {
        let lending = lending(0..1);
        let loan = lending.claim(1, MINUTE).remove(0);
        tokio::time::advance(2 * MINUTE).await;
        assert!(lending.settle(loan.token));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_queues_behind_what_waits_so_that_it_starves_nobody() {
        let lending = lending(0..3);
        let first = lending.claim(1, MINUTE);
        lending.give_back(first[0].token);
        assert_eq!(numbers(&lending.claim(9, MINUTE)), [1, 2, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_of_nothing_lends_each_message_once_a_call() {
        let lending = lending(0..3);
        assert_eq!(numbers(&lending.claim(9, Duration::ZERO)), [0, 1, 2]);
        assert_eq!(lending.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_wakes_when_the_next_message_is_due_and_not_before() {
        let lending = Lending::default();
        lending.add([(message(1), 3 * MINUTE), (message(2), MINUTE), (message(3), Duration::MAX)]);
        let start = Instant::now();
        assert!(lending.claim(9, MINUTE).is_empty());
        assert_eq!(lending.next(Lane::Images, 9 * MINUTE).await.message.id, message(2).id);
        assert_eq!(start.elapsed().as_secs(), MINUTE.as_secs());
        assert_eq!(lending.next(Lane::Images, 9 * MINUTE).await.message.id, message(1).id);
        assert_eq!(start.elapsed().as_secs(), 3 * MINUTE.as_secs());
        assert_eq!(lending.backlog().rows, 3);
        assert_eq!(lending.backlog().oldest.as_secs(), 2 * MINUTE.as_secs());
        lending.wait(MINUTE).await;
        assert_eq!(start.elapsed().as_secs(), 4 * MINUTE.as_secs());
    }

    #[tokio::test]
    async fn no_wake_up_is_missed_between_many_lenders_and_borrowers() {
        let lending = std::sync::Arc::new(Lending::default());
        let borrowers: Vec<_> = (0..4)
            .map(|_| {
                let lending = std::sync::Arc::clone(&lending);
                tokio::spawn(async move {
                    for turn in 0..250 {
                        let loan = lending.next(Lane::Images, MINUTE).await;
                        tokio::task::yield_now().await;
                        if turn % 5 == 0 {
                            lending.give_back(loan.token);
                            let again = lending.next(Lane::Images, MINUTE).await;
                            assert!(lending.settle(again.token));
                        } else {
                            assert!(lending.settle(loan.token));
                        }
                    }
                })
            })
            .collect();
        for number in 0..1_000 {
            lending.add([(message(number), Duration::ZERO)]);
            if number % 3 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for borrower in borrowers {
            tokio::time::timeout(MINUTE, borrower).await.unwrap().unwrap();
        }
        assert_eq!(lending.len(), 0);
    }
}

//! `Outbox` and `OutboxRelay`: what a unit of work leaves behind, and the relay's side of it.

use crate::events::events_of;
use crate::patience::{LONG, MOMENT, SHORT, eight, eventually, within};
use crate::samples::{begin, commit, image, job, stamped, stored_user, traces};
use crate::store::StoreFixture;
use async_trait::async_trait;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::sleep;
use wareroom_domain::{EventPosition, Job, ProductId, Stamped};
use wareroom_ports::{Claimed, EventLog, Message, OutboxRelay, Store, StoreError};

/// A store whose outbox is to be held to account, seen from its three sides.
#[async_trait]
pub trait OutboxFixture: StoreFixture {
    /// The relay's side.
    fn relay(&self) -> Arc<dyn OutboxRelay>;

    /// The events that units left.
    fn events(&self) -> Arc<dyn EventLog>;
}

/// The one list of cases of [`outbox`](crate::outbox).
#[macro_export]
macro_rules! outbox_cases {
    ($then:path, $given:tt) => {
        $then! { outbox $given
            a_commit_stores_its_jobs_and_events
            a_unit_that_does_not_commit_leaves_no_jobs_and_events
            a_job_comes_back_as_it_was_left
            a_job_that_is_left_again_replaces_itself_and_voids_its_loan
            a_row_is_not_lent_to_two_while_its_lease_lasts
            a_row_is_lent_again_when_its_lease_is_over
            a_row_is_not_lent_before_it_is_due
            a_row_is_lent_once_it_is_due
            claim_lends_at_most_its_limit
            a_row_that_is_done_is_never_lent_again
            done_ignores_rows_whose_lease_has_gone_to_another
            the_backlog_counts_every_row_that_was_not_done
            the_backlog_tells_how_long_the_longest_waits
            at_least_counts_as_the_backlog_does
            wait_ends_at_its_limit_at_the_latest
        }
    };
}

/// Tests that hold an [`OutboxFixture`] to every case of [`outbox`](crate::outbox).
#[macro_export]
macro_rules! outbox_suite {
    ($fixture:ty) => {
        $crate::outbox_cases!($crate::tests, ($fixture));
    };
}

outbox_cases!(names, ());

/// Commits jobs that are due after that long.
async fn leave(store: &Arc<dyn Store>, jobs: &[Stamped<Job>], due_in: Duration) {
    let mut unit = begin(store).await;
    for job in jobs {
        unit.outbox().job(job.clone(), due_in);
    }
    commit(unit).await;
}

fn jobs(count: usize) -> Vec<Stamped<Job>> {
    (0..count).map(|_| job(traces()[3].clone())).collect()
}

async fn claim(relay: &Arc<dyn OutboxRelay>, limit: usize, lease: Duration) -> Vec<Claimed> {
    within("claim answers", relay.claim(limit, lease)).await.expect("a claim")
}

/// Claims until there is a row.
async fn claim_one(relay: &Arc<dyn OutboxRelay>, lease: Duration) -> Claimed {
    eventually("a row is lent", || async move { claim(relay, 1, lease).await.pop() }).await
}

async fn rows(relay: &Arc<dyn OutboxRelay>) -> u64 {
    within("backlog answers", relay.backlog()).await.expect("a backlog").rows
}

/// Jobs and events MUST be stored with the unit's rows.
pub async fn a_commit_stores_its_jobs_and_events<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay, events) = (fixture.store(), fixture.relay(), fixture.events());
    let user = stored_user(&store).await;
    let mut unit = begin(&store).await;
    let jobs = jobs(3);
    for job in &jobs {
        unit.outbox().job(job.clone(), Duration::ZERO);
    }
    let event = stamped(user.registered(), traces()[3].clone());
    unit.outbox().event(event.clone());
    commit(unit).await;

    assert_eq!(rows(&relay).await, 3);
    let mut claimed = Vec::new();
    while claimed.len() < jobs.len() {
        claimed.push(claim_one(&relay, LONG).await.message);
    }
    assert!(jobs.iter().all(|job| claimed.contains(&Message::of(job))), "a job is missing: {claimed:?}");
    while events.sequence(100).await.expect("events are sequenced") > 0 {}
    let read = events_of(events.read(EventPosition(0), 100).await.expect("events are read"));
    assert_eq!(read.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), [event]);
}

/// A job whose id is that of one that is there MUST replace it and void its loan.
pub async fn a_job_that_is_left_again_replaces_itself_and_voids_its_loan<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    let job = jobs(1);
    leave(&store, &job, Duration::ZERO).await;
    let before = claim_one(&relay, LONG).await;
    leave(&store, &job, Duration::ZERO).await;
    assert_eq!(rows(&relay).await, 1, "the job is there beside itself");
    let after = claim_one(&relay, LONG).await;
    assert_eq!(after.message, Message::of(&job[0]));
    within("done answers", relay.done(&[before])).await.expect("done");
    assert_eq!(rows(&relay).await, 1, "a loan that was voided still counted");
    within("done answers", relay.done(&[after])).await.expect("done");
    assert_eq!(rows(&relay).await, 0);
}

/// Jobs and events MUST be stored only if the unit commits.
pub async fn a_unit_that_does_not_commit_leaves_no_jobs_and_events<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay, events) = (fixture.store(), fixture.relay(), fixture.events());
    let user = stored_user(&store).await;
    for fails in [false, true] {
        let mut unit = begin(&store).await;
        let [job] = jobs(1).try_into().expect("one job");
        unit.outbox().job(job, Duration::ZERO);
        unit.outbox().event(stamped(user.registered(), traces()[0].clone()));
        if fails {
            let nowhere = image(ProductId::new(1_000_000).expect("an id"));
            assert_refused!(unit.images().insert(&nowhere).await, StoreError::UnknownReference(_));
            assert!(unit.commit().await.is_err(), "a failed unit was committed");
        }
    }
    assert_eq!(rows(&relay).await, 0, "a job was left");
    assert_eq!(claim(&relay, 10, LONG).await, [], "a job was left");
    while events.sequence(100).await.expect("events are sequenced") > 0 {}
    assert_eq!(events_of(events.read(EventPosition(0), 100).await.expect("events are read")), [], "an event was left");
}

/// Every field of a job, with every shape of a trace.
pub async fn a_job_comes_back_as_it_was_left<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    for trace in traces() {
        let job = job(trace);
        leave(&store, std::slice::from_ref(&job), Duration::ZERO).await;
        let claimed = claim_one(&relay, LONG).await;
        assert_eq!(claimed.message, Message::of(&job));
        relay.done(&[claimed]).await.expect("done");
    }
}

/// `claim` MUST never lend one row to two callers while the lease lasts.
pub async fn a_row_is_not_lent_to_two_while_its_lease_lasts<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(40), Duration::ZERO).await;
    let lent = eight("eight tasks claim", |_| {
        let relay = Arc::clone(&relay);
        async move {
            let mut lent = Vec::new();
            for _ in 0..6 {
                lent.extend(claim(&relay, 3, LONG).await.into_iter().map(|claimed| claimed.message.id));
                tokio::task::yield_now().await;
            }
            lent
        }
    })
    .await;
    let lent = lent.concat();
    assert_eq!(lent.iter().collect::<HashSet<_>>().len(), lent.len(), "a row was lent twice");
    let rest = claim(&relay, 100, LONG).await.len();
    assert_eq!(lent.len() + rest, 40, "a row was lent twice, or not at all");
}

/// `claim` MUST lend a row again when its lease is over.
pub async fn a_row_is_lent_again_when_its_lease_is_over<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(1), Duration::ZERO).await;
    let first = claim_one(&relay, SHORT).await;
    let again = claim_one(&relay, LONG).await;
    assert_eq!(again.message, first.message);
}

/// `claim` MUST NOT lend a row before it is due.
pub async fn a_row_is_not_lent_before_it_is_due<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    let due = jobs(1);
    leave(&store, &jobs(2), LONG).await;
    leave(&store, &due, Duration::ZERO).await;
    assert_eq!(claim_one(&relay, LONG).await.message, Message::of(&due[0]));
    assert_eq!(claim(&relay, 10, LONG).await, [], "a row was lent before it was due");
}

/// A job is given once `due_in` has passed.
pub async fn a_row_is_lent_once_it_is_due<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    let later = jobs(1);
    leave(&store, &later, SHORT).await;
    assert_eq!(claim_one(&relay, LONG).await.message, Message::of(&later[0]));
}

/// `claim` lends up to `limit`.
pub async fn claim_lends_at_most_its_limit<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(5), Duration::ZERO).await;
    assert!(claim(&relay, 3, LONG).await.len() <= 3, "more than the limit");
    assert!(claim(&relay, 1, LONG).await.len() <= 1, "more than the limit");
}

/// `done` forgets rows that were published.
pub async fn a_row_that_is_done_is_never_lent_again<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(1), Duration::ZERO).await;
    // On a busy machine a short lease may be over before `done` arrives.
    eventually("a row is done in time", || {
        let relay = &relay;
        async move {
            relay.done(&[claim_one(relay, SHORT).await]).await.expect("done");
            (rows(relay).await == 0).then_some(())
        }
    })
    .await;
    sleep(MOMENT).await;
    assert_eq!(claim(&relay, 10, LONG).await, [], "a row that was done came again");
}

/// `done` MUST ignore rows whose lease has gone to somebody else.
pub async fn done_ignores_rows_whose_lease_has_gone_to_another<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(1), Duration::ZERO).await;
    let late = claim_one(&relay, SHORT).await;
    let now = claim_one(&relay, LONG).await;
    relay.done(&[late]).await.expect("done, though late");
    assert_eq!(rows(&relay).await, 1, "a late caller took another's row");
    relay.done(&[now]).await.expect("done");
    assert_eq!(rows(&relay).await, 0, "the row's holder could not end it");
}

/// `backlog` MUST count every row that was not done: those on loan and those not due yet, too.
pub async fn the_backlog_counts_every_row_that_was_not_done<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    assert_eq!(rows(&relay).await, 0);
    leave(&store, &jobs(3), Duration::ZERO).await;
    leave(&store, &jobs(4), LONG).await;
    assert_eq!(rows(&relay).await, 7);
    let claimed = claim_one(&relay, LONG).await;
    assert_eq!(rows(&relay).await, 7, "a row on loan was not counted");
    relay.done(&[claimed]).await.expect("done");
    assert_eq!(rows(&relay).await, 6);
}

/// `backlog` tells how long the longest waits beyond its due time; zero when none is due.
pub async fn the_backlog_tells_how_long_the_longest_waits<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    leave(&store, &jobs(1), LONG).await;
    assert_eq!(relay.backlog().await.expect("a backlog").oldest, Duration::ZERO, "none is due");
    leave(&store, &jobs(1), Duration::ZERO).await;
    eventually("the time that the oldest waits grows", || async {
        let oldest = relay.backlog().await.expect("a backlog").oldest;
        assert!(oldest < LONG, "nothing has waited for {oldest:?}");
        (oldest > SHORT).then_some(())
    })
    .await;
}

/// `at_least` MUST count as `backlog` does: rows on loan and those not due yet, too.
pub async fn at_least_counts_as_the_backlog_does<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, relay) = (fixture.store(), fixture.relay());
    let at_least =
        async |rows| within("at_least answers", relay.at_least(rows)).await.expect("whether there are so many");
    assert!(at_least(0).await && !at_least(1).await, "of no row");
    leave(&store, &jobs(2), Duration::ZERO).await;
    leave(&store, &jobs(3), LONG).await;
    let claimed = claim_one(&relay, LONG).await;
    for (rows, there) in [(0, true), (1, true), (4, true), (5, true), (6, false), (u64::MAX, false)] {
        assert_eq!(at_least(rows).await, there, "{rows} of 5");
    }
    relay.done(&[claimed]).await.expect("done");
    assert!(at_least(4).await && !at_least(5).await, "of 4");
}

/// `wait` resolves after `at_most` at the latest.
pub async fn wait_ends_at_its_limit_at_the_latest<F: OutboxFixture>() {
    let fixture = F::fresh(LONG).await;
    within("wait ends", fixture.relay().wait(SHORT)).await;
}

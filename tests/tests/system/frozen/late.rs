//! Two workers over one database, of which one is held in the codec beyond its lease while the other takes over. Whatever the
//! late one brings, and whether it comes before or after the other has finished, it changes nothing.

use super::codec::{Gate, GoesOn};
use super::queue::Settlement;
use super::worker::{LONG, Place, SHORT};
use crate::rows::Effort;
use wareroom_app_worker::WorkerReport;

/// What becomes of the worker that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// It is let go.
    GoesOn(GoesOn),
    /// It is told to stop, and hands back what is no longer its own.
    Stops,
}

/// The kinds of lateness, each with how its delivery must be settled.
const LATE: [(Late, Settlement); 5] = [
    (Late::GoesOn(GoesOn::Well), Settlement::Lost),
    (Late::GoesOn(GoesOn::WithAnotherPicture), Settlement::Lost),
    (Late::GoesOn(GoesOn::Damaged), Settlement::Lost),
    (Late::GoesOn(GoesOn::TooLate), Settlement::Lost),
    (Late::Stops, Settlement::Released),
];

/// How often each kind is tried.
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_late_changes_nothing_after_the_other_has_finished() {
    for (late, settlement) in LATE.repeat(ROUNDS) {
        overtake(late, settlement, true).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_late_changes_nothing_while_the_other_is_still_at_it() {
    for (late, settlement) in LATE.repeat(ROUNDS) {
        overtake(late, settlement, false).await;
    }
}

async fn overtake(late: Late, settlement: Settlement, other_first: bool) {
    let (place, held_gate, other_gate) = (Place::new(), Gate::closed(), Gate::closed());
    place.product(&[7]).await;
    let rows = place.rows();
    let mut held = place.worker(SHORT, held_gate.clone()).await;
    held_gate.holds_one().await;
    // Only the end of the first one's lease gets the other this far. Its own lasts, so that it is not overtaken in turn.
    let mut other = place.worker(LONG, other_gate.clone()).await;
    other_gate.holds_one().await;
    let begun = rows.images();
    assert_eq!((begun[0].state.as_str(), begun[0].attempts, begun[0].fence), ("processing", 2, 2), "{late:?}");

    if other_first {
        other_gate.open(GoesOn::Well);
        assert_eq!(other.settles().await, Settlement::Acknowledged);
        assert_eq!(rows.count("ready"), 1);
    }
    let before = rows.state();
    let report = match late {
        Late::GoesOn(goes_on) => {
            held_gate.open(goes_on);
            assert_eq!(held.settles().await, settlement, "{late:?}");
            held.stop().await
        }
        Late::Stops => held.stop().await,
    };
    assert_eq!(rows.state(), before, "{late:?} changed something");
    let (acknowledged, released) = if settlement == Settlement::Released { (0, 1) } else { (1, 0) };
    assert_eq!(report, WorkerReport { acknowledged, released }, "{late:?}");
    if !other_first {
        other_gate.open(GoesOn::Well);
        assert_eq!(other.settles().await, Settlement::Acknowledged);
    }
    other.stop().await;
    if other_first {
        assert_eq!(rows.state(), before, "{late:?} changed something, later still");
    }
    let effort = rows.assert_every_image_ended_once(&place.blobs());
    assert_eq!(effort, Effort { ready: 1, failed: 0, begun: 2, attempts: 2, without_effect: 1 }, "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handing_back_returns_the_attempt_and_never_the_fencing_number() {
    let place = Place::new();
    place.product(&[7]).await;
    let rows = place.rows();
    for fence in 1..=5 {
        let gate = Gate::closed();
        let worker = place.worker(LONG, gate.clone()).await;
        gate.holds_one().await;
        let held = rows.images();
        assert_eq!((held[0].state.as_str(), held[0].attempts, held[0].fence), ("processing", 1, fence));
        assert_eq!(worker.stop().await, WorkerReport { acknowledged: 0, released: 1 });
        let back = rows.images();
        assert_eq!((back[0].state.as_str(), back[0].attempts, back[0].fence), ("pending", 0, fence));
        assert_eq!(rows.jobs(), 1);
        // Nobody has to wait for the lease, which is long.
        rows.until_nothing_is_on_loan().await;
    }
    let gate = Gate::closed();
    gate.open(GoesOn::Well);
    let mut worker = place.worker(LONG, gate).await;
    assert_eq!(worker.settles().await, Settlement::Acknowledged);
    worker.stop().await;
    let ended = rows.images();
    assert_eq!((ended[0].state.as_str(), ended[0].attempts, ended[0].fence), ("ready", 1, 6));
    assert_eq!(rows.assert_every_image_ended_once(&place.blobs()).ready, 1);
}

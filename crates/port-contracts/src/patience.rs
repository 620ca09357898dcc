//! How long a case waits. What must come has a generous bound, because machines are shared; what must not come is given a
//! moment to come nevertheless.

use std::time::Duration;
use tokio::time::{sleep, timeout};

/// For what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// For what must not come.
pub(crate) const MOMENT: Duration = Duration::from_millis(400);
/// A lease or a wait that does not end during a case.
pub(crate) const LONG: Duration = Duration::from_mins(1);
/// A lease that is over soon.
pub(crate) const SHORT: Duration = Duration::from_millis(80);
/// How long a call is let run before it is dropped: from not even once to the end.
pub(crate) const CUTS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_micros(20),
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(2),
    Duration::from_millis(10),
];

/// The outcome of what must end.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

/// Whether something that must not end did, within a moment.
pub(crate) async fn comes<T>(work: impl Future<Output = T>) -> Option<T> {
    timeout(MOMENT, work).await.ok()
}

/// Asks again until there is an answer.
pub(crate) async fn eventually<T, Asked>(what: &str, mut ask: impl FnMut() -> Asked) -> T
where
    Asked: Future<Output = Option<T>>,
{
    within(what, async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

/// Runs eight tasks at once and gives back what each answered.
pub(crate) async fn eight<T, Work>(what: &str, task: impl Fn(u64) -> Work) -> Vec<T>
where
    T: Send + 'static,
    Work: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..8).map(|number| tokio::spawn(task(number))).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(within(what, task).await.expect("a task of its own"));
    }
    answers
}

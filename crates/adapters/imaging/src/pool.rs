//! A bounded number of threads, and a bounded amount of memory, for work that blocks. Knows nothing of images.

use crate::error::{fault, from_panic};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use wareroom_ports::CodecError;

/// Memory is handed out in steps of this many bytes: semaphores do not count as far as memory goes.
const STEP: u64 = 1 << 20;

pub(crate) struct Pool {
    threads: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// What there is to hand out, in steps.
    steps: u32,
    urgency: Urgency,
}

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A client does.
    Now,
    /// Nobody does: while the machine has more to do than it can, its processors go to what somebody waits for.
    Behind,
}

/// How far work behind steps back: between equals it gets about a tenth of a processor, on an idle machine all of it.
#[cfg(target_os = "linux")]
const STEP_BACK: i32 = 10;

/// Given back when the thread ends, not when the caller goes.
struct Permit {
    _thread: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

/// The thread's view of the caller: whether anybody still waits.
pub(crate) struct Caller(Arc<AtomicBool>);

impl Caller {
    /// To be called between steps: an error when the caller has gone or its time is over, so that the thread ends.
    pub(crate) fn still_waits(&self) -> Result<(), CodecError> {
        if self.0.load(Ordering::Relaxed) { Err(CodecError::Timeout) } else { Ok(()) }
    }
}

/// Tells the thread when the future that waits for it is dropped, by its time limit or by its caller.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    pub(crate) fn new(threads: usize, memory: u64, urgency: Urgency) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let steps = u32::try_from(memory / STEP).unwrap_or(most).min(most);
        Self {
            threads: Arc::new(Semaphore::new(threads.clamp(1, Semaphore::MAX_PERMITS))),
            memory: Arc::new(Semaphore::new(usize::try_from(steps).unwrap_or(Semaphore::MAX_PERMITS))),
            steps,
            urgency,
        }
    }

    /// Waits for a thread and then for memory, in the order of asking: what needs much is not overtaken for ever by what
    /// needs little. What needs more than there is waits for all of it, and runs alone.
    async fn permit(&self, memory: u64) -> Result<Permit, AcquireError> {
        let steps = u32::try_from(memory.div_ceil(STEP)).unwrap_or(u32::MAX).min(self.steps);
        let thread = Arc::clone(&self.threads).acquire_owned().await?;
        let memory = Arc::clone(&self.memory).acquire_many_owned(steps).await?;
        Ok(Permit { _thread: thread, _memory: memory })
    }

    /// Runs `work`, which takes that much memory, on a thread and answers within `time` of its start. A thread cannot be
    /// stopped from outside: one whose time is over ends at its next look at the [`Caller`], and keeps its permit until
    /// then, so that there are never more threads at work than permits, nor more memory taken.
    pub(crate) async fn run<T, W>(&self, time: Duration, memory: u64, work: W) -> Result<T, CodecError>
    where
        T: Send + 'static,
        W: FnOnce(&Caller) -> Result<T, CodecError> + Send + 'static,
    {
        // That others keep the machine busy is no fault of this image, hence not `Timeout`.
        let permit = match timeout(time, self.permit(memory)).await {
            Ok(permit) => permit.map_err(|closed| CodecError::Backend(closed.into()))?,
            Err(_) => return Err(fault("no thread or no memory became free in time")),
        };
        let gone = Arc::new(AtomicBool::new(false));
        let _tell = Gone(Arc::clone(&gone));
        let caller = Caller(gone);
        let span = tracing::Span::current();
        let (urgency, (reply, answer)) = (self.urgency, oneshot::channel());
        let job = move || {
            if urgency == Urgency::Behind {
                step_back();
            }
            let outcome = span
                .in_scope(|| catch_unwind(AssertUnwindSafe(|| caller.still_waits().and_then(|()| work(&caller)))))
                .unwrap_or_else(|panic| Err(from_panic(panic.as_ref())));
            // Before the answer, so that whoever has it finds the place free.
            drop(permit);
            drop(reply.send(outcome));
        };
        // A thread of its own: one that stepped back may not step forward again, and the runtime's are for everybody.
        let started = thread::Builder::new().name("images".to_owned()).spawn(job);
        started.map_err(|error| CodecError::Backend(error.into()))?;
        match timeout(time, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(stopped)) => Err(CodecError::Backend(stopped.into())),
            Err(_) => Err(CodecError::Timeout),
        }
    }
}

/// Makes this thread give way to others. On Linux each thread has a priority of its own; elsewhere they share one.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STEP_BACK) {
        tracing::debug!(%error, "a thread could not step back behind others");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(20);

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn work_behind_gives_way_and_what_a_client_waits_for_does_not() {
        // A change by nothing answers with what it is.
        let own = |urgency| async move {
            let nice = |_: &Caller| rustix::process::nice(0).map_err(|error| fault(error.to_string()));
            Pool::new(1, 0, urgency).run(LONG, 0, nice).await.unwrap()
        };
        let usual = rustix::process::nice(0).unwrap();
        assert_eq!(own(Urgency::Now).await, usual);
        assert_eq!(own(Urgency::Behind).await, (usual + STEP_BACK).min(19));
        assert_eq!(own(Urgency::Now).await, usual, "it was left behind");
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let pool = Pool::new(1, 0, Urgency::Now);
        let outcome: Result<(), _> = pool.run(LONG, 0, |_| panic!("odd {}", "input")).await;
        assert!(matches!(outcome, Err(CodecError::Crashed(text)) if text == "odd input"));
        assert!(pool.run(LONG, 0, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn a_job_that_timed_out_keeps_its_permit_until_its_thread_ends() {
        let pool = Pool::new(1, 0, Urgency::Now);
        let (release, blocked) = mpsc::channel::<()>();
        let outcome = pool.run(SOON, 0, move |_| blocked.recv().map_err(|e| fault(e.to_string()))).await;
        assert!(matches!(outcome, Err(CodecError::Timeout)));
        assert!(matches!(pool.run(SOON, 0, |_| Ok(())).await, Err(CodecError::Backend(_))));
        release.send(()).unwrap();
        assert!(pool.run(LONG, 0, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn dropping_the_future_ends_the_thread_at_its_next_look() {
        let pool = Pool::new(1, 0, Urgency::Now);
        let (tell, running) = oneshot::channel();
        let (ended, end) = mpsc::channel();
        let job = pool.run(LONG, 0, move |caller: &Caller| {
            tell.send(()).map_err(|()| fault("nobody waits for the beginning"))?;
            while caller.still_waits().is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).map_err(|e| fault(e.to_string()))
        });
        tokio::select! {
            outcome = job => panic!("it ended by itself: {outcome:?}"),
            running = running => running.unwrap(),
        }
        tokio::task::spawn_blocking(move || end.recv_timeout(LONG)).await.unwrap().unwrap();
    }

    /// Whether a job of so much memory starts beside one that timed out while it held as much as given.
    async fn starts_beside(held: u64, wanted: u64) -> bool {
        let pool = Pool::new(4, 100 * STEP, Urgency::Now);
        let (release, blocked) = mpsc::channel::<()>();
        let outcome = pool.run(SOON, held, move |_| blocked.recv().map_err(|e| fault(e.to_string()))).await;
        assert!(matches!(outcome, Err(CodecError::Timeout)));
        let started = pool.run(SOON, wanted, |_| Ok(())).await.is_ok();
        release.send(()).unwrap();
        assert!(pool.run(LONG, wanted, |_| Ok(())).await.is_ok(), "what was held is not given back");
        started
    }

    #[tokio::test]
    async fn memory_is_kept_until_the_thread_ends() {
        assert!(starts_beside(60 * STEP, 40 * STEP).await);
        assert!(!starts_beside(60 * STEP, 41 * STEP).await);
        assert!(!starts_beside(60 * STEP + 1, 40 * STEP).await, "a step begun counts");
    }

    #[tokio::test]
    async fn what_needs_more_than_there_is_runs_alone() {
        assert!(!starts_beside(STEP, u64::MAX).await);
        assert!(!starts_beside(u64::MAX, STEP).await);
        assert!(starts_beside(u64::MAX, 0).await);
    }
}

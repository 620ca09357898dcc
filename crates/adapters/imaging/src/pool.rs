//! A bounded number of threads for work that blocks. Knows nothing of images.

use crate::error::{fault, from_panic};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use wareroom_ports::CodecError;

pub(crate) struct Pool {
    permits: Arc<Semaphore>,
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
    pub(crate) fn new(threads: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(threads.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Runs `work` on a thread and answers within `time` of its start. A thread cannot be stopped from outside: one
    /// whose time is over ends at its next look at the [`Caller`], and keeps its permit until then, so that there are
    /// never more threads at work than permits.
    pub(crate) async fn run<T, W>(&self, time: Duration, work: W) -> Result<T, CodecError>
    where
        T: Send + 'static,
        W: FnOnce(&Caller) -> Result<T, CodecError> + Send + 'static,
    {
        // That every thread is busy is no fault of this image, hence not `Timeout`.
        let permit = match timeout(time, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(permit) => permit.map_err(|closed| CodecError::Backend(closed.into()))?,
            Err(_) => return Err(fault("no thread became free in time")),
        };
        let gone = Arc::new(AtomicBool::new(false));
        let _tell = Gone(Arc::clone(&gone));
        let caller = Caller(gone);
        let span = tracing::Span::current();
        let job = spawn_blocking(move || {
            let _permit = permit;
            span.in_scope(|| catch_unwind(AssertUnwindSafe(|| caller.still_waits().and_then(|()| work(&caller)))))
                .unwrap_or_else(|panic| Err(from_panic(panic.as_ref())))
        });
        match timeout(time, job).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(stopped)) => Err(CodecError::Backend(stopped.into())),
            Err(_) => Err(CodecError::Timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let pool = Pool::new(1);
        let outcome: Result<(), _> = pool.run(LONG, |_| panic!("odd {}", "input")).await;
        assert!(matches!(outcome, Err(CodecError::Crashed(text)) if text == "odd input"));
        assert!(pool.run(LONG, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn a_job_that_timed_out_keeps_its_permit_until_its_thread_ends() {
        let pool = Pool::new(1);
        let (release, blocked) = mpsc::channel::<()>();
        let outcome = pool.run(SOON, move |_| blocked.recv().map_err(|e| fault(e.to_string()))).await;
        assert!(matches!(outcome, Err(CodecError::Timeout)));
        assert!(matches!(pool.run(SOON, |_| Ok(())).await, Err(CodecError::Backend(_))));
        release.send(()).unwrap();
        assert!(pool.run(LONG, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn dropping_the_future_ends_the_thread_at_its_next_look() {
        let pool = Pool::new(1);
        let (ended, end) = mpsc::channel();
        let job = pool.run(LONG, move |caller: &Caller| {
            while caller.still_waits().is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).map_err(|e| fault(e.to_string()))
        });
        assert!(timeout(SOON, job).await.is_err(), "it ended by itself");
        tokio::task::spawn_blocking(move || end.recv_timeout(LONG)).await.unwrap().unwrap();
    }
}

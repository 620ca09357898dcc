//! A consumer of a lane, which outlives the connections that it consumes over.

use crate::back_off::BackOff;
use crate::connection::Connection;
use crate::declare::declare;
use crate::error::{Absent, Trouble};
use crate::keeper::Plan;
use crate::loan::Fetched;
use crate::queue::Shared;
use crate::session::{Ended, Outstanding, Session, Stop};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::{Semaphore, mpsc, mpsc::error::TryRecvError, oneshot, watch};
use tokio::time::timeout;
use wareroom_domain::Lane;
use wareroom_ports::{Consumer, Delivery, QueueError};

pub(crate) struct LaneConsumer {
    /// Keeps the connections open.
    _shared: Arc<Shared>,
    fetched: mpsc::UnboundedReceiver<Fetched>,
    /// Fetched, and waiting for a slot.
    next: Option<Fetched>,
    /// One for each delivery that may be unsettled. What is fetched ahead may be more, because each queue counts for itself.
    slots: Arc<Semaphore>,
    stop: Option<oneshot::Sender<oneshot::Sender<()>>>,
}

impl LaneConsumer {
    /// Opens one, within the time that a broker may take for it.
    pub(crate) async fn open(shared: Arc<Shared>, lane: Lane, prefetch: u16) -> Result<Self, QueueError> {
        let prefetch = prefetch.max(1);
        let slots = Arc::new(Semaphore::new(usize::from(prefetch)));
        let (out, fetched) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let (tell, opened) = oneshot::channel();
        let work = Work {
            plan: Arc::clone(&shared.plan),
            connections: shared.consuming.watch(),
            lane,
            prefetch,
            slots: Arc::clone(&slots),
            earlier: vec![],
            out,
            opened: Some(tell),
            unserved: None,
        };
        tokio::spawn(work.run(stopped));
        // Unless it is opened, `stop` is dropped here, and the work ends.
        match timeout(shared.plan.config.settle_time, opened).await {
            Ok(Ok(())) => Ok(Self { _shared: shared, fetched, next: None, slots, stop: Some(stop) }),
            Ok(Err(_)) | Err(_) => Err(Absent::Lost.into()),
        }
    }
}

#[async_trait]
impl Consumer for LaneConsumer {
    async fn receive(&mut self) -> Result<Delivery, QueueError> {
        if self.stop.is_none() {
            return Err(QueueError::Closed);
        }
        loop {
            if self.next.is_none() {
                self.next = Some(self.fetched.recv().await.ok_or(QueueError::Closed)?);
            }
            let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| QueueError::Closed)?;
            // One that went back meanwhile, with its connection, is with others.
            if let Some(next) = self.next.take().filter(|next| !next.loan.is_lost()) {
                return Ok(next.deliver(slot));
            }
        }
    }

    async fn stop(&mut self) -> Result<(), QueueError> {
        let Some(stop) = self.stop.take() else { return Ok(()) };
        let (tell, told) = oneshot::channel();
        // Nobody answers when there is no session: then there is nothing to give back.
        let _ = stop.send(tell);
        let _ = told.await;
        self.next = None;
        self.fetched.close();
        while self.fetched.try_recv().is_ok() {}
        Ok(())
    }
}

/// What goes on behind a consumer, in a task of its own: one session after the other.
struct Work {
    plan: Arc<Plan>,
    connections: watch::Receiver<Option<Arc<Connection>>>,
    lane: Lane,
    prefetch: u16,
    slots: Arc<Semaphore>,
    /// What sessions that were lost had lent. Whoever has it may still be busy with it.
    earlier: Vec<Outstanding>,
    out: mpsc::UnboundedSender<Fetched>,
    /// Told when the first is open.
    opened: Option<oneshot::Sender<()>>,
    unserved: Option<Unserved>,
}

/// A lane that is not consumed although the broker is there.
struct Unserved {
    plan: Arc<Plan>,
    lane: Lane,
}

impl Drop for Unserved {
    fn drop(&mut self) {
        self.plan.unserved.fetch_sub(1, Relaxed);
        tracing::info!(lane = self.lane.as_str(), "RabbitMQ serves the lane again, or nobody wants it any more");
    }
}

impl Work {
    async fn run(mut self, mut stop: Stop) {
        let mut back_off = BackOff::up_to(self.plan.config.longest_wait);
        loop {
            let connection = tokio::select! {
                biased;
                _ = &mut stop => return,
                connection = self.connection(&mut back_off) => connection,
            };
            let Some(connection) = connection else { return };
            // Never dropped half-way: the driver would give the connection up, which others use, too.
            let (session, outstanding) = match self.open(&connection).await {
                Ok(opened) => opened,
                Err(trouble) => {
                    self.fails(&trouble);
                    continue;
                }
            };
            drop(connection);
            self.unserved = None;
            back_off = BackOff::up_to(self.plan.config.longest_wait);
            if let Some(opened) = self.opened.take() {
                let _ = opened.send(());
            }
            match session.run(self.prefetch, &mut self.earlier, &self.out, &mut stop).await {
                Ended::Stopped => return,
                Ended::Lost => {
                    self.earlier.retain_mut(|earlier| earlier.try_recv() != Err(TryRecvError::Disconnected));
                    self.earlier.push(outstanding);
                }
            }
        }
    }

    /// Told once, unless the connection is gone, which is told elsewhere.
    fn fails(&mut self, trouble: &Trouble) {
        if self.unserved.is_none() && !matches!(trouble, Trouble::Gone(_)) {
            let lane = self.lane.as_str();
            tracing::warn!(reason = %trouble, lane, "RabbitMQ does not serve the lane; it is tried again");
            self.plan.unserved.fetch_add(1, Relaxed);
            self.unserved = Some(Unserved { plan: Arc::clone(&self.plan), lane: self.lane });
        }
    }

    /// The connection, as soon as there is one and somebody to receive over it; `None` when there will be none.
    async fn connection(&mut self, back_off: &mut BackOff) -> Option<Arc<Connection>> {
        back_off.wait().await;
        // What is lost and still held counts: nothing is fetched for those who are busy with it.
        drop(self.slots.acquire().await);
        self.connections.wait_for(Option::is_some).await.ok()?.clone()
    }

    async fn open(&self, connection: &Arc<Connection>) -> Result<(Session, Outstanding), Trouble> {
        let free = u16::try_from(self.slots.available_permits()).unwrap_or(self.prefetch).clamp(1, self.prefetch);
        let open = || Session::open(Arc::clone(connection), &self.plan, self.lane, free);
        let time = self.plan.config.settle_time;
        let mut opened = timeout(time, Box::pin(open())).await;
        if matches!(opened, Ok(Err(Trouble::Refused { code: 404, .. }))) {
            // Somebody deleted what was declared.
            let again = async {
                declare(connection, &self.plan.topology, time).await?;
                open().await
            };
            opened = timeout(time, Box::pin(again)).await;
        }
        let opened = opened.unwrap_or(Err(Trouble::Late));
        if matches!(opened, Err(Trouble::Late)) {
            connection.give_up();
        }
        opened
    }
}

//! The news as the port wants them.

use crate::back_off::BackOff;
use crate::channel::{Announcement, Channel, Voice, announcements};
use crate::config::RedisConfig;
use crate::error::OpenError;
use crate::told::Told;
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use uuid::Uuid;
use wareroom_ports::{Invalidation, Invalidations, Listener};

/// For how many products it is remembered what was told of them: what changes between a commit and its event, by far.
const TOLD: usize = 16_384;

/// Invalidations that reach the listeners of every process.
///
/// Those of this process are called first. Then `announce` waits until the server has passed the news on, and never longer
/// than `command_time`. While the connection is in doubt, every attempt to open it anew is `Everything` for the listeners,
/// and so is its success; and the others hear, as soon as this process can speak again, that they missed something of it.
///
/// What was heard from another process is not repeated to anybody: every process has heard it then, or knows by its number
/// that it missed something.
/// Dropping it ends the connection.
pub struct RedisInvalidations {
    shared: Arc<Shared>,
    announced: mpsc::Sender<Announcement>,
    command_time: Duration,
    running: AbortHandle,
}

struct Shared {
    listeners: RwLock<Vec<Listener>>,
    connected: AtomicBool,
    /// Something could not be told.
    missed: AtomicBool,
    told: Mutex<Told>,
}

impl RedisInvalidations {
    /// Connects, within `connect_time`. From then on the connection is opened anew as often as it is lost. `own` is this
    /// process among all others, for as long as it lives: nobody else may have it.
    pub async fn open(config: RedisConfig, own: Uuid) -> Result<Self, OpenError> {
        let (announced, receiver) = announcements();
        let shared = Arc::new(Shared {
            listeners: RwLock::default(),
            connected: AtomicBool::new(true),
            missed: AtomicBool::new(false),
            told: Mutex::new(Told::new(TOLD)),
        });
        let mut voice = Voice { own, announced: receiver, number: 0 };
        let channel = Channel::open(&config, &mut voice, &shared.missed).await?;
        let command_time = config.command_time;
        let running = tokio::spawn(run(config, Arc::clone(&shared), voice, channel)).abort_handle();
        Ok(Self { shared, announced, command_time, running })
    }

    /// Whether news come through at this moment, as far as is known. For health checks and figures.
    pub fn is_connected(&self) -> bool {
        self.shared.connected.load(SeqCst)
    }
}

impl Drop for RedisInvalidations {
    fn drop(&mut self) {
        self.running.abort();
    }
}

#[async_trait]
impl Invalidations for RedisInvalidations {
    async fn announce(&self, changes: &[Invalidation]) {
        for change in changes {
            self.shared.hear(*change);
        }
        self.tell(changes.to_vec()).await;
    }

    async fn repeat(&self, changes: &[Invalidation]) {
        for change in changes {
            self.shared.hear(*change);
        }
        let untold = {
            let told = self.shared.told();
            changes.iter().copied().filter(|change| !told.knows(*change)).collect()
        };
        self.tell(untold).await;
    }

    fn subscribe(&self, listener: Listener) {
        self.shared.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
}

impl RedisInvalidations {
    /// Tells the other processes.
    async fn tell(&self, changes: Vec<Invalidation>) {
        if changes.is_empty() {
            return;
        }
        let (told, heard) = oneshot::channel();
        let announcement = Announcement { changes: changes.clone(), told };
        if !self.shared.connected.load(SeqCst) || self.announced.try_send(announcement).is_err() {
            self.shared.missed.store(true, SeqCst);
            return;
        }
        // Not told in time means not told by this connection: the next one tells it, or that something was missed.
        if matches!(tokio::time::timeout(self.command_time, heard).await, Ok(Ok(()))) {
            let mut told = self.shared.told();
            for change in changes {
                told.remember(change);
            }
        } else {
            self.shared.missed.store(true, SeqCst);
        }
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What another process told.
    fn hear_from_another(&self, change: Invalidation) {
        self.told().remember(change);
        self.hear(change);
    }

    fn hear(&self, change: Invalidation) {
        // A copy, so that a listener may subscribe another.
        let listeners: Vec<Listener> =
            self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter().map(Arc::clone).collect();
        for listener in listeners {
            listener(change);
        }
    }
}

/// Goes on for good, from the first channel on.
async fn run(config: RedisConfig, shared: Arc<Shared>, mut voice: Voice, mut channel: Channel) {
    loop {
        let over = channel.run(&mut voice, &shared.missed, |change| shared.hear_from_another(change)).await;
        shared.connected.store(false, SeqCst);
        // What was on its way may or may not have been told.
        shared.missed.store(true, SeqCst);
        tracing::warn!(error = &over as &dyn std::error::Error, "no news come through Redis: near caches keep nothing");
        drop(channel);
        let mut back_off = BackOff::up_to(config.longest_wait);
        channel = loop {
            shared.hear(Invalidation::Everything);
            back_off.wait().await;
            match Channel::open(&config, &mut voice, &shared.missed).await {
                Ok(channel) => break channel,
                Err(error) => tracing::debug!(%error, "Redis is not back yet"),
            }
        };
        shared.connected.store(true, SeqCst);
        shared.hear(Invalidation::Everything);
        tracing::info!("news come through Redis again");
    }
}

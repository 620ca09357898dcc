//! Which of the parts that a process needs answer, asked seldom however often one wants to know.
//!
//! Each part is asked with a time limit, all at once, and the answer is used for a moment: a storm of probes asks a store as
//! often as one does. Each loss is logged once, and so is each return. Knows no HTTP.

use futures::future::{BoxFuture, FutureExt, join_all};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use wareroom_application::Application;
use wareroom_bootstrap::{Connection, Leads};
use wareroom_ports::BoxError;

/// How long a part may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// How long an answer is used.
const FRESH: Duration = Duration::from_secs(1);

/// How often the parts are asked when nobody else wants to know, so that a loss is in the log.
const WATCH: Duration = Duration::from_secs(5);

/// A part that a process needs. It is told from the others by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Where rows are kept.
    Store,
    /// Where jobs wait, when it is not the store itself.
    Queue,
    /// Where images are kept.
    Blobs,
    /// What answers reads before the store does. Without it everything goes on, slower.
    Cache,
}

impl Part {
    /// Its name, for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Queue => "queue",
            Self::Blobs => "blobs",
            Self::Cache => "cache",
        }
    }

    /// Whether requests are to go elsewhere while it is lost. Jobs wait in the store while their queue is away.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Store | Self::Blobs)
    }
}

/// Asks one part.
type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

struct Watched {
    part: Part,
    ask: Ask,
    lost: AtomicBool,
}

/// What a process knows of its parts and of itself. Clones say the same.
#[derive(Clone)]
pub struct Health(Arc<Known>);

struct Known {
    parts: Vec<Watched>,
    latest: Mutex<Option<(Instant, Arc<[Part]>)>>,
    stopping: AtomicBool,
    worker_holds: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
}

/// The parts of a process, before it is watched.
#[derive(Default)]
pub struct Parts(Vec<Watched>);

impl Parts {
    /// Store and blobs of an application.
    pub fn of(application: &Arc<Application>) -> Self {
        let (store, blobs) = (Arc::clone(application), Arc::clone(application));
        Self::default()
            .with(Part::Store, move || {
                let application = Arc::clone(&store);
                async move { Ok(application.ports().store.check().await?) }.boxed()
            })
            .with(Part::Blobs, move || {
                let application = Arc::clone(&blobs);
                async move { Ok(application.ports().blobs.check().await?) }.boxed()
            })
    }

    /// One more, and how it is asked.
    pub fn with(
        mut self,
        part: Part,
        ask: impl Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync + 'static,
    ) -> Self {
        self.0.push(Watched { part, ask: Box::new(ask), lost: AtomicBool::new(false) });
        self
    }

    /// The same for all that were opened with an application.
    pub fn with_connections(self, connections: Vec<Connection>) -> Self {
        connections.into_iter().fold(self, |parts, Connection { leads, is_up }| {
            let part = match leads {
                Leads::ToCache => Part::Cache,
                Leads::ToQueue => Part::Queue,
            };
            parts.with_connection(part, is_up)
        })
    }

    /// One more that knows by itself whether it is connected.
    pub fn with_connection(self, part: Part, is_connected: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.with(part, move || {
            let connected = is_connected();
            async move { if connected { Ok(()) } else { Err("it is not connected".into()) } }.boxed()
        })
    }
}

impl Health {
    /// Watches these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Known {
            parts: parts.0,
            latest: Mutex::default(),
            stopping: AtomicBool::new(false),
            worker_holds: OnceLock::new(),
        }))
    }

    /// From now on the process is not ready. There is no way back.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether [`stop`](Self::stop) was called.
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }

    /// Tells whether the worker of this process holds back because of trouble with the stores. Only the first call counts.
    pub fn watch_worker(&self, holds: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.0.worker_holds.set(Box::new(holds));
    }

    /// Whether the worker of this process holds back; `None` when it has none.
    pub fn worker_holds(&self) -> Option<bool> {
        self.0.worker_holds.get().map(|holds| holds())
    }

    /// The parts there are.
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        self.0.parts.iter().map(|watched| watched.part)
    }

    /// The parts that do not answer, as they were a moment ago at most.
    pub async fn lost(&self) -> Arc<[Part]> {
        // Whoever comes while they are asked waits for that answer.
        let mut latest = self.0.latest.lock().await;
        if let Some((at, lost)) = latest.as_ref()
            && at.elapsed() < FRESH
        {
            return Arc::clone(lost);
        }
        let asked = join_all(self.0.parts.iter().map(Watched::is_lost)).await;
        let lost: Arc<[Part]> = asked.into_iter().flatten().collect();
        *latest = Some((Instant::now(), Arc::clone(&lost)));
        lost
    }

    /// Asks from time to time until what this returns is dropped, so that a loss is logged although nobody wants to know. Must
    /// be called within a runtime.
    pub fn watch(&self) -> AbortOnDropHandle<()> {
        let health = self.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                health.lost().await;
                sleep(WATCH).await;
            }
        }))
    }
}

impl Watched {
    /// The part, if it does not answer.
    async fn is_lost(&self) -> Option<Part> {
        let (part, name) = (self.part, self.part.name());
        let trouble = match timeout(LIMIT, (self.ask)()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(format!("no answer within {LIMIT:?}").into()),
        };
        let was_lost = self.lost.swap(trouble.is_some(), Ordering::SeqCst);
        match (was_lost, trouble) {
            (false, Some(error)) => {
                let source = error.source().map(ToString::to_string);
                tracing::warn!(part = name, %error, source, "the {name} is lost");
                Some(part)
            }
            (true, None) => {
                tracing::info!(part = name, "the {name} is back");
                None
            }
            (_, trouble) => trouble.map(|_| part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    /// A store that answers while `up`, and how often it was asked.
    fn health(part: Part) -> (Health, Arc<AtomicBool>, Arc<AtomicUsize>) {
        let (up, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (theirs, counted) = (Arc::clone(&up), Arc::clone(&asked));
        let parts = Parts::default().with_connection(part, move || {
            counted.fetch_add(1, Ordering::SeqCst);
            theirs.load(Ordering::SeqCst)
        });
        (Health::new(parts), up, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_probes_asks_a_part_as_often_as_one_does() {
        let (health, up, asked) = health(Part::Store);
        for lost in join_all((0..1000).map(|_| health.lost())).await {
            assert!(lost.is_empty());
        }
        up.store(false, Ordering::SeqCst);
        assert!(health.lost().await.is_empty(), "a moment ago it was there");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        tokio::time::advance(FRESH).await;
        assert_eq!(*health.lost().await, [Part::Store]);
        up.store(true, Ordering::SeqCst);
        tokio::time::advance(FRESH).await;
        assert!(health.lost().await.is_empty());
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_answer_is_lost_and_holds_nobody_up() {
        let parts =
            Parts::default().with(Part::Blobs, || std::future::pending().boxed()).with_connection(Part::Cache, || true);
        let begun = Instant::now();
        assert_eq!(*Health::new(parts).lost().await, [Part::Blobs]);
        assert_eq!(begun.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loss_is_noticed_although_nobody_wants_to_know() {
        let (health, _up, asked) = health(Part::Queue);
        let watching = health.watch();
        tokio::time::sleep(WATCH * 3 + FRESH).await;
        assert_eq!(asked.load(Ordering::SeqCst), 4);
        drop(watching);
        tokio::time::sleep(WATCH * 3).await;
        assert_eq!(asked.load(Ordering::SeqCst), 4, "it is over");
    }

    #[test]
    fn a_lost_cache_makes_no_process_unready() {
        assert!(!Part::Cache.is_needed());
        assert!(Part::Store.is_needed() && Part::Blobs.is_needed());
    }

    #[tokio::test]
    async fn whether_it_stops_and_whether_its_worker_holds_is_told() {
        let health = Health::new(Parts::default());
        assert_eq!((health.is_stopping(), health.worker_holds()), (false, None));
        health.watch_worker(|| true);
        health.clone().stop();
        assert_eq!((health.is_stopping(), health.worker_holds()), (true, Some(true)));
    }
}

//! Worker loops over one database file, as if each were a process of its own: a store, an application and a worker each.

use super::codec::{HeldCodec, Holds};
use super::queue::{Settlement, WatchedQueue};
use crate::rows::Rows;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Worker, WorkerReport, WorkerSettings};
use wareroom_application::{
    AddImages, Application, Context, CreateProduct, Ports, RegisterUser, Settings, UploadedFile,
};
use wareroom_bootstrap::in_memory;
use wareroom_domain::{Description, PersonName, Price, ProductName};
use wareroom_memory::{MemoryCodec, MemoryImage};
use wareroom_object_store::ObjectStoreBlobs;
use wareroom_sqlite::{SqliteConfig, SqliteStore};
use wareroom_system::{SystemClock, SystemIds};

/// A lease that is over soon.
pub(super) const SHORT: Duration = Duration::from_millis(150);

/// A lease that outlasts every test.
pub(super) const LONG: Duration = Duration::from_hours(1);

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A database file and a folder of blobs, with workers over them.
pub(super) struct Place {
    folder: TempDir,
    blobs: Arc<ObjectStoreBlobs>,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Arc::new(ObjectStoreBlobs::files(&folder.path().join("blobs")).unwrap());
        Self { folder, blobs }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("wareroom.sqlite")
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    pub(super) fn rows(&self) -> Rows {
        Rows::of(&self.database())
    }

    /// An application over a store of its own. Nothing but the file and the blobs is shared with another.
    async fn application(
        &self,
        lease: Duration,
        holds: Arc<dyn Holds>,
    ) -> (Application, UnboundedReceiver<Settlement>) {
        let config = SqliteConfig { lease, ..SqliteConfig::at(self.database()) };
        let store = Arc::new(SqliteStore::open(config).await.unwrap());
        // Enough attempts that none is given up for the test's own crashes, each due at once.
        let settings = Settings { back_off: vec![Duration::ZERO; 40], ..Settings::default() };
        let memory = in_memory(Arc::new(SystemClock::default()), Arc::new(SystemIds), None, settings.clone());
        let (told, settlements) = unbounded_channel();
        let ports = Ports {
            store: store.clone(),
            products: store.clone(),
            outbox: None,
            queue: Arc::new(WatchedQueue { queue: store.clone(), told }),
            events: store,
            blobs: self.blobs.clone(),
            codec: Arc::new(HeldCodec { codec: Arc::new(MemoryCodec), holds }),
            ..memory.application.ports().clone()
        };
        (Application::new(ports, settings), settlements)
    }

    /// Starts a worker whose jobs are on loan to it for so long.
    pub(super) async fn worker(&self, lease: Duration, holds: Arc<dyn Holds>) -> Working {
        let (application, settlements) = self.application(lease, holds).await;
        let settings = WorkerSettings {
            // A process that stands still does not notice how late it is: so neither does a worker that plays it.
            job_deadline: LONG,
            // One job at a time: else it would take over from itself.
            concurrency: 1,
            downloads: 0,
            drain: Duration::ZERO,
            ..WorkerSettings::default()
        };
        let (worker, stop) = (Worker::new(Arc::new(application), settings), CancellationToken::new());
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop).await }
        });
        Working { settlements, stop, running }
    }

    /// A product with one upload for each of these shades.
    pub(super) async fn product(&self, shades: &[u8]) {
        let nobody = super::codec::Gate::closed();
        let (application, _settlements) = self.application(LONG, nobody).await;
        let context = Context::operator();
        let name = |text: &str| PersonName::new(text).unwrap();
        let user = RegisterUser { first_name: name("Ada"), last_name: name("Lovelace") };
        let create = CreateProduct {
            owner: application.register_user(&context, user).await.unwrap().id,
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("boils water").unwrap(),
            price: Price::from_hundredths(1899).unwrap(),
            images: vec![],
        };
        let product = application.create_product(&context, create).await.unwrap().product.id;
        let picture = |shade: &u8| MemoryImage::filled(16, 8, [*shade; 3]).encode();
        let files = shades.iter().map(|shade| UploadedFile { filename: None, bytes: picture(shade) }).collect();
        application.add_images(&context, AddImages::new(product, files)).await.unwrap();
    }
}

/// A worker loop that runs.
pub(super) struct Working {
    settlements: UnboundedReceiver<Settlement>,
    stop: CancellationToken,
    running: JoinHandle<WorkerReport>,
}

impl Working {
    /// How its next delivery is settled.
    pub(super) async fn settles(&mut self) -> Settlement {
        timeout(LIMIT, self.settlements.recv()).await.unwrap().unwrap()
    }

    /// Tells it to stop, which leaves no time for what is running, and waits for its end.
    pub(super) async fn stop(self) -> WorkerReport {
        self.stop.cancel();
        timeout(LIMIT, self.running).await.unwrap().unwrap()
    }
}

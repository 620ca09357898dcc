//! An application in memory, with a clock and ids that never vary.

use crate::{Fault, Flaky, Stalling};
use bytes::Bytes;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Breaker, JobHandler, Settled, WorkerSettings};
use wareroom_application::{
    AddImages, Application, Context, CreateProduct, Ports, RegisterUser, Settings, UploadedFile,
};
use wareroom_bootstrap::{InMemory, in_memory};
use wareroom_domain::{
    Description, ImageId, ImageUrl, Lane, PersonName, Price, Product, ProductId, ProductName, User, UserId,
};
use wareroom_memory::{CountingIds, FixedClock, MemoryImage, MemorySource, MemorySpace, MemoryStore};
use wareroom_ports::ProductView;

/// An application in memory whose clock stands still and whose ids count. When it is dropped it checks that no job is left:
/// whatever a test set going must have come to its end.
pub struct TestApp {
    /// The application.
    pub application: Arc<Application>,
    /// Its store.
    pub store: MemoryStore,
    /// The web that images come from.
    pub web: Arc<MemorySource>,
    /// The room that is left.
    pub space: MemorySpace,
    /// The clock that users see.
    pub clock: Arc<FixedClock>,
    /// While on, no unit of work can begin.
    pub store_fault: Fault,
    /// While on, no blob can be read or written.
    pub blob_fault: Fault,
    /// While on, every rendering takes too long.
    pub codec_fault: Fault,
    /// While on, no rendering ever ends.
    pub codec_stall: Fault,
    worker: WorkerSettings,
}

impl TestApp {
    /// With the usual settings, but back-off of no time: a retry is due at once.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// With settings changed.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { back_off: vec![Duration::ZERO; 5], ..Settings::default() };
        change(&mut settings);
        let clock = Arc::new(FixedClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
        let memory = in_memory(clock.clone(), Arc::new(CountingIds::default()), None, settings.clone());
        let (store_fault, blob_fault) = (Fault::default(), Fault::default());
        let (codec_fault, codec_stall) = (Fault::default(), Fault::default());
        let ports = memory.application.ports().clone();
        let ports = Ports {
            store: Arc::new(Flaky::new(ports.store, store_fault.clone())),
            blobs: Arc::new(Flaky::new(ports.blobs, blob_fault.clone())),
            codec: Arc::new(Stalling::new(Arc::new(Flaky::new(ports.codec, codec_fault.clone())), codec_stall.clone())),
            ..ports
        };
        let application = Arc::new(Application::new(ports, settings));
        let worker = WorkerSettings { store_wait: Duration::from_millis(5), ..WorkerSettings::default() };
        let InMemory { store, web, space, .. } = memory;
        Self { application, store, web, space, clock, store_fault, blob_fault, codec_fault, codec_stall, worker }
    }

    /// Registers somebody.
    pub async fn user(&self) -> User {
        let name = |text: &str| PersonName::new(text).unwrap();
        let command = RegisterUser { first_name: name("Ada"), last_name: name("Lovelace") };
        self.application.register_user(&Context::operator(), command).await.unwrap().result
    }

    /// Creates a product of a user's, without images.
    pub async fn product(&self, owner: UserId) -> Product {
        self.product_with_images(owner, &[]).await
    }

    /// Creates a product of a user's with images from these URLs.
    pub async fn product_with_images(&self, owner: UserId, urls: &[&str]) -> Product {
        let command = CreateProduct {
            owner,
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("boils water").unwrap(),
            price: Price::from_hundredths(1899).unwrap(),
            images: urls.iter().map(|url| ImageUrl::new(url).unwrap()).collect(),
        };
        self.application.create_product(&Context::operator(), command).await.unwrap().result.product
    }

    /// Uploads a picture of the memory adapter's toy format, of 8 x 4 pixels in one shade.
    pub async fn upload(&self, product: ProductId, shade: u8) -> ImageId {
        let bytes = Self::image(shade);
        let files = vec![UploadedFile { filename: None, bytes }];
        let added = self.application.add_images(&Context::operator(), AddImages::new(product, files)).await.unwrap();
        added.added[0]
    }

    /// A picture of the memory adapter's toy format, of 8 x 4 pixels in one shade.
    pub fn image(shade: u8) -> Bytes {
        MemoryImage::filled(8, 4, [shade; 3]).encode()
    }

    /// The product as readers see it now.
    pub async fn view(&self, product: ProductId) -> Arc<ProductView> {
        self.application.get_product(&Context::operator(), product).await.unwrap().view
    }

    /// Works until no job is left; answers to how many deliveries were settled.
    pub async fn work(&self) -> usize {
        let mut settled = 0;
        while self.store.jobs() > 0 {
            assert!(settled < 1000, "jobs that never end");
            self.work_once().await;
            settled += 1;
        }
        settled
    }

    /// Handles the next delivery.
    pub async fn work_once(&self) -> Settled {
        let mut consumer = self.application.ports().queue.consume(Lane::Images, 1).await.unwrap();
        let delivery = tokio::time::timeout(Duration::from_secs(10), consumer.receive()).await.expect("a job is due");
        let handler = JobHandler::new(Arc::clone(&self.application), self.worker.clone(), Breaker::default());
        handler.handle(delivery.unwrap(), &CancellationToken::new()).await
    }
}

impl Default for TestApp {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.store.jobs(), 0, "a test left jobs behind: call work()");
        }
    }
}

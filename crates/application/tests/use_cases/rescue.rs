//! Two who rescue the same images at once.

use async_trait::async_trait;
use std::{mem, sync::Arc, time::Duration};
use wareroom_application::{Application, AttemptBegun, Ports, Sourced};
use wareroom_domain::{Image, ImageId, ImageOwner, Lane};
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, Store, StoreError, UnitOfWork, UserRepo,
};
use wareroom_test_kit::TestApp;

/// A store where somebody else rescues and commits just after each unit has looked for what is stuck: what it is named first
/// is stuck no more.
struct Overtaken {
    store: Arc<dyn Store>,
    named: Vec<ImageId>,
}

struct OvertakenUnit {
    unit: Box<dyn UnitOfWork>,
    named: Vec<ImageId>,
}

#[async_trait]
impl Store for Overtaken {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(OvertakenUnit { unit: self.store.begin().await?, named: self.named.clone() }))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

#[async_trait]
impl UnitOfWork for OvertakenUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self.unit.products()
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self.unit.users()
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self.unit.blobs()
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self.unit.dead_letters()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self.unit.idempotency()
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.unit.outbox()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.unit.commit().await
    }
}

#[async_trait]
impl ImageRepo for OvertakenUnit {
    async fn insert(&mut self, image: &Image) -> Result<(), StoreError> {
        self.unit.images().insert(image).await
    }

    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError> {
        self.unit.images().load(id).await
    }

    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError> {
        self.unit.images().of_owner(owner).await
    }

    async fn save(&mut self, image: &Image) -> Result<(), StoreError> {
        self.unit.images().save(image).await
    }

    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError> {
        self.unit.images().delete(id).await
    }

    async fn stuck(&mut self, age: Duration, limit: usize) -> Result<Vec<ImageId>, StoreError> {
        match mem::take(&mut self.named) {
            named if named.is_empty() => self.unit.images().stuck(age, limit).await,
            named => Ok(named),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_somebody_else_has_just_rescued_is_left_alone() {
    let app = TestApp::with(|settings| settings.rescue_after = Duration::from_mins(1));
    let product = app.product(app.user().await.id).await.id;
    let image = app.upload(product, 1).await;
    let delivery = app.application.ports().queue.consume(Lane::Images, 1).await.unwrap().receive().await.unwrap();
    let job = delivery.message.job().unwrap();
    let begun = app.application.begin_attempt(&job, &Sourced::Kept).await.unwrap();
    assert!(matches!(begun, AttemptBegun::Attempt(_)));
    delivery.ack().await.unwrap();
    tokio::time::advance(Duration::from_mins(2)).await;
    assert_eq!(app.application.rescue_images().await.unwrap(), 1);
    assert_eq!(app.store.jobs(), 1);

    let ports = app.application.ports().clone();
    let store = Arc::new(Overtaken { store: Arc::clone(&ports.store), named: vec![image] });
    let late = Application::new(Ports { store, ..ports }, app.application.settings().clone());
    assert_eq!(late.rescue_images().await.unwrap(), 0);
    assert_eq!(app.store.jobs(), 1, "two jobs for one image: each would count an attempt");

    tokio::time::advance(Duration::from_mins(2)).await;
    assert_eq!(late.rescue_images().await.unwrap(), 1, "it is stuck once more");
    app.work().await;
}

//! One unit of work. It implements the repositories itself (their modules say how) and holds the writer's place until it
//! ends; nothing in it waits, so there is no call in flight to cancel.

use crate::state::{Staged, State};
use crate::store::Shared;
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, StoreError, UnitOfWork, UserRepo,
};

pub(crate) struct MemoryUnit {
    shared: Arc<Shared>,
    pub(crate) staged: Staged,
    aborted: bool,
    writer: OwnedSemaphorePermit,
}

impl MemoryUnit {
    pub(crate) fn new(shared: Arc<Shared>, writer: OwnedSemaphorePermit) -> Self {
        Self { shared, staged: Staged::default(), aborted: false, writer }
    }

    /// Runs one call of a repository; its error ends the unit.
    pub(crate) fn run<T>(
        &mut self,
        call: impl FnOnce(&mut Staged, &State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.aborted {
            return Err(StoreError::Aborted);
        }
        let outcome = call(&mut self.staged, &self.shared.read());
        self.aborted = outcome.is_err();
        outcome
    }
}

#[async_trait]
impl UnitOfWork for MemoryUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { shared, staged, aborted, writer } = *self;
        if aborted {
            return Err(StoreError::Aborted);
        }
        let mut state = shared.write();
        let jobs = state.apply(staged);
        // Before the rows can be read, so that whoever sees them finds their jobs counted too.
        shared.jobs.replace(jobs);
        drop(state);
        drop(writer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::MemoryStore;
    use jiff::Timestamp;
    use std::time::Duration;
    use tokio::time::Instant;
    use uuid::Uuid;
    use wareroom_domain::{
        Attempts, Begun, BlobKey, Content, Description, Image, ImageDraft, ImageId, ImageOwner, PersonName, Price,
        Product, ProductDraft, ProductName, Sha256, Source, UserDraft, Via,
    };
    use wareroom_ports::{ProductQueries, Store, StoreError, UnitOfWork};

    const MINUTE: Duration = Duration::from_mins(1);

    async fn product(unit: &mut dyn UnitOfWork) -> Product {
        let name = PersonName::new("Ada").unwrap();
        let user = UserDraft { first_name: name.clone(), last_name: name, created_at: Timestamp::UNIX_EPOCH };
        let owner = unit.users().insert(&user).await.unwrap().id;
        let name = ProductName::new("kettle").unwrap();
        let (description, price) = (Description::new("").unwrap(), Price::default());
        let draft = ProductDraft { owner, name, description, price, created_at: Timestamp::UNIX_EPOCH };
        unit.products().insert(&draft).await.unwrap()
    }

    fn image(number: u128, product: &Product, position: u32) -> Image {
        let source = Source::Upload {
            via: Via::Form,
            filename: None,
            content: Content { content_type: "x/y".to_owned(), bytes: 1, sha256: Sha256([0; 32]) },
        };
        let (id, owner) = (ImageId(Uuid::from_u128(number)), ImageOwner::Product(product.id));
        Image::accept(ImageDraft { id, owner, position, source, created_at: Timestamp::UNIX_EPOCH }).image
    }

    fn begun(image: Image) -> Image {
        match image.begin(Attempts(3)) {
            Begun::Attempt(changed, _) => changed.image,
            other => panic!("no attempt: {other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_writer_at_a_time_and_the_next_is_told_busy_in_time() {
        let store = MemoryStore::default();
        let held = store.begin().await.unwrap();
        let start = Instant::now();
        assert!(matches!(store.begin().await, Err(StoreError::Busy)));
        assert!(matches!(store.check().await, Err(StoreError::Busy)));
        assert_eq!(start.elapsed().as_secs(), 10);
        drop(held);
        assert!(store.check().await.is_ok() && store.begin().await.is_ok());
    }

    #[tokio::test]
    async fn readers_neither_see_nor_wait_for_an_open_unit_and_its_ids_are_spent() {
        let store = MemoryStore::default();
        let mut unit = store.begin().await.unwrap();
        let lost = product(&mut *unit).await;
        assert_eq!(ProductQueries::get(&store, lost.id).await.unwrap().0, None);
        drop(unit);
        let mut unit = store.begin().await.unwrap();
        let kept = product(&mut *unit).await;
        assert!(kept.id > lost.id && kept.owner > lost.owner);
        unit.commit().await.unwrap();
        assert_eq!(ProductQueries::get(&store, lost.id).await.unwrap().0, None);
        assert_eq!(ProductQueries::get(&store, kept.id).await.unwrap().0.unwrap().product, kept);
    }

    #[tokio::test]
    async fn an_open_unit_sees_its_own_moves_and_removals_over_what_is_committed() {
        let store = MemoryStore::default();
        let mut unit = store.begin().await.unwrap();
        let (kettle, other) = (product(&mut *unit).await, product(&mut *unit).await);
        for (number, position) in [(1, 0), (2, 1), (3, 1)] {
            unit.images().insert(&image(number, &kettle, position)).await.unwrap();
        }
        unit.images().insert(&image(4, &other, 0)).await.unwrap();
        unit.commit().await.unwrap();

        let mut unit = store.begin().await.unwrap();
        unit.images().save(&Image { position: 7, ..image(1, &kettle, 0) }).await.unwrap();
        unit.images().insert(&image(5, &kettle, 1)).await.unwrap();
        let order = |images: &[Image]| images.iter().map(|image| image.id.0.as_u128()).collect::<Vec<_>>();
        assert_eq!(order(&unit.images().of_owner(ImageOwner::Product(kettle.id)).await.unwrap()), [2, 3, 5, 1]);
        assert!(unit.products().delete(other.id).await.unwrap() && !unit.products().delete(other.id).await.unwrap());
        assert_eq!(unit.images().load(ImageId(Uuid::from_u128(4))).await.unwrap(), None);
        assert_eq!(unit.products().touch(other.id, Timestamp::UNIX_EPOCH).await.unwrap(), None);
        unit.commit().await.unwrap();
        assert_eq!(order(&ProductQueries::get(&store, kettle.id).await.unwrap().0.unwrap().images), [2, 3, 5, 1]);
        let mut unit = store.begin().await.unwrap();
        assert_eq!(unit.images().load(ImageId(Uuid::from_u128(4))).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn stuck_images_are_those_saved_longest_ago_whether_committed_or_not() {
        let store = MemoryStore::default();
        let mut unit = store.begin().await.unwrap();
        let kettle = product(&mut *unit).await;
        for number in 1..=3 {
            let image = image(number, &kettle, 0);
            unit.images().insert(&image).await.unwrap();
            unit.images().save(&begun(image)).await.unwrap();
            tokio::time::advance(MINUTE).await;
        }
        unit.commit().await.unwrap();
        let mut unit = store.begin().await.unwrap();
        let ids = |ids: Vec<ImageId>| ids.into_iter().map(|id| id.0.as_u128()).collect::<Vec<_>>();
        assert_eq!(ids(unit.images().stuck(Duration::ZERO, 2).await.unwrap()), [1, 2]);
        assert_eq!(ids(unit.images().stuck(2 * MINUTE, 9).await.unwrap()), [1]);
        unit.images().save(&begun(begun(image(1, &kettle, 0)))).await.unwrap();
        tokio::time::advance(MINUTE).await;
        assert_eq!(ids(unit.images().stuck(Duration::ZERO, 9).await.unwrap()), [2, 3, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_blob_is_condemned_only_when_neither_claimed_nor_held_by_what_the_unit_sees() {
        let store = MemoryStore::default();
        let keys: Vec<BlobKey> = (0..3).map(|seed| BlobKey::Source(Sha256([seed; 32]))).collect();
        let mut unit = store.begin().await.unwrap();
        unit.blobs().claim(&keys, MINUTE).await.unwrap();
        unit.blobs().claim(&keys[2..], MINUTE / 2).await.unwrap();
        unit.commit().await.unwrap();
        tokio::time::advance(MINUTE * 3 / 4).await;
        let mut unit = store.begin().await.unwrap();
        assert!(unit.blobs().condemn(9).await.unwrap().is_empty());
        tokio::time::advance(MINUTE).await;
        unit.blobs().hold(&[keys[0], keys[0]]).await.unwrap();
        unit.blobs().drop_references(&keys[..1]).await.unwrap();
        assert_eq!(unit.blobs().condemn(1).await.unwrap(), keys[1..2]);
        assert_eq!(unit.blobs().condemn(1).await.unwrap(), keys[1..3]);
        unit.blobs().bury(&keys).await.unwrap();
        unit.blobs().drop_references(&keys[..1]).await.unwrap();
        unit.blobs().claim(&keys[1..2], MINUTE).await.unwrap();
        assert_eq!(unit.blobs().condemn(9).await.unwrap(), keys[..1]);
        assert!(matches!(unit.blobs().hold(&keys[..1]).await, Err(StoreError::Conflict)));
        assert!(matches!(unit.blobs().condemn(9).await, Err(StoreError::Aborted)));
        assert!(matches!(unit.commit().await, Err(StoreError::Aborted)));
    }
}

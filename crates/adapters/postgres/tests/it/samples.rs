//! What is stored in a test.

use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use wareroom_domain::{
    Content, DeadLetterId, Description, Image, ImageDraft, ImageId, ImageOwner, Job, MessageId, PersonName, Price,
    Product, ProductDraft, ProductId, ProductName, Reason, Sha256, Source, Stamped, Trace, User, UserDraft, UserId,
    Via,
};
use wareroom_ports::{DeadLetter, Store};
use wareroom_postgres::PostgresStore;

pub(crate) const AT: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

pub(crate) fn uuid() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(NEXT.fetch_add(1, Ordering::SeqCst)))
}

pub(crate) fn user_draft() -> UserDraft {
    let name = |text| PersonName::new(text).unwrap();
    UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at: AT }
}

pub(crate) fn product_draft(owner: UserId) -> ProductDraft {
    ProductDraft {
        owner,
        name: ProductName::new("Lamp").unwrap(),
        description: Description::new("").unwrap(),
        price: Price::from_hundredths(1_899).unwrap(),
        created_at: AT,
    }
}

pub(crate) fn image(product: ProductId) -> Image {
    let content = Content { content_type: "image/png".to_owned(), bytes: 7, sha256: Sha256([7; 32]) };
    let source = Source::Upload { via: Via::Form, filename: None, content };
    let owner = ImageOwner::Product(product);
    Image::accept(ImageDraft { id: ImageId(uuid()), owner, position: 0, source, created_at: AT }).image
}

/// What is left of an image that was given up.
pub(crate) fn letter(image: &Image) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId(uuid()),
        job: Job::ProcessImage(image.id),
        image: image.id,
        product: image.owner.product(),
        owner: None,
        host: None,
        failure: Reason::Damaged.into(),
        attempts: image.attempts,
        at: AT,
        trace: Trace::default(),
    }
}

pub(crate) fn stamped<T>(body: T) -> Stamped<T> {
    Stamped { id: MessageId(uuid()), at: AT, trace: Trace::default(), body }
}

pub(crate) fn job(image: &Image) -> Stamped<Job> {
    stamped(Job::ProcessImage(image.id))
}

pub(crate) async fn stored_user(store: &PostgresStore) -> User {
    let mut unit = store.begin().await.unwrap();
    let user = unit.users().insert(&user_draft()).await.unwrap();
    unit.commit().await.unwrap();
    user
}

pub(crate) async fn stored_product(store: &PostgresStore) -> Product {
    let owner = stored_user(store).await.id;
    let mut unit = store.begin().await.unwrap();
    let product = unit.products().insert(&product_draft(owner)).await.unwrap();
    unit.commit().await.unwrap();
    product
}

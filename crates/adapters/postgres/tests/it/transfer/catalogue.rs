//! A catalogue in which everything happens that happens: a thousand products, fifty images that wait, ten that gave up.

use bytes::Bytes;
use jiff::Timestamp;
use sha2::Digest;
use std::time::Duration;
use uuid::Uuid;
use wareroom_domain::{
    Attempts, BlobKey, Content, DeadLetterId, Description, Event, Failure, Fence, Format, Image, ImageDraft, ImageId,
    ImageOwner, ImageState, ImageUrl, Job, MessageId, PersonName, Price, Product, ProductDraft, ProductName, Reason,
    Rendition, Setback, Sha256, Source, Stamped, Trace, UserDraft, UserId, Via,
};
use wareroom_memory::MemoryBlobs;
use wareroom_ports::{BlobStore, DeadLetter, EventLog, IdempotencyKey, Reservation, Store, UnitOfWork};

pub(super) const PRODUCTS: i64 = 1_000;
pub(super) const PENDING: u32 = 50;
const READY: u32 = 60;
const FAILED: u32 = 10;
const LONG: Duration = Duration::from_hours(1);

fn at(number: u32) -> Timestamp {
    Timestamp::from_microsecond(1_763_720_000_000_001 + i64::from(number) * 1_000_003).unwrap()
}

fn uuid(kind: u32, number: u32) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | u128::from(kind) << 32 | u128::from(number))
}

fn stamped<T>(kind: u32, number: u32, body: T) -> Stamped<T> {
    let trace = Trace { request_id: Some(format!("request-{number}")), traceparent: None };
    Stamped { id: MessageId(uuid(kind, number)), at: at(number), trace, body }
}

/// Fills a store and its blobs. Some events are left without a position.
pub(super) async fn fill(store: &dyn Store, events: &dyn EventLog, blobs: &MemoryBlobs) {
    let owners = users(store).await;
    let products = products(store, &owners).await;
    for (number, product) in (0..PENDING + READY + FAILED).zip(&products) {
        image(store, blobs, number, product).await;
    }
    requests(store).await;
    collectors(store, blobs).await;
    while events.sequence(1_000).await.unwrap() > 0 {}
    let last = products.last().unwrap();
    let mut unit = store.begin().await.unwrap();
    let loaded = unit.products().load(last.id).await.unwrap().unwrap();
    unit.outbox().event(stamped(9, 1, loaded.deleted()));
    assert!(unit.products().delete(last.id).await.unwrap());
    unit.commit().await.unwrap();
}

async fn users(store: &dyn Store) -> Vec<UserId> {
    let names = ["Zoë", "Ŵilhelm \"B\"", "🫖", "Αχιλλεύς", "O'Neil; --"];
    let mut unit = store.begin().await.unwrap();
    let mut ids = vec![];
    for (number, name) in (0..).zip(names) {
        let name = PersonName::new(name).unwrap();
        let draft = UserDraft { first_name: name.clone(), last_name: name, created_at: at(number) };
        let user = unit.users().insert(&draft).await.unwrap();
        unit.outbox().event(stamped(1, number, user.registered()));
        ids.push(user.id);
    }
    unit.commit().await.unwrap();
    ids
}

async fn products(store: &dyn Store, owners: &[UserId]) -> Vec<Product> {
    let mut products = vec![];
    let mut unit = store.begin().await.unwrap();
    for (number, owner) in (0..1_000).zip(owners.iter().cycle()) {
        let draft = ProductDraft {
            owner: *owner,
            name: ProductName::new(format!("Größe {number} ΣΊΣΥΦΟΣ %_\\ 🫖")).unwrap(),
            description: Description::new("line\r\n\ttab\n".repeat(usize::try_from(number % 40).unwrap())).unwrap(),
            price: if number == 7 { Price::MAX } else { Price::from_hundredths(u64::from(number) * 101).unwrap() },
            created_at: at(number),
        };
        let product = unit.products().insert(&draft).await.unwrap();
        unit.outbox().event(stamped(2, number, product.created()));
        products.push(product);
    }
    unit.commit().await.unwrap();
    assert_eq!(products.last().unwrap().id.get(), PRODUCTS);
    products
}

async fn put(blobs: &MemoryBlobs, key: fn(Sha256) -> BlobKey, bytes: String) -> (BlobKey, Sha256, u64) {
    let bytes = Bytes::from(bytes);
    let hash = Sha256(sha2::Sha256::digest(&bytes).into());
    let (key, size) = (key(hash), bytes.len() as u64);
    blobs.put(&key, bytes).await.unwrap();
    (key, hash, size)
}

async fn hold(unit: &mut dyn UnitOfWork, keys: &[BlobKey]) {
    unit.blobs().claim(keys, LONG).await.unwrap();
    unit.blobs().hold(keys).await.unwrap();
}

/// The first wait, the next are ready, the last gave up.
async fn image(store: &dyn Store, blobs: &MemoryBlobs, number: u32, product: &Product) {
    let (key, sha256, bytes) = put(blobs, BlobKey::Source, format!("the source of {}", number / 2)).await;
    let content = Content { content_type: "image/png".to_owned(), bytes, sha256 };
    let source = match number % 3 {
        0 => Source::Upload { via: Via::Form, filename: None, content },
        1 => Source::Upload { via: Via::Base64, filename: None, content },
        _ => Source::Url { url: ImageUrl::new("https://shop.example/ü'.png").unwrap(), content: Some(content) },
    };
    let draft = ImageDraft {
        id: ImageId(uuid(3, number)),
        owner: ImageOwner::Product(product.id),
        position: number,
        source,
        created_at: at(number),
    };
    let mut image = Image::accept(draft).image;
    let mut keys = vec![key];
    (image.attempts, image.fence) = (Attempts(number % 4), Fence(u64::from(number)));
    image.state = match number {
        0 | 1 => ImageState::Processing,
        _ if number < PENDING => {
            let setback = Setback { failure: failure(Reason::Timeout), next_attempt_at: at(number) };
            ImageState::Pending { setback: number.is_multiple_of(2).then_some(setback) }
        }
        _ if number < PENDING + READY => {
            let mut renditions = vec![];
            for (name, format) in [("main", Format::Jpeg), ("thumb", Format::WebP)] {
                let key: fn(Sha256) -> BlobKey = match format {
                    Format::Jpeg => |hash| BlobKey::Rendition(hash, Format::Jpeg),
                    Format::WebP => |hash| BlobKey::Rendition(hash, Format::WebP),
                };
                let (key, _, bytes) = put(blobs, key, format!("{name} of {number}")).await;
                renditions.push(Rendition { name: name.to_owned(), format, width: 2, height: 1, bytes, key });
                keys.push(key);
            }
            ImageState::Ready { width: 20, height: 10, renditions }
        }
        _ => ImageState::Failed(failure(Reason::Damaged)),
    };
    let mut unit = store.begin().await.unwrap();
    hold(&mut *unit, &keys).await;
    unit.images().insert(&image).await.unwrap();
    if number < PENDING {
        unit.outbox().job(stamped(4, number, Job::ProcessImage(image.id)), Duration::from_secs(u64::from(number)));
    }
    if number >= PENDING + READY {
        unit.dead_letters().add(&letter(number, &image, product)).await.unwrap();
    }
    let version = unit.products().touch(product.id, at(number)).await.unwrap().unwrap();
    unit.outbox().event(stamped(5, number, Event::ProductChanged { product: product.id, version }));
    unit.commit().await.unwrap();
}

fn failure(reason: Reason) -> Failure {
    Failure { reason, detail: "what a server said, 'ß'".to_owned() }
}

fn letter(number: u32, image: &Image, product: &Product) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId(uuid(6, number)),
        job: Job::ProcessImage(image.id),
        image: image.id,
        product: Some(product.id),
        owner: Some(product.owner),
        host: Some("shop.example".to_owned()),
        // One store has no room for a NUL, so that of the copy is another sign; of all this, products show nothing.
        failure: Failure { detail: "a NUL \0".to_owned(), ..failure(Reason::Damaged) },
        attempts: Attempts(6),
        at: at(number),
        trace: Trace::default(),
    }
}

/// Requests that were answered, and one that is being done.
async fn requests(store: &dyn Store) {
    for number in 0..20 {
        let key = IdempotencyKey { scope: "operator POST /products".to_owned(), key: format!("ключ {number}") };
        let mut unit = store.begin().await.unwrap();
        let granted = unit.idempotency().reserve(&key, Sha256([9; 32]), at(number), LONG).await.unwrap();
        let Reservation::Granted { token } = granted else { panic!("{granted:?}") };
        if number > 0 {
            unit.idempotency().answer(&key, token, Bytes::from(vec![0, 255, 7])).await.unwrap();
        }
        unit.commit().await.unwrap();
    }
}

/// Bytes that are claimed and not named yet, a claim whose bytes never came, and some that are being collected.
async fn collectors(store: &dyn Store, blobs: &MemoryBlobs) {
    let (gone, ..) = put(blobs, BlobKey::Source, "nobody's".to_owned()).await;
    let mut unit = store.begin().await.unwrap();
    unit.blobs().claim(&[gone], Duration::ZERO).await.unwrap();
    unit.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.blobs().condemn(10).await.unwrap(), [gone]);
    unit.commit().await.unwrap();
    blobs.delete(&gone).await.unwrap();
    let (claimed, ..) = put(blobs, BlobKey::Source, "somebody's soon".to_owned()).await;
    let mut unit = store.begin().await.unwrap();
    unit.blobs().claim(&[claimed, BlobKey::Source(Sha256([3; 32]))], LONG).await.unwrap();
    unit.commit().await.unwrap();
}

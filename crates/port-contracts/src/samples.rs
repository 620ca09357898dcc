//! Values to store: every one different from the last, with texts, numbers and instants that a careless column spoils.

use crate::patience::within;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use wareroom_domain::{
    AltText, Attempts, BlobKey, Content, DeadLetterId, Description, Failure, Fence, FileName, Format, Image,
    ImageDraft, ImageId, ImageOwner, ImageState, ImageUrl, Job, MessageId, PersonName, Price, Product, ProductDraft,
    ProductId, ProductName, Reason, Rendition, Setback, Sha256, Source, Stamped, Trace, User, UserDraft, UserId, Via,
};
use wareroom_ports::{DeadLetter, IdempotencyKey, Store, UnitOfWork};

/// The next number of the process, so that no two samples share an identity.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A new identity of version 7, sorting after those before it.
pub(crate) fn uuid() -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(next()))
}

/// An instant, to the microsecond.
pub(crate) fn instant() -> Timestamp {
    let passed = i64::try_from(next()).expect("few samples");
    Timestamp::from_microsecond(1_700_000_000_123_457 + passed * 1_000_003).expect("within the calendar")
}

/// Every shape of a trace.
pub(crate) fn traces() -> [Trace; 4] {
    let request_id = || Some(format!("request-{}", next()));
    let traceparent = || Some(format!("00-{:032x}-{:016x}-01", next(), next()));
    [
        Trace::default(),
        Trace { request_id: request_id(), traceparent: None },
        Trace { request_id: None, traceparent: traceparent() },
        Trace { request_id: request_id(), traceparent: traceparent() },
    ]
}

/// A hash that no other sample has.
pub(crate) fn hash() -> Sha256 {
    let mut hash = [0xe7; 32];
    hash[..8].copy_from_slice(&next().to_le_bytes());
    Sha256(hash)
}

/// One key of each kind.
pub(crate) fn keys() -> Vec<BlobKey> {
    let renditions = Format::ALL.map(|format| BlobKey::Rendition(hash(), format));
    [BlobKey::Source(hash())].into_iter().chain(renditions).collect()
}

/// The key of a request that nobody sent yet.
pub(crate) fn idempotency_key() -> IdempotencyKey {
    IdempotencyKey { scope: format!("user 1 POST /products/ü'{}", next()), key: format!("\"%_\\; -- {}", next()) }
}

/// A key.
pub(crate) fn key() -> BlobKey {
    BlobKey::Source(hash())
}

pub(crate) fn user_draft() -> UserDraft {
    let name = |text: &str| PersonName::new(format!("{text} {}", next())).expect("a name");
    UserDraft { first_name: name("Zoë \"'; --"), last_name: name("Ŵ %_\\ 🫖"), created_at: instant() }
}

pub(crate) fn product_draft(owner: UserId) -> ProductDraft {
    ProductDraft {
        owner,
        name: ProductName::new(format!("kettle ½ 'quoted' %_\\ 🫖 {}", next())).expect("a name"),
        description: Description::new(format!("first\r\nsecond\tthird \"{{}}\" é\u{301} {}", next())).expect("a text"),
        price: Price::from_hundredths(1_899 + next()).expect("a price"),
        created_at: instant(),
    }
}

/// Every kind of source.
pub(crate) fn sources() -> [Source; 5] {
    let content = |bytes| Content { content_type: "image/webp".to_owned(), bytes, sha256: hash() };
    let upload = |via, filename: Option<&str>, bytes| Source::Upload {
        via,
        filename: filename.map(|name| FileName::new(name).expect("a file's name")),
        content: content(bytes),
    };
    let url = |text: String, content| Source::Url { url: ImageUrl::new(&text).expect("a URL"), content };
    let longest = format!("https://a.example/{}", "x".repeat(ImageUrl::MAX - 18));
    [
        upload(Via::Form, None, 1),
        upload(Via::Base64, None, 3),
        upload(Via::Form, Some("..\\../ürlaub 'a'.png"), 9_007_199_254_740_991),
        url(format!("http://a.example:8080/ürlaub%20'a'.png?number={}#b", next()), None),
        url(longest, Some(content(2))),
    ]
}

fn renditions(names: &[&str]) -> Vec<Rendition> {
    let rendition = |(index, name): (usize, &&str)| {
        let format = Format::ALL[index % Format::ALL.len()];
        let size = u32::try_from(next()).expect("few samples");
        let key = BlobKey::Rendition(hash(), format);
        Rendition { name: (*name).to_owned(), format, width: size, height: size + 1, bytes: next(), key }
    };
    names.iter().enumerate().map(rendition).collect()
}

/// Every shape of a state; those with renditions grow and shrink.
pub(crate) fn states() -> Vec<ImageState> {
    let ready = |names: &[&str]| ImageState::Ready { width: u32::MAX, height: 7, renditions: renditions(names) };
    let mut states = vec![
        ImageState::Pending { setback: None },
        ImageState::Pending {
            setback: Some(Setback { failure: failure(Reason::Timeout), next_attempt_at: instant() }),
        },
        ImageState::Processing,
        ready(&["zoom", "main", "a b"]),
        ready(&["main"]),
        ready(&[]),
    ];
    states.extend(Reason::ALL.map(|reason| ImageState::Failed(failure(reason))));
    states.push(ready(&["thumb", "medium", "main", "zoom"]));
    states.push(ImageState::Pending { setback: None });
    states
}

pub(crate) fn failure(reason: Reason) -> Failure {
    Failure { reason, detail: format!("{} 'ß' {}", reason.detail(), next()) }
}

/// An image as it is accepted: pending.
pub(crate) fn image(product: ProductId) -> Image {
    let [source, ..] = sources();
    let owner = ImageOwner::Product(product);
    Image::accept(ImageDraft { id: ImageId(uuid()), owner, position: 0, source, created_at: instant() }).image
}

/// An image with nothing left as it was accepted.
pub(crate) fn lived_in(product: ProductId, state: ImageState) -> Image {
    let [.., source] = sources();
    Image {
        position: u32::MAX,
        alt: Some(AltText::new("a kettle, 'seen' from above ↑").expect("a text")),
        source,
        state,
        attempts: Attempts(2),
        fence: Fence(1 << 40),
        ..image(product)
    }
}

pub(crate) fn job(trace: Trace) -> Stamped<Job> {
    stamped(Job::ProcessImage(ImageId(uuid())), trace)
}

pub(crate) fn stamped<T>(body: T, trace: Trace) -> Stamped<T> {
    Stamped { id: MessageId(uuid()), at: instant(), trace, body }
}

pub(crate) fn dead_letter(image: &Image, product: Option<ProductId>, reason: Reason, trace: Trace) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId(uuid()),
        job: Job::ProcessImage(image.id),
        image: image.id,
        product,
        owner: product.and_then(|_| UserId::new(i64::try_from(next()).expect("few samples")).ok()),
        host: product.map(|_| format!("shop-{}.example", next())),
        failure: failure(reason),
        attempts: Attempts(u32::try_from(next()).expect("few samples")),
        at: instant(),
        trace,
    }
}

pub(crate) async fn begin(store: &Arc<dyn Store>) -> Box<dyn UnitOfWork> {
    match within("a unit of work begins", store.begin()).await {
        Ok(unit) => unit,
        Err(error) => panic!("no unit of work: {error:?}"),
    }
}

pub(crate) async fn commit(unit: Box<dyn UnitOfWork>) {
    within("a commit is answered", unit.commit()).await.expect("a commit");
}

/// A user, committed.
pub(crate) async fn stored_user(store: &Arc<dyn Store>) -> User {
    let mut unit = begin(store).await;
    let user = unit.users().insert(&user_draft()).await.expect("a user is accepted");
    commit(unit).await;
    user
}

/// A product of a new user, committed.
pub(crate) async fn stored_product(store: &Arc<dyn Store>) -> Product {
    let owner = stored_user(store).await.id;
    let mut unit = begin(store).await;
    let product = unit.products().insert(&product_draft(owner)).await.expect("a product is accepted");
    commit(unit).await;
    product
}

/// An image, committed.
pub(crate) async fn stored_image(store: &Arc<dyn Store>, image: &Image) {
    let mut unit = begin(store).await;
    unit.images().insert(image).await.expect("an image is accepted");
    commit(unit).await;
}

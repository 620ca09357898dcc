//! Rows as they travel.

use crate::{DeadLetter, IdempotencyKey, Message};
use bytes::Bytes;
use jiff::Timestamp;
use std::collections::BTreeMap;
use wareroom_domain::{
    BlobKey, DeadLetterId, Event, EventPosition, Image, ImageId, MessageId, Product, ProductId, Sha256, Stamped, User,
    UserId,
};

/// The kinds of rows, in an order in which each can be put behind those that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Users, by id.
    Users,
    /// Products, by id.
    Products,
    /// Images with their renditions, by id.
    Images,
    /// The register of blobs, by the blobs' names as text, byte by byte.
    Blobs,
    /// Jobs that wait, by id.
    Jobs,
    /// Events, by position.
    Events,
    /// Dead letters, by id.
    DeadLetters,
    /// Keys of requests, by scope, then by key, byte by byte.
    IdempotencyKeys,
}

impl Table {
    /// Every table, in their order.
    pub const ALL: [Self; 8] = [
        Self::Users,
        Self::Products,
        Self::Images,
        Self::Blobs,
        Self::Jobs,
        Self::Events,
        Self::DeadLetters,
        Self::IdempotencyKeys,
    ];

    /// What people call its rows, in the plural.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Images => "images",
            Self::Blobs => "names of blobs",
            Self::Jobs => "jobs",
            Self::Events => "events",
            Self::DeadLetters => "dead letters",
            Self::IdempotencyKeys => "idempotency keys",
        }
    }

    /// The place before its first row.
    pub const fn beginning(self) -> Place {
        match self {
            Self::Users => Place::Users(None),
            Self::Products => Place::Products(None),
            Self::Images => Place::Images(None),
            Self::Blobs => Place::Blobs(None),
            Self::Jobs => Place::Jobs(None),
            Self::Events => Place::Events(EventPosition(0)),
            Self::DeadLetters => Place::DeadLetters(None),
            Self::IdempotencyKeys => Place::IdempotencyKeys(None),
        }
    }
}

/// Where reading goes on: behind that row of a table, from its beginning with `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind a user.
    Users(Option<UserId>),
    /// Behind a product.
    Products(Option<ProductId>),
    /// Behind an image.
    Images(Option<ImageId>),
    /// Behind a blob.
    Blobs(Option<BlobKey>),
    /// Behind a job.
    Jobs(Option<MessageId>),
    /// Behind an event, from the beginning with 0.
    Events(EventPosition),
    /// Behind a dead letter.
    DeadLetters(Option<DeadLetterId>),
    /// Behind a key.
    IdempotencyKeys(Option<IdempotencyKey>),
}

/// A row of any table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A user.
    User(User),
    /// A product.
    Product(Product),
    /// An image.
    Image(Box<StoredImage>),
    /// What is known of a blob's users.
    Blob(StoredBlob),
    /// A job that waits.
    Job(StoredJob),
    /// An event, with the position that readers know it by.
    Event(EventPosition, Stamped<Event>),
    /// A dead letter.
    DeadLetter(Box<StoredDeadLetter>),
    /// The key of a request.
    IdempotencyKey(StoredKey),
}

/// An image as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// The image, its renditions included.
    pub image: Image,
    /// When it was saved last, by the store's clock.
    pub saved_at: Timestamp,
}

/// An entry of the register of blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// The blob's name.
    pub key: BlobKey,
    /// How many rows name it.
    pub references: u64,
    /// When the last claim on it ends, by the store's clock.
    pub claimed_until: Timestamp,
    /// Whether a collector is about to delete it.
    pub condemned: bool,
}

/// A job as a store keeps it, without its loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJob {
    /// The job, as it travels.
    pub message: Message,
    /// Not before this, by the store's clock.
    pub due_at: Timestamp,
}

/// A dead letter as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// The dead letter.
    pub letter: DeadLetter,
    /// Whether it is to be replayed.
    pub marked: bool,
}

/// The key of a request as a store keeps it. Proofs of reservations are a store's own and do not travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The key.
    pub key: IdempotencyKey,
    /// What the request's content was.
    pub fingerprint: Sha256,
    /// When the request came, by which its age is told.
    pub at: Timestamp,
    /// How far it came.
    pub state: StoredKeyState,
}

/// How far a request came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredKeyState {
    /// It was being done, and may be taken over after that moment, by the store's clock.
    Running(Timestamp),
    /// It was answered with this.
    Answered(Bytes),
}

impl Record {
    /// Its table.
    pub const fn table(&self) -> Table {
        match self {
            Self::User(_) => Table::Users,
            Self::Product(_) => Table::Products,
            Self::Image(_) => Table::Images,
            Self::Blob(_) => Table::Blobs,
            Self::Job(_) => Table::Jobs,
            Self::Event(..) => Table::Events,
            Self::DeadLetter(_) => Table::DeadLetters,
            Self::IdempotencyKey(_) => Table::IdempotencyKeys,
        }
    }

    /// Where it stands in its table.
    pub fn place(&self) -> Place {
        match self {
            Self::User(user) => Place::Users(Some(user.id)),
            Self::Product(product) => Place::Products(Some(product.id)),
            Self::Image(stored) => Place::Images(Some(stored.image.id)),
            Self::Blob(stored) => Place::Blobs(Some(stored.key)),
            Self::Job(stored) => Place::Jobs(Some(stored.message.id)),
            Self::Event(position, _) => Place::Events(*position),
            Self::DeadLetter(stored) => Place::DeadLetters(Some(stored.letter.id)),
            Self::IdempotencyKey(stored) => Place::IdempotencyKeys(Some(stored.key.clone())),
        }
    }
}

/// How much a store holds, and how far it has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// How many rows each table has.
    pub rows: BTreeMap<Table, u64>,
    /// The newest id that a user was given.
    pub newest_user: Option<UserId>,
    /// The newest id that a product was given.
    pub newest_product: Option<ProductId>,
}

impl Census {
    /// How many rows a table has.
    pub fn of(&self, table: Table) -> u64 {
        self.rows.get(&table).copied().unwrap_or_default()
    }
}

//! Rows of every kind and shape, in the order in which they are put and given.

use crate::samples::{
    dead_letter, hash, idempotency_key, instant, job, keys, lived_in, product_draft, sources, stamped, states, traces,
    user_draft, uuid,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use wareroom_domain::{
    Description, Event, EventPosition, Fence, Image, ImageChange, ImageId, Price, Product, ProductId, ProductName,
    Reason, Revision, UserId, Version,
};
use wareroom_ports::transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState};
use wareroom_ports::{DeadLetter, Message, Record, Reservation};

/// Rows of every table, each table in the order of its places, and all of them so that each follows what it names.
pub(super) fn everything() -> Vec<Record> {
    let mut rows = Vec::new();
    rows.extend(users());
    rows.extend(products());
    rows.extend(images());
    rows.extend(blobs());
    rows.extend(jobs());
    rows.extend(events());
    rows.extend(letters());
    rows.extend(requests());
    rows
}

/// A moment by the store's clock, to the millisecond.
fn counted(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_780_000_000_000 + milliseconds).expect("within the calendar")
}

fn user_id(id: i64) -> UserId {
    UserId::new(id).expect("an id")
}

fn product_id(id: i64) -> ProductId {
    ProductId::new(id).expect("an id")
}

/// With gaps, and up to the largest id but one, so that there is a next.
const IDS: [i64; 4] = [3, 4, 1_000_000_007, wareroom_domain::ids::MAX_INTEGER_ID - 1];

fn users() -> impl Iterator<Item = Record> {
    IDS.into_iter().map(|id| Record::User(user_draft().accepted(user_id(id))))
}

fn products() -> impl Iterator<Item = Record> {
    let longest = || "\u{10ffff}é\u{301}İß🫖".chars().cycle();
    let product = move |(index, id): (usize, i64)| {
        let plain = product_draft(user_id(IDS[3 - index])).accepted(product_id(id));
        Record::Product(match index {
            0 => plain,
            1 => Product { price: Price::MAX, description: Description::new("").expect("a text"), ..plain },
            2 => Product {
                name: ProductName::new(longest().take(ProductName::MAX).collect::<String>()).expect("a name"),
                description: Description::new(longest().take(Description::MAX).collect::<String>()).expect("a text"),
                ..plain
            },
            _ => Product {
                price: Price::default(),
                revision: Revision(1 << 40),
                version: Version((1 << 53) - 1),
                updated_at: instant(),
                ..plain
            },
        })
    };
    IDS.into_iter().enumerate().map(product)
}

/// Every state, with every source.
fn images() -> impl Iterator<Item = Record> {
    let sources = sources();
    states().into_iter().enumerate().map(move |(index, state)| {
        let base = lived_in(product_id(IDS[index % IDS.len()]), state);
        let position = u32::try_from(index).expect("few samples");
        let source = sources[index % sources.len()].clone();
        let alt = base.alt.clone().filter(|_| index % 2 == 0);
        let image = Image { position, source, alt, fence: Fence((1 << 40) + u64::from(position)), ..base };
        Record::Image(Box::new(StoredImage { image, saved_at: counted(i64::from(position)) }))
    })
}

/// Named, claimed, neither, condemned; in the order of their names, which is not the order of their kinds.
fn blobs() -> Vec<Record> {
    let mut keys = [keys(), keys()].concat();
    keys.sort_by_key(ToString::to_string);
    let row = |((key, references), index): ((_, u64), i64)| {
        Record::Blob(StoredBlob { key, references, claimed_until: counted(index * 1_001), condemned: index == 5 })
    };
    keys.into_iter().zip([1, 0, 9_000, 2, 0, 0]).zip(0..).map(row).collect()
}

/// Due long ago, and long after.
fn jobs() -> impl Iterator<Item = Record> {
    traces().into_iter().zip([-4_000_000_000, 0, 1, 4_000_000_000]).map(|(trace, due)| {
        let message = Message::of(&job(trace));
        Record::Job(StoredJob { message, due_at: counted(due) })
    })
}

/// Each kind, behind others that were removed.
fn events() -> impl Iterator<Item = Record> {
    let (product, version, image) = (product_id(3), Version(9), ImageId(uuid()));
    let events = [
        Event::UserRegistered { user: user_id(3) },
        Event::ProductCreated { product, version: Version(1) },
        Event::ProductChanged { product, version },
        Event::ImageChanged { product, version, image, change: ImageChange::Superseded },
        Event::ProductDeleted { product, version },
    ];
    let traces = traces();
    let positions = (41..).map(EventPosition);
    positions.zip(events.into_iter().enumerate()).map(move |(position, (index, event))| {
        Record::Event(position, stamped(event, traces[index % traces.len()].clone()))
    })
}

fn letters() -> impl Iterator<Item = Record> {
    let [_, named, ..] = traces();
    Reason::ALL.into_iter().take(4).enumerate().map(move |(index, reason)| {
        let image = lived_in(product_id(3), wareroom_domain::ImageState::Processing);
        let product = (index % 2 == 0).then(|| product_id(77));
        let letter = DeadLetter { ..dead_letter(&image, product, reason, named.clone()) };
        Record::DeadLetter(Box::new(StoredDeadLetter { letter, marked: index > 1 }))
    })
}

/// Answered, and being done: some of them for ever, some by nobody any more.
fn requests() -> Vec<Record> {
    let states = [
        StoredKeyState::Answered(Bytes::new()),
        StoredKeyState::Answered(Bytes::from_static(&[0, 255, 10])),
        StoredKeyState::Running(counted(-400_000_000_000)),
        StoredKeyState::Running(counted(400_000_000_000)),
    ];
    let row = |state| StoredKey { key: idempotency_key(), fingerprint: hash(), at: instant(), state };
    let mut rows: Vec<StoredKey> = states.into_iter().map(row).collect();
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    rows.into_iter().map(Record::IdempotencyKey).collect()
}

/// Whether that is what a key that was taken in says to the same request.
pub(super) fn says(stored: &StoredKey, told: &Reservation) -> bool {
    match (&stored.state, told) {
        (StoredKeyState::Answered(answer), Reservation::Answered(given)) => answer == given,
        (StoredKeyState::Running(until), Reservation::Running) => *until > counted(0),
        (StoredKeyState::Running(until), Reservation::Granted { .. }) => *until < counted(0),
        _ => false,
    }
}

/// The same rows, each with something else in it that is not its identity.
pub(super) fn changed(rows: &[Record]) -> Vec<Record> {
    let later = |at: Timestamp| at.checked_add(SignedDuration::from_secs(1)).expect("within the calendar");
    let changed = |row: &Record| {
        let mut row = row.clone();
        match &mut row {
            Record::User(user) => user.created_at = later(user.created_at),
            Record::Product(product) => product.version = product.version.next(),
            Record::Image(stored) => stored.image.alt = None,
            Record::Blob(stored) => stored.claimed_until = later(stored.claimed_until),
            Record::Job(stored) => stored.due_at = later(stored.due_at),
            Record::Event(_, event) => event.at = later(event.at),
            Record::DeadLetter(stored) => stored.marked = !stored.marked,
            Record::IdempotencyKey(stored) => stored.at = later(stored.at),
        }
        row
    };
    rows.iter().map(changed).collect()
}

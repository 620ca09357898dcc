//! The statement that inserts a row, unless one of its identity is there.

use crate::{
    dead_letter_list::letter_columns,
    images::columns,
    pipeline::{Step, step},
    rows::{instant, text, to_number},
};
use wareroom_domain::{Event, EventPosition, ImageOwner, MessageId, Product, ProductId, Stamped, User, UserId};
use wareroom_ports::{
    Message, Record,
    message::{SCHEMA, encode_event},
    transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState},
};

const USER: &str = "INSERT INTO users (id, first_name, last_name, first_name_folded, last_name_folded, created_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";

const PRODUCT: &str = "INSERT INTO products
         (id, user_id, product_name, product_name_folded, product_description, product_price, revision, version,
          created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6::bigint * 0.01, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";

const IMAGE: &str = "INSERT INTO images
         (id, position, alt, source_kind, url, filename, content_type, source_bytes, sha256, state, next_attempt_at,
          width, height, renditions, reason, detail, attempts, fence, product_id, created_at, saved_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
     ON CONFLICT (id) DO NOTHING";

const BLOB: &str = "INSERT INTO blobs (key, references_count, claimed_until, condemned) VALUES ($1, $2, $3, $4)
     ON CONFLICT (key) DO NOTHING";

const JOB: &str = "INSERT INTO jobs (id, lane, kind, schema, body, at, request_id, traceparent, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";

const EVENT: &str = "INSERT INTO events (position, id, at, schema, product_id, body, request_id, traceparent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";

const LETTER: &str = concat!(
    "INSERT INTO dead_letters (",
    letter_columns!(),
    ", marked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     ON CONFLICT (id) DO NOTHING"
);

/// The proof of a reservation is a new one: whoever had it is gone.
const REQUEST: &str = "INSERT INTO idempotency_keys (scope, key, fingerprint, at, leased_until, token, answer)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::timestamptz IS NOT NULL THEN nextval('tokens') END, $6)
     ON CONFLICT (scope, key) DO NOTHING";

pub(super) fn insert(row: &Record) -> Step {
    match row {
        Record::User(user) => of_user(user),
        Record::Product(product) => of_product(product),
        Record::Image(stored) => of_image(stored),
        Record::Blob(stored) => of_blob(stored),
        Record::Job(stored) => of_job(stored),
        Record::Event(position, event) => of_event(*position, event),
        Record::DeadLetter(stored) => of_letter(stored),
        Record::IdempotencyKey(stored) => of_request(stored),
    }
}

fn optional(value: Option<&String>) -> Option<String> {
    value.map(|value| text(value))
}

fn of_user(user: &User) -> Step {
    step!(
        USER,
        user.id.get(),
        user.first_name.to_string(),
        user.last_name.to_string(),
        user.first_name.folded(),
        user.last_name.folded(),
        instant(user.created_at),
    )
}

fn of_product(product: &Product) -> Step {
    step!(
        PRODUCT,
        product.id.get(),
        product.owner.get(),
        product.name.to_string(),
        product.name.folded(),
        product.description.to_string(),
        to_number(product.price.hundredths()),
        to_number(product.revision.0),
        to_number(product.version.0),
        instant(product.created_at),
        instant(product.updated_at),
    )
}

fn of_image(StoredImage { image, saved_at }: &StoredImage) -> Step {
    let ImageOwner::Product(product) = image.owner;
    let mut columns = columns(image);
    columns.push(product.get());
    columns.push(instant(image.created_at));
    columns.push(instant(*saved_at));
    columns.step(IMAGE)
}

fn of_blob(stored: &StoredBlob) -> Step {
    let StoredBlob { key, references, claimed_until, condemned } = stored;
    step!(BLOB, key.to_string(), to_number(*references), instant(*claimed_until), *condemned)
}

fn of_job(StoredJob { message, due_at }: &StoredJob) -> Step {
    step!(
        JOB,
        message.id.0,
        message.lane.as_str(),
        text(&message.kind),
        i32::from(message.schema),
        message.body.to_vec(),
        instant(message.at),
        optional(message.trace.request_id.as_ref()),
        optional(message.trace.traceparent.as_ref()),
        instant(*due_at),
    )
}

fn of_event(position: EventPosition, event: &Stamped<Event>) -> Step {
    step!(
        EVENT,
        to_number(position.0),
        event.id.0,
        instant(event.at),
        i32::from(SCHEMA),
        event.body.product().map(|(product, _)| product.get()),
        encode_event(&event.body),
        optional(event.trace.request_id.as_ref()),
        optional(event.trace.traceparent.as_ref()),
    )
}

fn of_letter(StoredDeadLetter { letter, marked }: &StoredDeadLetter) -> Step {
    let (id, at, trace) = (MessageId(letter.id.0), letter.at, letter.trace.clone());
    let message = Message::of(&Stamped { id, at, trace, body: letter.job });
    step!(
        LETTER,
        letter.id.0,
        message.lane.as_str(),
        message.kind,
        i32::from(message.schema),
        message.body.to_vec(),
        letter.image.0,
        letter.product.map(ProductId::get),
        letter.owner.map(UserId::get),
        optional(letter.host.as_ref()),
        letter.failure.reason.code(),
        text(&letter.failure.detail),
        i64::from(letter.attempts.0),
        instant(letter.at),
        optional(letter.trace.request_id.as_ref()),
        optional(letter.trace.traceparent.as_ref()),
        *marked,
    )
}

fn of_request(stored: &StoredKey) -> Step {
    let (until, answer) = match &stored.state {
        StoredKeyState::Running(until) => (Some(instant(*until)), None),
        StoredKeyState::Answered(answer) => (None, Some(answer.to_vec())),
    };
    let (key, fingerprint) = (&stored.key, stored.fingerprint.to_string());
    step!(REQUEST, key.scope.clone(), key.key.clone(), fingerprint, instant(stored.at), until, answer)
}

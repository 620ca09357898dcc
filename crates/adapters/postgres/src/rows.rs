//! Rows as the domain's values, each checked again by the domain's own constructors: a row that was damaged is an
//! error, never a wrong value.

use crate::error::Damaged;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{str::FromStr, time::Duration};
use tokio_postgres::{Row, types::FromSql};
use wareroom_domain::{
    AltText, Attempts, BlobKey, Content, Description, Event, Failure, Fence, FileName, Format, Image, ImageId,
    ImageOwner, ImageState, ImageUrl, Lane, MessageId, PersonName, Price, Product, ProductId, ProductName, Reason,
    Rendition, Revision, Setback, Sha256, Source, Stamped, Trace, User, UserId, Version, Via,
};
use wareroom_ports::{BoxError, Message, StoreError, message::decode_event};

type Result<T> = std::result::Result<T, StoreError>;

/// A name from a closed list that this program does not have.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not known here")]
struct UnknownName(String);

/// What a column holds, or that its value is no such thing.
pub(crate) fn checked<T>(column: &str, value: std::result::Result<T, impl Into<BoxError>>) -> Result<T> {
    value.map_err(|error| Damaged { column: column.to_owned(), source: error.into() }.into())
}

pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: &str) -> Result<T> {
    checked(column, row.try_get(column))
}

/// What the first of the rows has in a column; `None` where there is no such row or it is no such thing.
pub(crate) fn first<'r, T: FromSql<'r>>(rows: &'r [Row], column: &str) -> Option<T> {
    rows.first().and_then(|row| row.try_get(column).ok())
}

/// A number, of which columns have only the one size.
pub(crate) fn number<T: TryFrom<i64>>(row: &Row, column: &str) -> Result<T>
where
    T::Error: Into<BoxError>,
{
    checked(column, get::<i64>(row, column)?.try_into())
}

/// A number for a column. None of ours is as large as what a column holds.
pub(crate) fn to_number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// At most so many rows.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A count, as PostgreSQL gives it.
pub(crate) fn count(rows: &[Row]) -> Result<u64> {
    rows.first().map_or(Ok(0), |row| number(row, "count"))
}

fn named<T>(row: &Row, column: &str, find: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let name: &str = get(row, column)?;
    checked(column, find(name).ok_or_else(|| UnknownName(name.to_owned())))
}

/// A moment as it is kept: to the microsecond, and not before the Stone Age, which PostgreSQL does not know.
pub(crate) fn instant(at: Timestamp) -> Timestamp {
    const EARLIEST: i64 = -200_000_000_000_000_000;
    Timestamp::from_microsecond(at.as_microsecond().max(EARLIEST)).unwrap_or(at)
}

/// A span in seconds, cut to what can be added to any moment.
pub(crate) fn seconds(span: Duration) -> f64 {
    const LONGEST: Duration = Duration::from_hours(1_000 * 365 * 24);
    span.min(LONGEST).as_secs_f64()
}

/// A span that was counted in seconds; none when it is over already.
pub(crate) fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A text as PostgreSQL takes it, which has no place for a NUL. Only what others said of themselves can have one.
pub(crate) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(crate) fn to_trace(row: &Row) -> Result<Trace> {
    Ok(Trace { request_id: get(row, "request_id")?, traceparent: get(row, "traceparent")? })
}

pub(crate) fn to_user(row: &Row) -> Result<User> {
    Ok(User {
        id: checked("id", UserId::new(get(row, "id")?))?,
        first_name: checked("first_name", PersonName::new(get::<String>(row, "first_name")?))?,
        last_name: checked("last_name", PersonName::new(get::<String>(row, "last_name")?))?,
        created_at: get(row, "created_at")?,
    })
}

/// The columns of a product `p`, its price in hundredths.
macro_rules! product_columns {
    () => {
        "p.id, p.user_id, p.product_name, p.product_description, (p.product_price * 100)::bigint AS price_hundredths,
         p.revision, p.version, p.created_at, p.updated_at"
    };
}
pub(crate) use product_columns;

pub(crate) fn to_product(row: &Row) -> Result<Product> {
    Ok(Product {
        id: checked("id", ProductId::new(get(row, "id")?))?,
        owner: checked("user_id", UserId::new(get(row, "user_id")?))?,
        name: checked("product_name", ProductName::new(get::<String>(row, "product_name")?))?,
        description: checked("product_description", Description::new(get::<String>(row, "product_description")?))?,
        price: checked("price_hundredths", Price::from_hundredths(number(row, "price_hundredths")?))?,
        revision: Revision(number(row, "revision")?),
        version: Version(number(row, "version")?),
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}

/// The columns of an image `i`, under names that no product has.
macro_rules! image_columns {
    () => {
        "i.id AS image_id, i.product_id, i.position, i.alt, i.source_kind, i.url, i.filename, i.content_type,
         i.source_bytes, i.sha256, i.state, i.next_attempt_at, i.width, i.height, i.renditions, i.reason, i.detail,
         i.attempts, i.fence, i.created_at AS image_created_at"
    };
}
pub(crate) use image_columns;

pub(crate) fn to_image(row: &Row) -> Result<Image> {
    let alt: Option<String> = get(row, "alt")?;
    Ok(Image {
        id: ImageId(get(row, "image_id")?),
        owner: ImageOwner::Product(checked("product_id", ProductId::new(get(row, "product_id")?))?),
        position: number(row, "position")?,
        alt: checked("alt", alt.map(AltText::new).transpose())?,
        source: to_source(row)?,
        state: match get(row, "state")? {
            "pending" => ImageState::Pending { setback: to_setback(row)? },
            "processing" => ImageState::Processing,
            "ready" => ImageState::Ready {
                width: number(row, "width")?,
                height: number(row, "height")?,
                renditions: to_renditions(get(row, "renditions")?)?,
            },
            "failed" => ImageState::Failed(to_failure(row)?),
            other => return checked("state", Err(UnknownName(other.to_owned()))),
        },
        attempts: Attempts(number(row, "attempts")?),
        fence: Fence(number(row, "fence")?),
        created_at: get(row, "image_created_at")?,
    })
}

fn to_source(row: &Row) -> Result<Source> {
    match get(row, "source_kind")? {
        "upload" => to_upload(row, Via::Form),
        "base64" => to_upload(row, Via::Base64),
        "url" => {
            let known = get::<Option<&str>>(row, "sha256")?.is_some();
            let content = known.then(|| to_content(row)).transpose()?;
            Ok(Source::Url { url: checked("url", ImageUrl::new(get(row, "url")?))?, content })
        }
        other => checked("source_kind", Err(UnknownName(other.to_owned()))),
    }
}

fn to_upload(row: &Row, via: Via) -> Result<Source> {
    let filename: Option<String> = get(row, "filename")?;
    let filename = checked("filename", filename.map(FileName::new).transpose())?;
    Ok(Source::Upload { via, filename, content: to_content(row)? })
}

fn to_content(row: &Row) -> Result<Content> {
    Ok(Content {
        content_type: get(row, "content_type")?,
        bytes: number(row, "source_bytes")?,
        sha256: checked("sha256", get::<&str>(row, "sha256")?.parse::<Sha256>())?,
    })
}

fn to_setback(row: &Row) -> Result<Option<Setback>> {
    let next_attempt_at: Option<Timestamp> = get(row, "next_attempt_at")?;
    let setback = |next_attempt_at| Ok(Setback { failure: to_failure(row)?, next_attempt_at });
    next_attempt_at.map(setback).transpose()
}

pub(crate) fn to_failure(row: &Row) -> Result<Failure> {
    Ok(Failure { reason: to_reason(row)?, detail: get(row, "detail")? })
}

pub(crate) fn to_reason(row: &Row) -> Result<Reason> {
    named(row, "reason", Reason::from_code)
}

/// A rendition as it is kept with its image.
#[derive(Serialize, Deserialize)]
struct KeptRendition {
    name: String,
    format: String,
    width: u32,
    height: u32,
    bytes: u64,
    key: String,
}

/// Renditions for their column.
pub(crate) fn from_renditions(renditions: &[Rendition]) -> Value {
    let kept = |rendition: &Rendition| {
        serde_json::json!(KeptRendition {
            name: rendition.name.clone(),
            format: rendition.format.as_str().to_owned(),
            width: rendition.width,
            height: rendition.height,
            bytes: rendition.bytes,
            key: rendition.key.to_string(),
        })
    };
    renditions.iter().map(kept).collect()
}

fn to_renditions(value: Value) -> Result<Vec<Rendition>> {
    let kept: Vec<KeptRendition> = checked("renditions", serde_json::from_value(value))?;
    let rendition = |KeptRendition { name, format, width, height, bytes, key }| {
        let known = Format::from_name(&format).ok_or(UnknownName(format));
        let key = checked("renditions", BlobKey::from_str(&key))?;
        Ok(Rendition { name, format: checked("renditions", known)?, width, height, bytes, key })
    };
    kept.into_iter().map(rendition).collect()
}

pub(crate) fn to_key(row: &Row) -> Result<BlobKey> {
    checked("key", get::<&str>(row, "key")?.parse())
}

/// The message of a job, or of a dead letter.
pub(crate) fn to_message(row: &Row) -> Result<Message> {
    Ok(Message {
        id: MessageId(get(row, "id")?),
        lane: named(row, "lane", Lane::from_name)?,
        schema: schema(row)?,
        kind: get(row, "kind")?,
        body: Bytes::from(get::<Vec<u8>>(row, "body")?),
        at: get(row, "at")?,
        trace: to_trace(row)?,
    })
}

fn schema(row: &Row) -> Result<u16> {
    checked("schema", get::<i32>(row, "schema")?.try_into())
}

pub(crate) fn to_event(row: &Row) -> Result<Stamped<Event>> {
    Ok(Stamped {
        id: MessageId(get(row, "id")?),
        at: get(row, "at")?,
        trace: to_trace(row)?,
        body: checked("body", decode_event(schema(row)?, get(row, "body")?))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_kept_to_the_microsecond_and_never_before_what_can_be_kept() {
        let odd = Timestamp::new(1_763_720_000, 123_456_789).unwrap();
        assert_eq!(instant(odd), Timestamp::new(1_763_720_000, 123_456_000).unwrap());
        assert_eq!(instant(Timestamp::MAX).as_second(), Timestamp::MAX.as_second());
        assert!(instant(Timestamp::MIN) > Timestamp::MIN);
        assert!(instant(Timestamp::MIN) < Timestamp::from_second(-100_000_000_000).unwrap());
    }

    #[test]
    fn a_span_is_exact_to_the_microsecond_and_can_be_added_to_any_moment() {
        for passed in [Duration::ZERO, Duration::from_micros(1), Duration::from_millis(1_234_567)] {
            assert_eq!(span(seconds(passed)), passed);
        }
        assert!(seconds(Duration::MAX) < 1e11);
        assert_eq!(span(-1.0), Duration::ZERO);
    }

    #[test]
    fn a_rendition_that_is_no_rendition_is_an_error_that_names_its_column() {
        let damaged =
            serde_json::json!([{ "name": "main", "format": "clay", "width": 1, "height": 1, "bytes": 1, "key": "x" }]);
        let error = std::error::Error::source(&to_renditions(damaged).unwrap_err()).map(ToString::to_string);
        assert_eq!(error.as_deref(), Some("the column \"renditions\" holds what it should not"));
    }
}

//! Rows as the domain's values, each checked again by the domain's own constructors: a row that was damaged is an
//! error, never a wrong value.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Result, Row, types::Type};
use std::error::Error;
use uuid::Uuid;
use wareroom_domain::{
    AltText, Attempts, BlobKey, Content, Description, Event, Failure, Fence, FileName, Format, Image, ImageId,
    ImageOwner, ImageState, ImageUrl, Lane, MessageId, PersonName, Price, Product, ProductId, ProductName, Reason,
    Rendition, Revision, Setback, Sha256, Source, Stamped, Trace, User, UserId, Version, Via,
};
use wareroom_ports::{Message, message::decode_event};

/// A name from a closed list that this program does not have.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not known here")]
struct UnknownName(String);

/// What a column holds, or that its value is no such thing.
pub(crate) fn checked<T, E>(row: &Row<'_>, column: &str, value: std::result::Result<T, E>) -> Result<T>
where
    E: Error + Send + Sync + 'static,
{
    value.or_else(|error| {
        let index = row.as_ref().column_index(column)?;
        let found = row.get_ref(index).map_or(Type::Null, |value| value.data_type());
        Err(rusqlite::Error::FromSqlConversionFailure(index, found, Box::new(error)))
    })
}

fn text(row: &Row<'_>, column: &str) -> Result<String> {
    row.get(column)
}

fn named<T>(row: &Row<'_>, column: &str, find: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let name = text(row, column)?;
    checked(row, column, find(&name).ok_or(UnknownName(name)))
}

/// A moment as it is kept: UTC with nine places, which is exact, and in order as text.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(crate) fn to_instant(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    checked(row, column, text(row, column)?.parse())
}

pub(crate) fn to_trace(row: &Row<'_>) -> Result<Trace> {
    Ok(Trace { request_id: row.get("request_id")?, traceparent: row.get("traceparent")? })
}

pub(crate) fn to_lane(row: &Row<'_>) -> Result<Lane> {
    named(row, "lane", Lane::from_name)
}

pub(crate) fn to_user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: checked(row, "id", UserId::new(row.get("id")?))?,
        first_name: checked(row, "first_name", PersonName::new(text(row, "first_name")?))?,
        last_name: checked(row, "last_name", PersonName::new(text(row, "last_name")?))?,
        created_at: to_instant(row, "created_at")?,
    })
}

pub(crate) fn to_product(row: &Row<'_>) -> Result<Product> {
    Ok(Product {
        id: checked(row, "id", ProductId::new(row.get("id")?))?,
        owner: checked(row, "owner_id", UserId::new(row.get("owner_id")?))?,
        name: checked(row, "name", ProductName::new(text(row, "name")?))?,
        description: checked(row, "description", Description::new(text(row, "description")?))?,
        price: checked(row, "price_hundredths", Price::from_hundredths(row.get("price_hundredths")?))?,
        revision: Revision(row.get("revision")?),
        version: Version(row.get("version")?),
        created_at: to_instant(row, "created_at")?,
        updated_at: to_instant(row, "updated_at")?,
    })
}

/// An image; `renditions` is asked for them when it is ready.
pub(crate) fn to_image(row: &Row<'_>, renditions: impl FnOnce(ImageId) -> Result<Vec<Rendition>>) -> Result<Image> {
    let id = ImageId(row.get("id")?);
    let alt: Option<String> = row.get("alt")?;
    Ok(Image {
        id,
        owner: ImageOwner::Product(checked(row, "product_id", ProductId::new(row.get("product_id")?))?),
        position: row.get("position")?,
        alt: checked(row, "alt", alt.map(AltText::new).transpose())?,
        source: to_source(row)?,
        state: match text(row, "state")?.as_str() {
            "pending" => ImageState::Pending { setback: to_setback(row)? },
            "processing" => ImageState::Processing,
            "ready" => {
                let (width, height) = (row.get("width")?, row.get("height")?);
                ImageState::Ready { width, height, renditions: renditions(id)? }
            }
            "failed" => ImageState::Failed(to_failure(row)?),
            other => return checked(row, "state", Err(UnknownName(other.to_owned()))),
        },
        attempts: Attempts(row.get("attempts")?),
        fence: Fence(row.get("fence")?),
        created_at: to_instant(row, "created_at")?,
    })
}

fn to_source(row: &Row<'_>) -> Result<Source> {
    match text(row, "source_kind")?.as_str() {
        "upload" => to_upload(row, Via::Form),
        "base64" => to_upload(row, Via::Base64),
        "url" => {
            let known = row.get::<_, Option<String>>("sha256")?.is_some();
            let content = known.then(|| to_content(row)).transpose()?;
            Ok(Source::Url { url: checked(row, "url", ImageUrl::new(&text(row, "url")?))?, content })
        }
        other => checked(row, "source_kind", Err(UnknownName(other.to_owned()))),
    }
}

fn to_upload(row: &Row<'_>, via: Via) -> Result<Source> {
    let filename: Option<String> = row.get("filename")?;
    let filename = checked(row, "filename", filename.map(FileName::new).transpose())?;
    Ok(Source::Upload { via, filename, content: to_content(row)? })
}

fn to_content(row: &Row<'_>) -> Result<Content> {
    Ok(Content {
        content_type: text(row, "content_type")?,
        bytes: row.get("source_bytes")?,
        sha256: checked(row, "sha256", text(row, "sha256")?.parse::<Sha256>())?,
    })
}

fn to_setback(row: &Row<'_>) -> Result<Option<Setback>> {
    let waits = row.get::<_, Option<String>>("next_attempt_at")?.is_some();
    let setback = || Ok(Setback { failure: to_failure(row)?, next_attempt_at: to_instant(row, "next_attempt_at")? });
    waits.then(setback).transpose()
}

pub(crate) fn to_failure(row: &Row<'_>) -> Result<Failure> {
    Ok(Failure { reason: to_reason(row)?, detail: text(row, "detail")? })
}

pub(crate) fn to_reason(row: &Row<'_>) -> Result<Reason> {
    named(row, "reason", Reason::from_code)
}

pub(crate) fn to_rendition(row: &Row<'_>) -> Result<Rendition> {
    Ok(Rendition {
        name: text(row, "name")?,
        format: named(row, "format", Format::from_name)?,
        width: row.get("width")?,
        height: row.get("height")?,
        bytes: row.get("bytes")?,
        key: to_key(row)?,
    })
}

pub(crate) fn to_key(row: &Row<'_>) -> Result<BlobKey> {
    checked(row, "key", text(row, "key")?.parse())
}

/// The message of a job, or of a dead letter.
pub(crate) fn to_message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: MessageId(row.get::<_, Uuid>("id")?),
        lane: to_lane(row)?,
        schema: row.get("schema")?,
        kind: text(row, "kind")?,
        body: Bytes::from(row.get::<_, Vec<u8>>("body")?),
        at: to_instant(row, "at")?,
        trace: to_trace(row)?,
    })
}

pub(crate) fn to_event(row: &Row<'_>) -> Result<Stamped<Event>> {
    let body: Vec<u8> = row.get("body")?;
    Ok(Stamped {
        id: MessageId(row.get::<_, Uuid>("id")?),
        at: to_instant(row, "at")?,
        trace: to_trace(row)?,
        body: checked(row, "body", decode_event(row.get("schema")?, &body))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn through_a_row(text: &str) -> Result<Timestamp> {
        let connection = Connection::open_in_memory()?;
        connection.query_one("SELECT ?1 AS at", [text], |row| to_instant(row, "at"))
    }

    #[test]
    fn every_moment_survives_to_the_nanosecond() {
        let odd = Timestamp::new(1_763_720_000, 123_456_789).unwrap();
        let micro = Timestamp::from_microsecond(1_763_720_000_000_001).unwrap();
        for at in [odd, micro, Timestamp::UNIX_EPOCH, Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(through_a_row(&instant(at)).unwrap(), at);
        }
    }

    #[test]
    fn moments_are_in_order_as_text() {
        let moments = [(0, 0), (0, 1), (0, 900_000_000), (1, 0), (1_763_720_000, 5), (1_763_720_000, 10)];
        let texts = moments.map(|(second, nanosecond)| instant(Timestamp::new(second, nanosecond).unwrap()));
        assert!(texts.is_sorted());
    }

    #[test]
    fn a_damaged_value_is_an_error_that_names_its_column() {
        let error = through_a_row("yesterday").unwrap_err();
        assert!(matches!(error, rusqlite::Error::FromSqlConversionFailure(0, Type::Text, _)));
    }
}

//! A message as a broker carries it: its body as it is, all else in headers, so that people can read it there.

use amqprs::{BasicProperties, DELIVERY_MODE_PERSISTENT, FieldName, FieldTable, FieldValue, LongStr};
use bytes::Bytes;
use uuid::Uuid;
use wareroom_domain::{Lane, MessageId, Trace};
use wareroom_ports::{Message, WireError};

const LANE: &str = "lane";
const SCHEMA: &str = "schema";
const KIND: &str = "kind";
const AT: &str = "at";
const REQUEST_ID: &str = "request_id";
const TRACEPARENT: &str = "traceparent";

/// What headers may have in all. The driver sends them in one frame, and a broker's have 128 KiB.
const LONGEST_HEADERS: usize = 64 * 1024;

/// A message that no broker would take.
#[derive(Debug, thiserror::Error)]
#[error("the texts of the message have more than {LONGEST_HEADERS} bytes")]
pub(crate) struct TooLong;

/// What nobody can ever read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the header {0} is missing or wrong")]
    Header(&'static str),
    #[error("the message id is missing or wrong")]
    Id,
    #[error("the body is damaged")]
    Body,
}

/// The properties of a message that is published as that number.
pub(crate) fn encode(message: &Message, number: u64) -> Result<BasicProperties, TooLong> {
    let mut headers = FieldTable::new();
    let mut length = 0;
    let mut put = |name: &str, value: FieldValue, bytes: usize| {
        length += bytes;
        if let (Ok(name), true) = (FieldName::try_from(name), length <= LONGEST_HEADERS) {
            headers.insert(name, value);
        }
    };
    put(SCHEMA, FieldValue::l(message.schema.into()), 0);
    let at = message.at.to_string();
    let texts = [
        (LANE, Some(message.lane.as_str())),
        (KIND, Some(message.kind.as_str())),
        (AT, Some(at.as_str())),
        (REQUEST_ID, message.trace.request_id.as_deref()),
        (TRACEPARENT, message.trace.traceparent.as_deref()),
    ];
    for (name, text) in texts {
        let Some(text) = text else { continue };
        put(name, LongStr::try_from(text).map_err(|_| TooLong)?.into(), text.len());
    }
    if length > LONGEST_HEADERS {
        return Err(TooLong);
    }
    Ok(BasicProperties::default()
        .with_content_type("application/octet-stream")
        .with_delivery_mode(DELIVERY_MODE_PERSISTENT)
        .with_message_id(&message.id.0.to_string())
        // By this a message that comes back is told from others.
        .with_correlation_id(&number.to_string())
        .with_headers(headers)
        .finish())
}

/// The message that was delivered. One of a schema or a kind that is not known here is a message, too: another version of
/// Wareroom may know it.
pub(crate) fn decode(properties: &BasicProperties, body: Vec<u8>) -> Result<Message, Unreadable> {
    let field = |name: &str| Some(properties.headers()?.get(&FieldName::try_from(name).ok()?)?.clone());
    let text = |name| match field(name) {
        Some(FieldValue::S(text)) => Some(String::from(text)),
        _ => None,
    };
    let required = |name| text(name).ok_or(Unreadable::Header(name));
    let schema = match field(SCHEMA) {
        Some(FieldValue::l(schema)) => u16::try_from(schema).ok(),
        _ => None,
    };
    let id = properties.message_id().and_then(|id| Uuid::try_parse(id).ok()).ok_or(Unreadable::Id)?;
    let message = Message {
        id: MessageId(id),
        lane: Lane::from_name(&required(LANE)?).ok_or(Unreadable::Header(LANE))?,
        schema: schema.ok_or(Unreadable::Header(SCHEMA))?,
        kind: required(KIND)?,
        body: Bytes::from(body),
        at: required(AT)?.parse().map_err(|_| Unreadable::Header(AT))?,
        trace: Trace { request_id: text(REQUEST_ID), traceparent: text(TRACEPARENT) },
    };
    match message.job() {
        Err(WireError::Body) => Err(Unreadable::Body),
        Ok(_) | Err(WireError::Schema(_) | WireError::Kind(_)) => Ok(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use wareroom_domain::{ImageId, Job, Stamped};

    fn message() -> Message {
        Message::of(&Stamped {
            id: MessageId(Uuid::from_u128(7)),
            at: Timestamp::new(1_700_000_000, 123_456_789).unwrap(),
            trace: Trace { request_id: Some("ä'".to_owned()), traceparent: None },
            body: Job::ProcessImage(ImageId(Uuid::from_u128(9))),
        })
    }

    fn again(message: &Message) -> Result<Message, Unreadable> {
        decode(&encode(message, 1).unwrap(), message.body.to_vec())
    }

    #[test]
    fn a_message_is_the_same_afterwards() {
        assert_eq!(again(&message()).unwrap(), message());
        let tomorrow = Message { schema: u16::MAX, kind: "k".repeat(300), body: Bytes::new(), ..message() };
        assert_eq!(again(&tomorrow).unwrap(), tomorrow);
    }

    #[test]
    fn what_is_no_message_is_told_by_what_is_wrong() {
        let sound = encode(&message(), 1).unwrap();
        let body = || message().body.to_vec();
        assert_eq!(decode(&BasicProperties::default(), body()), Err(Unreadable::Id));
        assert_eq!(decode(&sound.clone().with_message_id("7").finish(), body()), Err(Unreadable::Id));
        assert_eq!(decode(&sound, b"noise".to_vec()), Err(Unreadable::Body));
        let wrong = [
            (LANE, "nowhere".into()),
            (SCHEMA, "1".into()),
            (SCHEMA, FieldValue::l(-1)),
            (KIND, FieldValue::V),
            (AT, "yesterday".into()),
        ];
        for (name, value) in wrong {
            let mut headers = sound.headers().unwrap().clone();
            headers.remove(&name.try_into().unwrap());
            headers.insert(name.try_into().unwrap(), value);
            let outcome = decode(&sound.clone().with_headers(headers).finish(), body());
            assert_eq!(outcome, Err(Unreadable::Header(name)));
        }
    }

    #[test]
    fn a_message_that_no_broker_would_take_is_not_sent() {
        let trace = Trace { request_id: Some("x".repeat(LONGEST_HEADERS)), traceparent: None };
        assert!(encode(&Message { trace, ..message() }, 1).is_err());
    }
}

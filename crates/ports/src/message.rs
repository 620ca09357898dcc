//! What travels: a job or an event as bytes, with the number of its schema.
//!
//! The schema number is written with every message and row. So far there is only the first; from the second on, N and N-1
//! are read, so that an old and a new process can run side by side during an upgrade. A job's body is the id it is about. An
//! event's body is postcard, which is not self-describing: a changed body takes a new number.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wareroom_domain::event::ImageChange;
use wareroom_domain::{Event, ImageId, Job, Lane, MessageId, ProductId, Stamped, Trace, UserId, Version};

/// The schema that is written.
pub const SCHEMA: u16 = 1;

/// A job as it travels.
///
/// ```
/// use wareroom_domain::{ImageId, Job, MessageId, Stamped, Trace};
/// use wareroom_ports::{Message, WireError};
///
/// let (id, image) = (MessageId(uuid::Uuid::from_u128(1)), ImageId(uuid::Uuid::from_u128(2)));
/// let (at, trace) = (jiff::Timestamp::UNIX_EPOCH, Trace::default());
/// let job = Stamped { id, at, trace, body: Job::ProcessImage(image) };
/// let message = Message::of(&job);
/// assert_eq!(message.job()?, job);
///
/// let newer = Message { schema: message.schema + 1, ..message };
/// assert!(matches!(newer.job(), Err(WireError::Schema(_))));
/// # Ok::<(), WireError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Identity: the same for every delivery.
    pub id: MessageId,
    /// The lane it travels in.
    pub lane: Lane,
    /// The schema of `body`.
    pub schema: u16,
    /// What kind of job it is, such as `process_image`.
    pub kind: String,
    /// The job itself.
    pub body: Bytes,
    /// When it was said.
    pub at: Timestamp,
    /// Where it came from.
    pub trace: Trace,
}

/// A message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Written by a version of Wareroom too far from this one.
    #[error("schema {0} is not read here, only {SCHEMA}")]
    Schema(u16),
    /// No such kind.
    #[error("unknown kind {0:?}")]
    Kind(String),
    /// The body is not what its kind says.
    #[error("damaged body")]
    Body,
}

const PROCESS_IMAGE: &str = "process_image";

impl Message {
    /// The message that carries a job.
    pub fn of(job: &Stamped<Job>) -> Self {
        let (kind, body) = match job.body {
            Job::ProcessImage(image) => (PROCESS_IMAGE, image.0.into_bytes().to_vec()),
        };
        Self {
            id: job.id,
            lane: job.body.lane(),
            schema: SCHEMA,
            kind: kind.to_owned(),
            body: body.into(),
            at: job.at,
            trace: job.trace.clone(),
        }
    }

    /// The job that the message carries; the error says what of it is not read here.
    pub fn job(&self) -> Result<Stamped<Job>, WireError> {
        if self.schema != SCHEMA {
            return Err(WireError::Schema(self.schema));
        }
        let body = match self.kind.as_str() {
            PROCESS_IMAGE => Uuid::from_slice(&self.body).map(|id| Job::ProcessImage(ImageId(id))),
            other => return Err(WireError::Kind(other.to_owned())),
        };
        let body = body.map_err(|_| WireError::Body)?;
        Ok(Stamped { id: self.id, at: self.at, trace: self.trace.clone(), body })
    }
}

/// The body of an event, mirrored here so that the domain stays free of serialisation.
#[derive(Serialize, Deserialize)]
enum EventBody {
    UserRegistered { user: i64 },
    ProductCreated { product: i64, version: u64 },
    ImageChanged { product: i64, version: u64, image: [u8; 16], change: Change },
    ProductChanged { product: i64, version: u64 },
    ProductDeleted { product: i64, version: u64 },
}

#[derive(Serialize, Deserialize)]
enum Change {
    Added,
    Started,
    Postponed,
    Ready,
    Failed,
    Retried,
    Superseded,
    Edited,
    Removed,
}

/// An event as bytes of schema [`SCHEMA`], for stores that keep it so, beside the number.
pub fn encode_event(event: &Event) -> Vec<u8> {
    let body = match *event {
        Event::UserRegistered { user } => EventBody::UserRegistered { user: user.get() },
        Event::ProductCreated { product, version } => {
            EventBody::ProductCreated { product: product.get(), version: version.0 }
        }
        Event::ImageChanged { product, version, image, change } => EventBody::ImageChanged {
            product: product.get(),
            version: version.0,
            image: image.0.into_bytes(),
            change: match change {
                ImageChange::Added => Change::Added,
                ImageChange::Started => Change::Started,
                ImageChange::Postponed => Change::Postponed,
                ImageChange::Ready => Change::Ready,
                ImageChange::Failed => Change::Failed,
                ImageChange::Retried => Change::Retried,
                ImageChange::Superseded => Change::Superseded,
                ImageChange::Edited => Change::Edited,
                ImageChange::Removed => Change::Removed,
            },
        },
        Event::ProductChanged { product, version } => {
            EventBody::ProductChanged { product: product.get(), version: version.0 }
        }
        Event::ProductDeleted { product, version } => {
            EventBody::ProductDeleted { product: product.get(), version: version.0 }
        }
    };
    postcard::to_stdvec(&body).unwrap_or_default()
}

/// The event of those bytes, which were written under that schema number.
pub fn decode_event(schema: u16, body: &[u8]) -> Result<Event, WireError> {
    if schema != SCHEMA {
        return Err(WireError::Schema(schema));
    }
    let product = |id| ProductId::new(id).map_err(|_| WireError::Body);
    match postcard::from_bytes(body).map_err(|_| WireError::Body)? {
        EventBody::UserRegistered { user } => {
            Ok(Event::UserRegistered { user: UserId::new(user).map_err(|_| WireError::Body)? })
        }
        EventBody::ProductCreated { product: id, version } => {
            Ok(Event::ProductCreated { product: product(id)?, version: Version(version) })
        }
        EventBody::ImageChanged { product: id, version, image, change } => Ok(Event::ImageChanged {
            product: product(id)?,
            version: Version(version),
            image: ImageId(Uuid::from_bytes(image)),
            change: match change {
                Change::Added => ImageChange::Added,
                Change::Started => ImageChange::Started,
                Change::Postponed => ImageChange::Postponed,
                Change::Ready => ImageChange::Ready,
                Change::Failed => ImageChange::Failed,
                Change::Retried => ImageChange::Retried,
                Change::Superseded => ImageChange::Superseded,
                Change::Edited => ImageChange::Edited,
                Change::Removed => ImageChange::Removed,
            },
        }),
        EventBody::ProductChanged { product: id, version } => {
            Ok(Event::ProductChanged { product: product(id)?, version: Version(version) })
        }
        EventBody::ProductDeleted { product: id, version } => {
            Ok(Event::ProductDeleted { product: product(id)?, version: Version(version) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_survives_its_message() {
        let job = Stamped {
            id: MessageId(Uuid::from_u128(1)),
            at: Timestamp::UNIX_EPOCH,
            trace: Trace { request_id: Some("r".to_owned()), traceparent: None },
            body: Job::ProcessImage(ImageId(Uuid::from_u128(2))),
        };
        assert_eq!(Message::of(&job).job().unwrap(), job);
    }

    #[test]
    fn a_message_of_another_schema_or_kind_is_refused_not_guessed() {
        let job = Job::ProcessImage(ImageId(Uuid::nil()));
        let message = Message::of(&Stamped {
            id: MessageId(Uuid::nil()),
            at: Timestamp::UNIX_EPOCH,
            trace: Trace::default(),
            body: job,
        });
        let read = |change: fn(&mut Message)| {
            let mut changed = message.clone();
            change(&mut changed);
            changed.job()
        };
        assert!(matches!(read(|m| m.schema = 9), Err(WireError::Schema(9))));
        assert!(matches!(read(|m| m.kind = "x".to_owned()), Err(WireError::Kind(_))));
        assert!(matches!(read(|m| m.body = Bytes::from_static(b"x")), Err(WireError::Body)));
    }

    #[test]
    fn every_event_survives_its_bytes() {
        use ImageChange::{Added, Edited, Failed, Postponed, Ready, Removed, Retried, Started, Superseded};
        let (product, version) = (ProductId::new(3).unwrap(), Version(9));
        let image = ImageId(Uuid::from_u128(7));
        let mut events = vec![
            Event::UserRegistered { user: UserId::new(5).unwrap() },
            Event::ProductCreated { product, version },
            Event::ProductChanged { product, version },
            Event::ProductDeleted { product, version },
        ];
        for change in [Added, Started, Postponed, Ready, Failed, Retried, Superseded, Edited, Removed] {
            events.push(Event::ImageChanged { product, version, image, change });
        }
        for event in events {
            assert_eq!(decode_event(SCHEMA, &encode_event(&event)).unwrap(), event);
        }
        assert!(matches!(decode_event(0, &[]), Err(WireError::Schema(0))));
        assert!(matches!(decode_event(SCHEMA, &[250]), Err(WireError::Body)));
    }
}

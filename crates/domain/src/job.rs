//! Work that is to be done outside the request that asked for it.

use crate::{ImageId, MessageId};
use jiff::Timestamp;

/// What a worker is asked to do. Carries ids, never state: the worker reads what is true when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// Make the renditions of an image.
    ProcessImage(ImageId),
}

impl Job {
    /// The lane that this job travels in.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::ProcessImage(_) => Lane::Images,
        }
    }
}

/// A queue of its own, so that slow work of one kind never holds up another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// The renditions that a product's page waits for.
    Images,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 1] = [Self::Images];

    /// The name that queues and rows carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Images => "images",
        }
    }

    /// The lane of that name; `None` when there is no such lane.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == name)
    }
}

/// Where a job or an event came from, carried along so that one trace runs from the request to the rendition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The id of the request that caused it, as its answer carried it; `None` for what no request caused.
    pub request_id: Option<String>,
    /// W3C trace context, as the client sent it, when it sent a sound one.
    pub traceparent: Option<String>,
}

/// A job or an event with its identity, its moment and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    /// Identity: the same for every delivery.
    pub id: MessageId,
    /// When it was said, by the clock that users see.
    pub at: Timestamp,
    /// Where it came from.
    pub trace: Trace,
    /// What was said.
    pub body: T,
}

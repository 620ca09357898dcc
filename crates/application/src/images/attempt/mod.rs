//! An attempt at an image.
//!
//! ```text
//! begin     a unit of work counts the attempt and takes a fencing number
//! fetch     the bytes behind the image's URL, when it has one
//! make      renders, claims the blobs' names, puts the bytes
//! end       a unit of work stores the outcome: ready; or failed, with a dead letter; or waiting, with a job that is due
//!           after the back-off
//! ```
//!
//! In between nothing is written but blobs, which are named by their content. So an attempt can be cut off anywhere, or made
//! twice at once, and the image ends the same.

mod begin;
mod end;
mod fetch;
mod log;
mod make;
mod trouble;

pub(crate) use begin::begin;
pub(crate) use end::{hand_back, overrun};
pub(crate) use fetch::fetch;
pub(crate) use make::make;

use jiff::Timestamp;
use wareroom_domain::{Attempt, Failure, Image, MessageId, Trace};
use wareroom_ports::Fetched;

/// An attempt that was begun and is to be made, or handed back.
#[derive(Clone, Debug)]
pub struct ImageAttempt {
    /// The image as it was when the attempt began.
    pub image: Image,
    /// The attempt's number and fence.
    pub attempt: Attempt,
    /// When it began.
    pub begun_at: Timestamp,
    /// The message that asked for it.
    pub message: MessageId,
    /// The request that it came from.
    pub trace: Trace,
}

/// What came of a job's message.
#[derive(Clone, Debug)]
pub enum AttemptBegun {
    /// Go ahead.
    Attempt(Box<ImageAttempt>),
    /// Every attempt was begun and none ended: the image failed, a dead letter was written.
    Poisoned,
    /// Nothing to do: the image is settled or gone.
    Settled,
}

/// Where an attempt's bytes are.
#[derive(Clone, Debug)]
pub enum Sourced {
    /// Among the blobs: they are read when they are needed.
    Kept,
    /// Here: they were just fetched.
    Fetched(Fetched),
    /// Nowhere: they could not be fetched, which ended the attempt.
    Ended(Outcome),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every rendition is stored.
    Ready,
    /// Given up, a dead letter was written.
    Failed(Failure),
    /// Another attempt will be made after the back-off.
    Postponed(Failure),
    /// Another attempt took over, or the image is gone: nothing was changed.
    Overtaken,
}

/// The step that an attempt was in when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overrun {
    /// The download.
    Fetching,
    /// Decoding, encoding and storing.
    Making,
}

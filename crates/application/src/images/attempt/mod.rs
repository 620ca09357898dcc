//! An attempt at an image.
//!
//! ```text
//! fetch     the bytes behind the image's URL, when it has one
//! begin     a unit of work counts the attempt and takes a fencing number
//! make      renders, claims the blobs' names, puts the bytes
//! end       a unit of work stores the outcome: ready; or failed, with a dead letter; or waiting, with a job that is due
//!           after the back-off
//! ```
//!
//! Between the units of work nothing is written but blobs, which are named by their content. So an attempt can be cut off
//! anywhere, or made twice at once, and the image ends the same.
//!
//! An attempt is counted as late as possible: when the process dies, those that were begun are taken for what killed it.

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
use trouble::Trouble;
use wareroom_domain::{Attempt, Attempts, Failure, Image, ImageUrl, MessageId, Trace};
use wareroom_ports::Fetched;

/// What is known of an image's bytes before an attempt begins.
#[derive(Clone, Debug)]
pub enum Sourced {
    /// Nothing to do: the image is settled or gone.
    Settled,
    /// They are among the blobs, and are read when they are needed.
    Kept,
    /// They are elsewhere, and were asked for.
    Asked(Box<Download>),
}

impl Sourced {
    /// Whether an attempt with this renders, which takes a processor and memory, or can only tell why not.
    pub fn renders(&self) -> bool {
        match self {
            Self::Settled => false,
            Self::Kept => true,
            Self::Asked(download) => download.outcome.is_ok(),
        }
    }

    /// Whether this is known of the source that the image has now, which a client may have replaced meanwhile.
    pub(crate) fn is_of(&self, image: &Image, at_most: Attempts) -> bool {
        match self {
            Self::Settled => true,
            // One whose attempts are used up is not asked for: what begins now finds them so and gives up.
            Self::Kept => image.source.sha256().is_some() || image.attempts >= at_most,
            Self::Asked(download) => image.source.url() == Some(&download.url),
        }
    }
}

/// What came of asking for the bytes behind a URL.
#[derive(Clone, Debug)]
pub struct Download {
    url: ImageUrl,
    outcome: Result<Fetched, Trouble>,
}

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
    /// Nothing to do: the image is settled or gone, or has another source and with it another job.
    Settled,
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
    /// Another attempt took over, the image was given another source, or is gone: nothing was changed.
    Overtaken,
}

//! The states of an image and the moves between them.
//!
//! ```text
//!            begin               complete
//! Pending ------------> Processing --------> Ready
//!    ^                   |  |  |                 \
//!    |  hand_back,       |  |  +--- fail ---> Failed
//!    +--- postpone ------+  |                  |
//!    |                      +-- begin (taken over: the attempt before it died)
//!    +------------- retry, supersede ----------+
//! ```
//!
//! Each attempt takes a new [`Fence`]. Every move that ends an attempt shows the fence it was begun with, and is refused
//! when another was taken since.
//!
//! ```
//! # use wareroom_domain::*;
//! # let mut image = Image::accept(ImageDraft {
//! #     id: ImageId(uuid::Uuid::nil()),
//! #     owner: ImageOwner::Product(ProductId::new(1).unwrap()),
//! #     position: 0,
//! #     source: Source::Url { url: ImageUrl::new("https://example.com/lamp.jpg").unwrap(), content: None },
//! #     created_at: jiff::Timestamp::UNIX_EPOCH,
//! # })
//! # .image;
//! # let at_most = Attempts(6);
//! let Begun::Attempt(changed, late) = image.begin(at_most) else { panic!("it was pending") };
//! // Whoever made this attempt went silent, and its message came to another.
//! let Begun::Attempt(changed, now) = changed.image.begin(at_most) else { panic!("it has attempts left") };
//! image = changed.image;
//! assert_eq!(image.clone().fail(late, Reason::Timeout.into()), Err(TransitionError::Stale));
//! let ready = image.complete(now, None, (640, 480), vec![])?;
//! assert!(ready.image.state.settled());
//! # Ok::<(), TransitionError>(())
//! ```

use super::{Changed, Content, Failure, Image, Reason, Rendition, Source};
use crate::event::ImageChange;
use crate::{Attempts, Fence};
use jiff::Timestamp;

/// How far the pipeline is with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageState {
    /// Waits for an attempt.
    Pending {
        /// Why it waits for longer than its turn, after an attempt that failed.
        setback: Option<Setback>,
    },
    /// An attempt was begun and has not ended.
    Processing,
    /// Every rendition is stored.
    Ready {
        /// The source's width in pixels, after its orientation was applied.
        width: u32,
        /// The source's height in pixels, after its orientation was applied.
        height: u32,
        /// One for each specification, in their order.
        renditions: Vec<Rendition>,
    },
    /// Given up.
    Failed(Failure),
}

impl ImageState {
    /// The name in answers and rows.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Processing => "processing",
            Self::Ready { .. } => "ready",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the pipeline will do no more, unless asked.
    pub const fn settled(&self) -> bool {
        matches!(self, Self::Ready { .. } | Self::Failed(_))
    }
}

/// An attempt that failed and is worth another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Why it failed.
    pub failure: Failure,
    /// The next one is not made before this.
    pub next_attempt_at: Timestamp,
}

/// An attempt that was begun: what whoever makes it must show when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The fencing number.
    pub fence: Fence,
    /// Which attempt this is, from 1.
    pub number: Attempts,
}

/// What came of beginning an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Go ahead.
    Attempt(Changed, Attempt),
    /// All attempts were begun and none ended: the image failed as [`Reason::Poison`].
    Exhausted(Changed),
    /// Nothing is left to do: the message was a duplicate.
    Settled,
}

/// A move that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The attempt is no longer the image's: another took over, or it was given another source.
    #[error("the attempt was overtaken")]
    Stale,
    /// Only a failed image can be retried.
    #[error("the image has not failed")]
    NotFailed,
}

impl Image {
    /// Begins an attempt: counts it and takes a new fence. An image that is `Processing` is taken over, because its
    /// message came again: whoever held it died or lost its lease. `at_most` is how many attempts an image gets.
    pub fn begin(mut self, at_most: Attempts) -> Begun {
        if self.state.settled() {
            return Begun::Settled;
        }
        self.fence = self.fence.next();
        if self.attempts >= at_most {
            self.state = ImageState::Failed(Reason::Poison.into());
            return Begun::Exhausted(Changed { image: self, change: ImageChange::Failed });
        }
        self.attempts = self.attempts.next();
        self.state = ImageState::Processing;
        let attempt = Attempt { fence: self.fence, number: self.attempts };
        Begun::Attempt(Changed { image: self, change: ImageChange::Started }, attempt)
    }

    /// Gives an attempt back that could not be made for no fault of the image: it does not count. Its fence is spent.
    /// [`TransitionError::Stale`], as for all that end an attempt, when it is no longer the image's.
    pub fn hand_back(mut self, attempt: Attempt) -> Result<Changed, TransitionError> {
        self.check(attempt)?;
        self.attempts = Attempts(self.attempts.0.saturating_sub(1));
        self.state = ImageState::Pending { setback: None };
        Ok(Changed { image: self, change: ImageChange::Postponed })
    }

    /// Ends an attempt that failed and is worth another: the image waits, and shows until when and why.
    pub fn postpone(mut self, attempt: Attempt, setback: Setback) -> Result<Changed, TransitionError> {
        self.check(attempt)?;
        self.state = ImageState::Pending { setback: Some(setback) };
        Ok(Changed { image: self, change: ImageChange::Postponed })
    }

    /// Ends an attempt with every rendition made, of a source of `width` x `height` pixels as one sees it. `fetched` is what
    /// is known of the bytes behind the image's URL, when it has one; an upload keeps what is known of it.
    pub fn complete(
        mut self,
        attempt: Attempt,
        fetched: Option<Content>,
        (width, height): (u32, u32),
        renditions: Vec<Rendition>,
    ) -> Result<Changed, TransitionError> {
        self.check(attempt)?;
        if let (Source::Url { content, .. }, Some(fetched)) = (&mut self.source, fetched) {
            *content = Some(fetched);
        }
        self.state = ImageState::Ready { width, height, renditions };
        Ok(Changed { image: self, change: ImageChange::Ready })
    }

    /// Ends an attempt by giving up.
    pub fn fail(mut self, attempt: Attempt, failure: Failure) -> Result<Changed, TransitionError> {
        self.check(attempt)?;
        self.state = ImageState::Failed(failure);
        Ok(Changed { image: self, change: ImageChange::Failed })
    }

    /// The owner asks again: the attempts start from none. [`TransitionError::NotFailed`] unless the image has failed.
    pub fn retry(mut self) -> Result<Changed, TransitionError> {
        if !matches!(self.state, ImageState::Failed(_)) {
            return Err(TransitionError::NotFailed);
        }
        self.restart();
        Ok(Changed { image: self, change: ImageChange::Retried })
    }

    /// The owner gives it another source: whatever is still being made of the old one is refused.
    pub fn supersede(mut self, source: Source) -> Changed {
        self.source = source;
        self.restart();
        Changed { image: self, change: ImageChange::Superseded }
    }

    fn restart(&mut self) {
        self.attempts = Attempts(0);
        self.fence = self.fence.next();
        self.state = ImageState::Pending { setback: None };
    }

    fn check(&self, attempt: Attempt) -> Result<(), TransitionError> {
        let held = self.state == ImageState::Processing && self.fence == attempt.fence;
        if held { Ok(()) } else { Err(TransitionError::Stale) }
    }
}

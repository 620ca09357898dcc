//! The image itself.

use super::{BlobKey, ImageState, Source};
use crate::event::ImageChange;
use crate::{AltText, Attempts, Event, Fence, ImageId, ProductId, Version};
use jiff::Timestamp;

/// Whose image it is. A user's picture joins this enum later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageOwner {
    /// One of a product's images.
    Product(ProductId),
}

impl ImageOwner {
    /// The product, when a product owns it.
    pub const fn product(self) -> Option<ProductId> {
        match self {
            Self::Product(id) => Some(id),
        }
    }
}

/// An image that is about to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDraft {
    /// Its identity.
    pub id: ImageId,
    /// Whose it is.
    pub owner: ImageOwner,
    /// Its place among its owner's images, from 0.
    pub position: u32,
    /// Where it came from.
    pub source: Source,
    /// When it was accepted.
    pub created_at: Timestamp,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its identity.
    pub id: ImageId,
    /// Whose it is.
    pub owner: ImageOwner,
    /// Its place among its owner's images, from 0; gaps are fine.
    pub position: u32,
    /// What it shows, in words.
    pub alt: Option<AltText>,
    /// Where it came from.
    pub source: Source,
    /// How far the pipeline is.
    pub state: ImageState,
    /// Attempts that were begun since it was accepted, retried or superseded, those handed back excepted.
    pub attempts: Attempts,
    /// The newest fencing number that was taken. Never falls.
    pub fence: Fence,
    /// When it was accepted.
    pub created_at: Timestamp,
}

/// An image after a move, and what the move was: store the one, tell the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The image as it is now.
    pub image: Image,
    /// What happened to it.
    pub change: ImageChange,
}

impl Changed {
    /// The event to tell, given the product whose version shows the change.
    pub fn event(&self, product: ProductId, version: Version) -> Event {
        Event::ImageChanged { product, version, image: self.image.id, change: self.change }
    }
}

impl Image {
    /// What its owner says about it is something else now, or its place is.
    pub fn edited(self) -> Changed {
        Changed { image: self, change: ImageChange::Edited }
    }

    /// The names of everything that is kept of it, each as often as it refers to it.
    pub fn blobs(&self) -> Vec<BlobKey> {
        let source = self.source.sha256().map(BlobKey::Source);
        let renditions = match &self.state {
            ImageState::Ready { renditions, .. } => renditions.as_slice(),
            _ => &[],
        };
        source.into_iter().chain(renditions.iter().map(|rendition| rendition.key)).collect()
    }

    /// Accepts an image: it waits for its first attempt.
    pub fn accept(draft: ImageDraft) -> Changed {
        let ImageDraft { id, owner, position, source, created_at } = draft;
        let image = Self {
            id,
            owner,
            position,
            alt: None,
            source,
            state: ImageState::Pending { setback: None },
            attempts: Attempts(0),
            fence: Fence(0),
            created_at,
        };
        Changed { image, change: ImageChange::Added }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attempt, Begun, Content, Failure, ImageUrl, Reason, Setback, Sha256, TransitionError, Via};
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    const AT_MOST: Attempts = Attempts(3);

    fn content(seed: u8) -> Content {
        Content { content_type: "image/png".to_owned(), bytes: 1, sha256: Sha256([seed; 32]) }
    }

    fn source(seed: u8) -> Source {
        Source::Upload { via: Via::Form, filename: None, content: content(seed) }
    }

    fn pending() -> Image {
        Image::accept(ImageDraft {
            id: ImageId(Uuid::nil()),
            owner: ImageOwner::Product(ProductId::new(1).unwrap()),
            position: 0,
            source: source(0),
            created_at: Timestamp::UNIX_EPOCH,
        })
        .image
    }

    fn begun(image: Image) -> (Image, Attempt) {
        match image.begin(AT_MOST) {
            Begun::Attempt(changed, attempt) => (changed.image, attempt),
            other => panic!("no attempt: {other:?}"),
        }
    }

    #[test]
    fn the_late_writer_of_an_attempt_that_was_taken_over_changes_nothing() {
        let (image, late) = begun(pending());
        let (image, now) = begun(image);
        assert_eq!(image.clone().complete(late, None, (1, 1), vec![]), Err(TransitionError::Stale));
        assert_eq!(image.clone().fail(late, Reason::Damaged.into()), Err(TransitionError::Stale));
        assert_eq!(image.clone().hand_back(late), Err(TransitionError::Stale));
        assert!(image.complete(now, None, (1, 1), vec![]).is_ok());
    }

    #[test]
    fn the_writer_of_a_superseded_source_changes_nothing() {
        let (image, late) = begun(pending());
        let image = image.supersede(source(1)).image;
        assert_eq!(image.clone().complete(late, None, (1, 1), vec![]), Err(TransitionError::Stale));
        let (image, _) = begun(image);
        assert_eq!(image.complete(late, None, (1, 1), vec![]), Err(TransitionError::Stale));
    }

    #[test]
    fn attempts_that_all_died_are_poison() {
        let mut image = pending();
        for _ in 0..AT_MOST.0 {
            image = begun(image).0;
        }
        let Begun::Exhausted(changed) = image.begin(AT_MOST) else { panic!("a fourth attempt") };
        assert_eq!(changed.image.state, ImageState::Failed(Failure::from(Reason::Poison)));
        let retried = changed.image.retry().unwrap().image;
        assert_eq!(retried.attempts, Attempts(0));
    }

    fn setback() -> Setback {
        Setback { failure: Reason::Timeout.into(), next_attempt_at: Timestamp::MAX }
    }

    #[test]
    fn what_was_fetched_is_known_once_the_image_is_ready_and_forgotten_with_its_url() {
        let url = |text: &str| Source::Url { url: ImageUrl::new(text).unwrap(), content: None };
        let image = pending().supersede(url("http://a.example/")).image;
        let (image, attempt) = begun(image);
        assert_eq!(image.source.content(), None);
        let ready = image.complete(attempt, Some(content(7)), (1, 1), vec![]).unwrap().image;
        assert_eq!(ready.source.sha256(), Some(Sha256([7; 32])));
        assert_eq!(ready.supersede(url("http://b.example/")).image.source.content(), None);
    }

    #[test]
    fn an_upload_stays_what_was_uploaded() {
        let (image, attempt) = begun(pending());
        let ready = image.complete(attempt, Some(content(7)), (1, 1), vec![]).unwrap().image;
        assert_eq!(ready.source, source(0));
    }

    #[test]
    fn a_settled_image_is_not_begun_again() {
        let (image, attempt) = begun(pending());
        let ready = image.complete(attempt, None, (1, 1), vec![]).unwrap().image;
        assert_eq!(ready.clone().begin(AT_MOST), Begun::Settled);
        assert_eq!(ready.retry(), Err(TransitionError::NotFailed));
    }

    #[derive(Clone, Copy, Debug)]
    enum Move {
        Begin,
        HandBack(usize),
        Postpone(usize),
        Complete(usize),
        Fail(usize),
        Retry,
        Supersede,
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let ended = |make: fn(usize) -> Move| (0..4usize).prop_map(make);
        let one = prop_oneof![
            4 => Just(Move::Begin),
            1 => ended(Move::HandBack),
            1 => ended(Move::Postpone),
            1 => ended(Move::Complete),
            1 => ended(Move::Fail),
            1 => Just(Move::Retry),
            1 => Just(Move::Supersede),
        ];
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        /// Whatever order moves come in: fences only grow and are never given twice, attempts stay within their limit,
        /// and only the newest attempt of an image in processing can end it.
        #[test]
        fn the_laws_of_the_state_machine(moves in moves()) {
            let mut image = pending();
            let mut given: Vec<Attempt> = vec![];
            for step in moves {
                let before = image.clone();
                // How many attempts ago the one was begun that now tries to end.
                let held = |ago: usize| given.len().checked_sub(ago + 1).map(|index| given[index]);
                let ended = match step {
                    Move::Begin => match before.clone().begin(AT_MOST) {
                        Begun::Attempt(changed, attempt) => {
                            prop_assert!(given.iter().all(|earlier| earlier.fence < attempt.fence));
                            given.push(attempt);
                            Some((None, Ok(changed)))
                        }
                        Begun::Exhausted(changed) => Some((None, Ok(changed))),
                        Begun::Settled => {
                            prop_assert!(before.state.settled());
                            None
                        }
                    },
                    Move::HandBack(ago) => held(ago).map(|a| (Some(a), before.clone().hand_back(a))),
                    Move::Postpone(ago) => held(ago).map(|a| (Some(a), before.clone().postpone(a, setback()))),
                    Move::Complete(ago) => held(ago).map(|a| (Some(a), before.clone().complete(a, None, (1, 1), vec![]))),
                    Move::Fail(ago) => held(ago).map(|a| (Some(a), before.clone().fail(a, Reason::Damaged.into()))),
                    Move::Retry => Some((None, before.clone().retry())),
                    Move::Supersede => Some((None, Ok(before.clone().supersede(source(9))))),
                };
                let Some((attempt, outcome)) = ended else { continue };
                if let Some(attempt) = attempt {
                    let current = before.state == ImageState::Processing && before.fence == attempt.fence;
                    prop_assert_eq!(outcome.is_ok(), current);
                }
                if let Ok(changed) = outcome {
                    prop_assert!(changed.image.fence >= before.fence);
                    prop_assert!(changed.image.attempts <= AT_MOST);
                    prop_assert_eq!(changed.image.id, before.id);
                    image = changed.image;
                }
            }
        }
    }
}

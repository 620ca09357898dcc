//! What every store can hold. Some are finer than others: a row is cut to what all of them keep before it travels.

use super::{Record, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState};
use crate::{DeadLetter, Message};
use jiff::Timestamp;
use wareroom_domain::{Content, Failure, Image, ImageState, Product, Setback, Source, Stamped, Trace, User};

impl Record {
    /// The row as every store can hold it: what users see to the microsecond, what goes by the store's clock to the
    /// millisecond that is not before it, and no NUL in what others said of themselves. A row that is portable stays as it is.
    pub fn portable(self) -> Self {
        match self {
            Self::User(user) => Self::User(User { created_at: seen(user.created_at), ..user }),
            Self::Product(product) => Self::Product(Product {
                created_at: seen(product.created_at),
                updated_at: seen(product.updated_at),
                ..product
            }),
            Self::Image(stored) => {
                Self::Image(Box::new(StoredImage { saved_at: counted(stored.saved_at), image: of_image(stored.image) }))
            }
            Self::Blob(mut stored) => {
                stored.claimed_until = counted(stored.claimed_until);
                Self::Blob(stored)
            }
            Self::Job(StoredJob { message, due_at }) => {
                Self::Job(StoredJob { message: of_message(message), due_at: counted(due_at) })
            }
            Self::Event(position, event) => {
                let (at, trace) = (seen(event.at), of_trace(event.trace));
                Self::Event(position, Stamped { at, trace, ..event })
            }
            Self::DeadLetter(stored) => {
                let StoredDeadLetter { letter, marked } = *stored;
                Self::DeadLetter(Box::new(StoredDeadLetter { letter: of_letter(letter), marked }))
            }
            Self::IdempotencyKey(stored) => {
                let state = match stored.state {
                    StoredKeyState::Running(until) => StoredKeyState::Running(counted(until)),
                    answered @ StoredKeyState::Answered(_) => answered,
                };
                Self::IdempotencyKey(StoredKey { at: seen(stored.at), state, ..stored })
            }
        }
    }
}

/// Not before the Stone Age, which not every store knows of.
const EARLIEST: i64 = -200_000_000_000;

fn not_too_early(at: Timestamp) -> Timestamp {
    Timestamp::from_second(EARLIEST).map_or(at, |earliest| at.max(earliest))
}

/// A moment that users see, cut to the microsecond.
fn seen(at: Timestamp) -> Timestamp {
    const MICROSECOND: i128 = 1_000;
    let whole = not_too_early(at).as_nanosecond().div_euclid(MICROSECOND) * MICROSECOND;
    Timestamp::from_nanosecond(whole).unwrap_or(at)
}

/// A moment by the store's clock, at the next whole millisecond: nothing is lent or condemned early. Only the last moment of
/// all has none after it.
fn counted(at: Timestamp) -> Timestamp {
    const MILLISECOND: i128 = 1_000_000;
    let nanosecond = not_too_early(at).as_nanosecond();
    let before = nanosecond.div_euclid(MILLISECOND) * MILLISECOND;
    let next = if before == nanosecond { before } else { before + MILLISECOND };
    Timestamp::from_nanosecond(next).or_else(|_| Timestamp::from_nanosecond(before)).unwrap_or(at)
}

fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn of_trace(trace: Trace) -> Trace {
    Trace { request_id: trace.request_id.map(text), traceparent: trace.traceparent.map(text) }
}

fn of_failure(failure: Failure) -> Failure {
    Failure { detail: text(failure.detail), ..failure }
}

fn of_content(content: Content) -> Content {
    Content { content_type: text(content.content_type), ..content }
}

fn of_message(message: Message) -> Message {
    Message { kind: text(message.kind), at: seen(message.at), trace: of_trace(message.trace), ..message }
}

fn of_letter(letter: DeadLetter) -> DeadLetter {
    DeadLetter {
        host: letter.host.map(text),
        failure: of_failure(letter.failure),
        at: seen(letter.at),
        trace: of_trace(letter.trace),
        ..letter
    }
}

fn of_image(image: Image) -> Image {
    let source = match image.source {
        Source::Upload { via, filename, content } => Source::Upload { via, filename, content: of_content(content) },
        Source::Url { url, content } => Source::Url { url, content: content.map(of_content) },
    };
    let state = match image.state {
        ImageState::Pending { setback } => ImageState::Pending {
            setback: setback.map(|setback| Setback {
                failure: of_failure(setback.failure),
                next_attempt_at: seen(setback.next_attempt_at),
            }),
        },
        ImageState::Failed(failure) => ImageState::Failed(of_failure(failure)),
        other @ (ImageState::Processing | ImageState::Ready { .. }) => other,
    };
    Image { source, state, created_at: seen(image.created_at), ..image }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn moments() -> impl Strategy<Value = Timestamp> {
        let any = (Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond())
            .prop_map(|nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap());
        prop_oneof![8 => any, 1 => Just(Timestamp::MIN), 1 => Just(Timestamp::MAX), 1 => Just(Timestamp::UNIX_EPOCH)]
    }

    proptest! {
        #[test]
        fn a_moment_that_was_cut_stays_as_it_is(at in moments()) {
            prop_assert_eq!(seen(seen(at)), seen(at));
            prop_assert_eq!(counted(counted(at)), counted(at));
            prop_assert_eq!(seen(at).subsec_nanosecond() % 1_000, 0);
            prop_assert_eq!(counted(at).subsec_nanosecond() % 1_000_000, 0);
        }

        #[test]
        fn what_is_due_is_never_due_earlier(at in moments()) {
            let cut = counted(at);
            let last = Timestamp::MAX.checked_sub(SignedDuration::from_millis(1)).unwrap();
            prop_assert!(cut >= at || at > last, "{at} became {cut}");
            prop_assert!(cut.duration_since(at.max(not_too_early(at))) < SignedDuration::from_millis(1));
        }
    }

    #[test]
    fn a_nul_in_what_others_said_becomes_a_sign_that_every_store_holds() {
        let trace = Trace { request_id: Some("a\0b".to_owned()), traceparent: None };
        assert_eq!(of_trace(trace).request_id.as_deref(), Some("a\u{fffd}b"));
    }
}

//! What each problem means and what to do about it, for the pages that their `type` leads to.

use crate::problem::ProblemCode;

/// A problem in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProblemText {
    /// What happened.
    pub(crate) meaning: &'static str,
    /// What whoever asked can do.
    pub(crate) advice: &'static str,
}

const fn text(meaning: &'static str, advice: &'static str) -> ProblemText {
    ProblemText { meaning, advice }
}

impl ProblemCode {
    /// The code in words.
    pub(crate) const fn text(self) -> ProblemText {
        match self {
            Self::InvalidRequest => text(
                "The request is not well-formed: its body is not a JSON object or not valid JSON, a parameter cannot be \
                 read or is not known here, or it is not HTTP/1.1.",
                "Read the detail, which names what is wrong, and correct the request. Sending it again as it is does \
                 not help.",
            ),
            Self::NotFound => text(
                "There is nothing at this path, or what it names is not there, was deleted, or belongs to someone else.",
                "Check the path and the id.",
            ),
            Self::MethodNotAllowed => text(
                "The path is known, but not with this method.",
                "Use one of the methods that the header Allow lists.",
            ),
            Self::RequestTimeout => text(
                "The body of the request stopped arriving, or came far more slowly than 1 KB a second. Nothing was stored.",
                "Send the request again, over a better connection if this repeats.",
            ),
            Self::Conflict => text(
                "Someone else changed the same thing at the same moment. Nothing was stored.",
                "Read it again and repeat the request.",
            ),
            Self::WrongState => text(
                "What was asked for cannot be done in the state that the thing is in; only an image that failed can be \
                 tried again, for example.",
                "Read its state. If it is what you want already, there is nothing to do.",
            ),
            Self::PreconditionFailed => text(
                "The product was changed since it was read: the header If-Match names another revision. Nothing was \
                 stored, so nobody's change was overwritten.",
                "Read the product, decide anew, and send the change with its new ETag, which this answer carries too.",
            ),
            Self::IdempotencyKeyReused => text(
                "The header Idempotency-Key has a key that was used for another request. Nothing was stored.",
                "Make a new key for each new request; keep a key only to repeat the very same one.",
            ),
            Self::RequestInProgress => text(
                "A request with the same Idempotency-Key is still running.",
                "Send it again after the time in Retry-After: the answer is then that of the first.",
            ),
            Self::PayloadTooLarge => text(
                "The body, or a file in it, has more bytes than allowed. Nothing was stored.",
                "Send less: smaller images, or fewer at a time.",
            ),
            Self::UnsupportedMediaType => text(
                "The body's Content-Type or Content-Encoding is not one that this operation reads.",
                "Send JSON as application/json in UTF-8, files as multipart/form-data, both without Content-Encoding.",
            ),
            Self::UnsupportedImage => text(
                "The file is not an image, or of a format that is not read: its first bytes decide, not its name. \
                 Nothing was stored.",
                "Send a JPEG, PNG, WebP or GIF.",
            ),
            Self::RangeNotSatisfiable => text(
                "The header Range asks for bytes behind the end of the image.",
                "Ask for a part within the size that Content-Range names, or for the whole.",
            ),
            Self::RequestHeaderFieldsTooLarge => text(
                "The head of the request has too many bytes or too many fields.",
                "Send fewer or shorter headers; cookies are not needed here.",
            ),
            Self::ValidationFailed => text(
                "The body can be read and breaks a rule: a value out of range, a wrong type, a field that is not known or \
                 that the server sets itself. Nothing was stored.",
                "The list errors has every field that is wrong, each with a JSON pointer and what is allowed.",
            ),
            Self::UnknownUser => text(
                "The user that the body names does not exist.",
                "Create the user first, or give the id of one that exists.",
            ),
            Self::TooManyPixels => text(
                "An image has more pixels than allowed, width times height. Nothing was stored.",
                "Send a smaller version.",
            ),
            Self::TooManyImages => text(
                "The product would have more images than allowed. Nothing was stored.",
                "Remove some first, or add fewer.",
            ),
            Self::Internal => text(
                "A defect of the server. Whether anything was stored is not certain.",
                "Read to see what was stored before you repeat it. Tell the operator the request_id: it leads to the \
                 cause in the log.",
            ),
            Self::Unavailable => text(
                "A store cannot be used at the moment, or the server has all it can do or is stopping.",
                "Send the request again after the time in Retry-After, with the same Idempotency-Key if it has one.",
            ),
            Self::TooMuchWaiting => text(
                "So many images wait to be processed that no more are accepted for now. Nothing was stored. Reading goes \
                 on, and so does every change that brings no image.",
                "Send the request again after the time in Retry-After, with the same Idempotency-Key if it has one. If \
                 this lasts, tell the operator: more workers are needed, or those that there are stand still.",
            ),
            Self::StorageFull => text(
                "There is no room left for what the request brings. Reading goes on, and nothing that was accepted is lost.",
                "Tell the operator, who has to make room; then send it again.",
            ),
        }
    }
}

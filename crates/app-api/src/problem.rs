//! Every error as `application/problem+json` (RFC 9457): the use cases', the framework's and our own, from one table.

use crate::etag;
use crate::faults::Faults;
use crate::problem_document::Document;
use crate::server::BodyError;
use poem::error::{MethodNotAllowedError, NotFoundError, ReadBodyError, ResponseError};
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Body, Response};
use poem_openapi::Enum;
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError};
use serde::Serialize;
use wareroom_application::{Error, ErrorCode, Fault};
use wareroom_ports::BoxError;

/// The media type of every error.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// When to come again after the service was unavailable, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// When to come again while the same request is running, in seconds.
const SOON: HeaderValue = HeaderValue::from_static("1");

/// The most characters of a client's text that a detail repeats.
const QUOTED: usize = 64;

/// What went wrong: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProblemCode {
    InvalidRequest,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    WrongState,
    PreconditionFailed,
    IdempotencyKeyReused,
    RequestInProgress,
    PayloadTooLarge,
    UnsupportedMediaType,
    UnsupportedImage,
    RangeNotSatisfiable,
    RequestHeaderFieldsTooLarge,
    ValidationFailed,
    UnknownUser,
    TooManyPixels,
    TooManyImages,
    Internal,
    Unavailable,
    TooMuchWaiting,
    StorageFull,
}

impl ProblemCode {
    /// The one table: name, status, title.
    pub(crate) const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::InvalidRequest => ("invalid_request", StatusCode::BAD_REQUEST, "The request cannot be read"),
            Self::NotFound => ("not_found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
            Self::RequestTimeout => ("request_timeout", StatusCode::REQUEST_TIMEOUT, "The body stopped arriving"),
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "Changed by someone else"),
            Self::WrongState => ("wrong_state", StatusCode::CONFLICT, "Not in this state"),
            Self::PreconditionFailed => {
                ("precondition_failed", StatusCode::PRECONDITION_FAILED, "Changed since it was read")
            }
            Self::IdempotencyKeyReused => (
                "idempotency_key_reused",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The idempotency key was used for something else",
            ),
            Self::RequestInProgress => {
                ("request_in_progress", StatusCode::CONFLICT, "The same request is still running")
            }
            Self::PayloadTooLarge => ("payload_too_large", StatusCode::PAYLOAD_TOO_LARGE, "Too many bytes"),
            Self::UnsupportedMediaType => {
                ("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            Self::UnsupportedImage => {
                ("unsupported_image", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not an image that is read")
            }
            Self::RangeNotSatisfiable => {
                ("range_not_satisfiable", StatusCode::RANGE_NOT_SATISFIABLE, "The range lies beyond the end")
            }
            Self::RequestHeaderFieldsTooLarge => {
                ("request_header_fields_too_large", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Head too large")
            }
            Self::ValidationFailed => {
                ("validation_failed", StatusCode::UNPROCESSABLE_ENTITY, "The input breaks a rule")
            }
            Self::UnknownUser => ("unknown_user", StatusCode::UNPROCESSABLE_ENTITY, "There is no such user"),
            Self::TooManyPixels => ("too_many_pixels", StatusCode::UNPROCESSABLE_ENTITY, "Too many pixels"),
            Self::TooManyImages => ("too_many_images", StatusCode::UNPROCESSABLE_ENTITY, "Too many images"),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "An internal error occurred"),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Unavailable at the moment"),
            Self::TooMuchWaiting => ("too_much_waiting", StatusCode::SERVICE_UNAVAILABLE, "Too much waits already"),
            Self::StorageFull => ("storage_full", StatusCode::INSUFFICIENT_STORAGE, "No room left"),
        }
    }

    /// The status on the wire.
    pub(crate) const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The code that stands for a status which something else than a use case gave.
    fn of_status(status: StatusCode) -> Self {
        let framework = [
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::RequestTimeout,
            Self::PayloadTooLarge,
            Self::UnsupportedMediaType,
            Self::Unavailable,
        ];
        let otherwise = if status.is_client_error() { Self::InvalidRequest } else { Self::Internal };
        framework.into_iter().find(|code| code.status() == status).unwrap_or(otherwise)
    }
}

impl From<ErrorCode> for ProblemCode {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Invalid => Self::ValidationFailed,
            ErrorCode::UnknownUser => Self::UnknownUser,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::Conflict => Self::Conflict,
            ErrorCode::WrongState => Self::WrongState,
            ErrorCode::PreconditionFailed => Self::PreconditionFailed,
            ErrorCode::KeyReused => Self::IdempotencyKeyReused,
            ErrorCode::InProgress => Self::RequestInProgress,
            ErrorCode::TooLarge => Self::PayloadTooLarge,
            ErrorCode::UnsupportedImage => Self::UnsupportedImage,
            ErrorCode::TooManyPixels => Self::TooManyPixels,
            ErrorCode::TooManyImages => Self::TooManyImages,
            ErrorCode::StorageFull => Self::StorageFull,
            ErrorCode::Unavailable => Self::Unavailable,
            ErrorCode::TooMuchWaiting => Self::TooMuchWaiting,
            ErrorCode::Internal => Self::Internal,
        }
    }
}

/// How an error of a use case looks from outside: its HTTP status and its problem's code.
pub fn status_of(code: ErrorCode) -> (u16, &'static str) {
    let (name, status, _) = ProblemCode::from(code).row();
    (status.as_u16(), name)
}

/// An error on its way out.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Problem {
    pub(crate) code: ProblemCode,
    detail: String,
    faults: Vec<Fault>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
    #[source]
    source: Option<BoxError>,
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), faults: vec![], header: None, source: None }
    }

    /// The input breaks these rules.
    pub(crate) fn invalid(faults: Faults) -> Self {
        let detail = match (faults.count, faults.listed.len()) {
            (1, _) => "1 field is wrong".to_owned(),
            (count, listed) if count > listed => format!("{count} fields are wrong; the first {listed} are listed"),
            (count, _) => format!("{count} fields are wrong"),
        };
        Self::new(ProblemCode::ValidationFailed, detail).with_faults(faults.listed)
    }

    pub(crate) fn with_faults(self, faults: Vec<Fault>) -> Self {
        Self { faults, ..self }
    }

    pub(crate) fn internal(source: impl Into<BoxError>) -> Self {
        Self { source: Some(source.into()), ..Self::new(ProblemCode::Internal, "an internal error occurred") }
    }

    pub(crate) fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some(Box::new((name, value))), ..self }
    }

    /// Whether the same request may well succeed in a moment.
    pub(crate) fn is_for_now(&self) -> bool {
        self.code == ProblemCode::Unavailable
    }

    /// The same, if its status is one of these; else the nearest of them, with this one as the cause for the log.
    pub(crate) fn into_one_of(self, statuses: &[u16]) -> Self {
        if statuses.contains(&self.code.status().as_u16()) {
            self
        } else if statuses.contains(&ProblemCode::Unavailable.status().as_u16()) {
            let detail = "the request cannot be answered now; try again later";
            Self { source: Some(Box::new(self)), ..Self::new(ProblemCode::Unavailable, detail) }
        } else {
            Self::internal(self)
        }
    }

    /// What an error of the framework says to a client.
    pub(crate) fn of_framework(error: poem::Error) -> Self {
        if let Some(broken) = BodyError::find(&error) {
            return Self::new(ProblemCode::of_status(broken.status()), broken.to_string());
        }
        let error = match error.downcast::<Self>() {
            Ok(problem) => return problem,
            Err(error) => error,
        };
        let code = ProblemCode::of_status(error.status());
        let detail = if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
            return Self::new(ProblemCode::NotFound, "there is nothing at this path");
        } else if error.is::<MethodNotAllowedError>() {
            "this path has other methods".to_owned()
        } else if error.is::<ContentTypeError>() {
            "send a body of a media type that this operation reads; the document lists them".to_owned()
        } else if let Some(ParseParamError { name, .. }) = error.downcast_ref() {
            format!("the parameter `{name}` cannot be read")
        } else if error.is::<ReadBodyError>() {
            "the body could not be read to its end".to_owned()
        } else if code.status().is_server_error() {
            return Self { code, ..Self::internal(error) };
        } else {
            "the request cannot be read".to_owned()
        };
        Self::new(code, detail)
    }

    /// The answer; `base` is the path of the public URL. What lies underneath goes to the log, never into the answer.
    pub(crate) fn into_response(self, request_id: &str, base: &str) -> Response {
        let (name, status, _) = self.code.row();
        // What is refused while too much waits is told to the log once, where it begins.
        if status.is_server_error() && self.code != ProblemCode::TooMuchWaiting {
            let cause = self.source.as_deref().map(|source| chain(source)).unwrap_or_default();
            tracing::error!(request_id, code = name, cause, "{}", self.detail);
        }
        let body = Document::new(base, self.code, self.detail, request_id, self.faults).to_json();
        let mut response = Response::builder()
            .status(status)
            .content_type(CONTENT_TYPE)
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::CACHE_CONTROL, "no-store")
            .body(Body::from_vec(body));
        match self.code {
            ProblemCode::Unavailable | ProblemCode::TooMuchWaiting => {
                drop(response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER));
            }
            ProblemCode::RequestInProgress => drop(response.headers_mut().insert(header::RETRY_AFTER, SOON)),
            _ => {}
        }
        if let Some((name, value)) = self.header.map(|header| *header) {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.code.status()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let Error { code, detail, faults, current, source } = error;
        let etag = current.and_then(|(revision, version)| HeaderValue::try_from(etag::of(revision, version)).ok());
        let header = etag.map(|etag| Box::new((header::ETAG, etag)));
        Self { code: code.into(), detail, faults, header, source }
    }
}

/// An error and everything beneath it, on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

/// A client's text in a detail: its beginning, with everything odd escaped.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(QUOTED).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn every_error_of_the_application_has_its_status() {
        let map = ErrorCode::ALL.into_iter().fold(String::new(), |mut map, code| {
            let (status, name) = status_of(code);
            let _ = writeln!(map, "{code:?} -> {status} {name}");
            map
        });
        print!("{map}");
        insta::assert_snapshot!(map);
    }

    #[test]
    fn a_code_has_one_name() {
        for code in ErrorCode::ALL.map(ProblemCode::from) {
            assert_eq!(serde_json::to_value(code).unwrap(), code.row().0);
        }
    }

    #[tokio::test]
    async fn what_lies_underneath_stays_inside() {
        let error = Error::new(ErrorCode::Unavailable, "try again later").caused_by("password=hunter2");
        let response = Problem::from(error).into_response("r-1", "");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.header("retry-after"), Some("5"));
        let body = response.into_body().into_string().await.unwrap();
        assert!(!body.contains("hunter2") && body.contains("try again later"), "{body}");
    }

    #[test]
    fn a_status_that_was_not_announced_becomes_the_nearest_that_was() {
        let conflict = || Problem::from(Error::new(ErrorCode::Conflict, "changed").caused_by("the row moved"));
        assert_eq!(conflict().into_one_of(&[404, 409]).code, ProblemCode::Conflict);
        assert_eq!(conflict().into_one_of(&[400, 500]).code, ProblemCode::Internal);
        let mapped = conflict().into_one_of(&[400, 500, 503]);
        assert_eq!(mapped.code, ProblemCode::Unavailable);
        assert!(chain(&mapped).ends_with("changed: the row moved"), "{}", chain(&mapped));
    }

    #[test]
    fn a_status_of_the_framework_keeps_its_class() {
        for (status, code) in [(404, "not_found"), (418, "invalid_request"), (502, "internal"), (503, "unavailable")] {
            let error = poem::Error::from_status(StatusCode::from_u16(status).unwrap());
            assert_eq!(Problem::of_framework(error).code.row().0, code);
        }
    }
}

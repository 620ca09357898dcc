//! Images as clients see them.

use crate::links::Links;
use crate::products::Product;
use crate::schema::{Instant, Link, UuidText};
use poem_openapi::{Enum, Object};
use serde::Serialize;
use wareroom_application as application;
use wareroom_domain::{self as domain, ImageState, Setback};

/// An image of a product.
#[derive(Object, Serialize)]
pub(crate) struct Image {
    /// Identity.
    id: UuidText,
    /// Its place among the product's images, 0 the first.
    position: u32,
    /// What it shows, in words.
    #[oai(nullable, validator(max_length = 1024))]
    alt: Option<String>,
    /// Where it came from.
    source: ImageSource,
    /// How far the pipeline is with it.
    status: ImageStatus,
    /// Attempts so far.
    attempts: u32,
    /// Not before this, while it waits after a failed attempt.
    #[oai(nullable)]
    next_attempt_at: Option<Instant>,
    /// Why it failed or, while it is pending, why its last attempt did.
    #[oai(nullable)]
    error: Option<ImageError>,
    /// The source's width in pixels, once it is known.
    #[oai(nullable)]
    width: Option<u32>,
    /// The source's height in pixels, once it is known.
    #[oai(nullable)]
    height: Option<u32>,
    /// What it was made into.
    #[oai(validator(max_items = 100))]
    renditions: Vec<Rendition>,
}

/// Where an image came from.
#[derive(Object, Serialize)]
struct ImageSource {
    /// How it came.
    kind: SourceKind,
    /// Where it was fetched from, if it was.
    #[oai(nullable)]
    url: Option<Link>,
    /// What the file was called on the client's side.
    #[oai(nullable, validator(max_length = 255))]
    filename: Option<String>,
    /// The media type that the bytes themselves show.
    #[oai(nullable, validator(max_length = 255))]
    content_type: Option<String>,
    /// Size in bytes.
    #[oai(nullable)]
    bytes: Option<u64>,
    /// The hash of the bytes.
    #[oai(nullable, validator(max_length = 64, pattern = "^[0-9a-f]{64}$"))]
    sha256: Option<String>,
}

/// How an image came.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum SourceKind {
    Url,
    Upload,
    Base64,
}

/// How far the pipeline is with an image.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum ImageStatus {
    Pending,
    Processing,
    Ready,
    Failed,
}

/// Why an image failed.
#[derive(Object, Serialize)]
struct ImageError {
    /// The reason, for programs.
    code: ImageErrorCode,
    /// What its owner can do.
    #[oai(validator(max_length = 1024))]
    detail: String,
    /// Whether asking again may help.
    retryable: bool,
}

/// Why an image failed, for programs.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageErrorCode {
    #[oai(rename = "http_404")]
    #[serde(rename = "http_404")]
    Http404,
    #[oai(rename = "http_4xx")]
    #[serde(rename = "http_4xx")]
    Http4xx,
    HttpBusy,
    #[oai(rename = "http_5xx")]
    #[serde(rename = "http_5xx")]
    Http5xx,
    Dns,
    Unreachable,
    Timeout,
    BlockedAddress,
    TooManyRedirects,
    TooLarge,
    TooManyPixels,
    NotAnImage,
    UnsupportedImage,
    Truncated,
    Damaged,
    SourceMissing,
    CodecCrashed,
    CodecTimeout,
    Poison,
}

impl From<domain::Reason> for ImageErrorCode {
    fn from(reason: domain::Reason) -> Self {
        use domain::Reason;
        match reason {
            Reason::Http404 => Self::Http404,
            Reason::Http4xx => Self::Http4xx,
            Reason::HttpBusy => Self::HttpBusy,
            Reason::Http5xx => Self::Http5xx,
            Reason::Dns => Self::Dns,
            Reason::Unreachable => Self::Unreachable,
            Reason::Timeout => Self::Timeout,
            Reason::BlockedAddress => Self::BlockedAddress,
            Reason::TooManyRedirects => Self::TooManyRedirects,
            Reason::TooLarge => Self::TooLarge,
            Reason::TooManyPixels => Self::TooManyPixels,
            Reason::NotAnImage => Self::NotAnImage,
            Reason::UnsupportedImage => Self::UnsupportedImage,
            Reason::Truncated => Self::Truncated,
            Reason::Damaged => Self::Damaged,
            Reason::SourceMissing => Self::SourceMissing,
            Reason::CodecCrashed => Self::CodecCrashed,
            Reason::CodecTimeout => Self::CodecTimeout,
            Reason::Poison => Self::Poison,
        }
    }
}

/// What an image was made into.
#[derive(Object, Serialize)]
struct Rendition {
    /// Which one, such as `main`.
    #[oai(validator(max_length = 64))]
    name: String,
    /// How it is written.
    format: RenditionFormat,
    /// Width in pixels.
    width: u32,
    /// Height in pixels.
    height: u32,
    /// Size in bytes.
    bytes: u64,
    /// Where it is, for good.
    url: Link,
}

/// How a rendition is written.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum RenditionFormat {
    Jpeg,
    Webp,
}

/// An answer with an image.
#[derive(Object, Serialize)]
pub(crate) struct ImageAnswer {
    data: Image,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl ImageAnswer {
    pub(crate) fn new(found: &application::FoundImage, links: &Links) -> Self {
        let place = u32::try_from(found.place).unwrap_or(u32::MAX);
        Self { data: Image::new(&found.image, place, links), message: "Image found".to_owned() }
    }
}

/// An answer with a product that was given images.
#[derive(Object, Serialize)]
pub(crate) struct AddedImages {
    data: Product,
    /// The ids of the new images, in the order that they were sent in.
    #[oai(validator(max_items = 1000))]
    added: Vec<UuidText>,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl AddedImages {
    pub(crate) fn new(added: &application::AddedImages, links: &Links) -> Self {
        Self {
            data: Product::new(&added.view, links),
            added: added.added.iter().map(|id| UuidText(id.to_string())).collect(),
            message: "Images accepted".to_owned(),
        }
    }
}

impl Image {
    /// The image at that place among the product's images: what the store numbers them with may have gaps.
    pub(crate) fn new(image: &domain::Image, place: u32, links: &Links) -> Self {
        let (mut next_attempt_at, mut error, mut size, mut made) = (None, None, None, vec![]);
        let status = match &image.state {
            ImageState::Pending { setback } => {
                if let Some(Setback { failure, next_attempt_at: next }) = setback {
                    next_attempt_at = Some(Instant(next.to_string()));
                    error = Some(ImageError::from(failure));
                }
                ImageStatus::Pending
            }
            ImageState::Processing => ImageStatus::Processing,
            ImageState::Ready { width, height, renditions } => {
                size = Some((*width, *height));
                made = renditions.iter().map(|rendition| Rendition::new(rendition, links)).collect();
                ImageStatus::Ready
            }
            ImageState::Failed(failure) => {
                error = Some(ImageError::from(failure));
                ImageStatus::Failed
            }
        };
        Self {
            id: UuidText(image.id.to_string()),
            position: place,
            alt: image.alt.as_ref().map(ToString::to_string),
            source: ImageSource::from(&image.source),
            status,
            attempts: image.attempts.0,
            next_attempt_at,
            error,
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            renditions: made,
        }
    }
}

impl From<&domain::Source> for ImageSource {
    fn from(source: &domain::Source) -> Self {
        let (kind, filename) = match source {
            domain::Source::Upload { via: domain::Via::Form, filename, .. } => (SourceKind::Upload, filename.as_ref()),
            domain::Source::Upload { via: domain::Via::Base64, filename, .. } => {
                (SourceKind::Base64, filename.as_ref())
            }
            domain::Source::Url { .. } => (SourceKind::Url, None),
        };
        let content = source.content();
        Self {
            kind,
            url: source.url().map(|url| Link(url.to_string())),
            filename: filename.map(ToString::to_string),
            content_type: content.map(|content| content.content_type.clone()),
            bytes: content.map(|content| content.bytes),
            sha256: content.map(|content| content.sha256.to_string()),
        }
    }
}

impl From<&domain::Failure> for ImageError {
    fn from(failure: &domain::Failure) -> Self {
        Self { code: failure.reason.into(), detail: failure.detail.clone(), retryable: failure.reason.retryable() }
    }
}

impl Rendition {
    fn new(rendition: &domain::Rendition, links: &Links) -> Self {
        Self {
            name: rendition.name.clone(),
            format: match rendition.format {
                domain::Format::Jpeg => RenditionFormat::Jpeg,
                domain::Format::WebP => RenditionFormat::Webp,
            },
            width: rendition.width,
            height: rendition.height,
            bytes: rendition.bytes,
            url: Link(links.rendition(rendition)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_the_same_code_everywhere() {
        for reason in domain::Reason::ALL {
            assert_eq!(serde_json::to_value(ImageErrorCode::from(reason)).unwrap(), reason.code());
        }
    }
}

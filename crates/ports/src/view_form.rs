//! A product's view as bytes, for shared caches and for the results of requests that may come again: a byte that names the
//! form, then the form in postcard.
//!
//! The form is written out here, apart from the domain, which has no serialisation: a field that moves there does not
//! silently change what older releases read. Whoever changes the form changes its number. Bytes of another form, or damaged
//! ones, are no error: they are none.

use crate::ProductView;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wareroom_domain::{
    AltText, Attempts, Content, Description, Failure, Fence, FileName, Format, Image, ImageId, ImageOwner, ImageState,
    ImageUrl, Price, Product, ProductId, ProductName, Reason, Rendition, Revision, Setback, Sha256, Source, UserId,
    Version, Via,
};

/// The form that is written, and the only one that is read.
const FORM: u8 = 3;

/// The bytes of a view; `None` when there is no form for it.
pub fn encode_view(view: &ProductView) -> Option<Bytes> {
    postcard::to_extend(&ViewForm::of(view), vec![FORM]).ok().map(Bytes::from)
}

/// The view in those bytes, every part of it checked again.
pub fn decode_view(bytes: &[u8]) -> Option<ProductView> {
    let (form, body) = bytes.split_first()?;
    if *form != FORM {
        return None;
    }
    let (view, rest) = postcard::take_from_bytes::<ViewForm<'_>>(body).ok()?;
    if rest.is_empty() { view.view() } else { None }
}

/// Nanoseconds since 1970.
type Instant = i128;

#[derive(Serialize, Deserialize)]
struct ViewForm<'a> {
    id: i64,
    owner: i64,
    #[serde(borrow)]
    name: &'a str,
    description: &'a str,
    price: u64,
    revision: u64,
    version: u64,
    created_at: Instant,
    updated_at: Instant,
    #[serde(borrow)]
    images: Vec<ImageForm<'a>>,
}

#[derive(Serialize, Deserialize)]
struct ImageForm<'a> {
    id: [u8; 16],
    owner: OwnerForm,
    position: u32,
    alt: Option<&'a str>,
    #[serde(borrow)]
    source: SourceForm<'a>,
    #[serde(borrow)]
    state: StateForm<'a>,
    attempts: u32,
    fence: u64,
    created_at: Instant,
}

#[derive(Serialize, Deserialize)]
enum OwnerForm {
    Product(i64),
}

#[derive(Serialize, Deserialize)]
enum SourceForm<'a> {
    Upload {
        via: ViaForm,
        filename: Option<&'a str>,
        #[serde(borrow)]
        content: ContentForm<'a>,
    },
    Url {
        url: &'a str,
        #[serde(borrow)]
        content: Option<ContentForm<'a>>,
    },
}

#[derive(Serialize, Deserialize)]
enum ViaForm {
    Form,
    Base64,
}

#[derive(Serialize, Deserialize)]
struct ContentForm<'a> {
    content_type: &'a str,
    bytes: u64,
    sha256: [u8; 32],
}

#[derive(Serialize, Deserialize)]
enum StateForm<'a> {
    Pending {
        #[serde(borrow)]
        setback: Option<SetbackForm<'a>>,
    },
    Processing,
    Ready {
        width: u32,
        height: u32,
        #[serde(borrow)]
        renditions: Vec<RenditionForm<'a>>,
    },
    Failed {
        #[serde(borrow)]
        failure: FailureForm<'a>,
    },
}

#[derive(Serialize, Deserialize)]
struct SetbackForm<'a> {
    #[serde(borrow)]
    failure: FailureForm<'a>,
    next_attempt_at: Instant,
}

#[derive(Serialize, Deserialize)]
struct FailureForm<'a> {
    reason: &'a str,
    detail: &'a str,
}

#[derive(Serialize, Deserialize)]
struct RenditionForm<'a> {
    name: &'a str,
    format: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
    // Keys have a text that leads back, so none is written out here.
    key: String,
}

fn instant(nanoseconds: Instant) -> Option<Timestamp> {
    Timestamp::from_nanosecond(nanoseconds).ok()
}

impl<'a> ViewForm<'a> {
    fn of(view: &'a ProductView) -> Self {
        let Product { id, owner, name, description, price, revision, version, created_at, updated_at } = &view.product;
        Self {
            id: id.get(),
            owner: owner.get(),
            name: name.as_str(),
            description: description.as_str(),
            price: price.hundredths(),
            revision: revision.0,
            version: version.0,
            created_at: created_at.as_nanosecond(),
            updated_at: updated_at.as_nanosecond(),
            images: view.images.iter().map(ImageForm::of).collect(),
        }
    }

    fn view(self) -> Option<ProductView> {
        let product = Product {
            id: ProductId::new(self.id).ok()?,
            owner: UserId::new(self.owner).ok()?,
            name: ProductName::new(self.name).ok()?,
            description: Description::new(self.description).ok()?,
            price: Price::from_hundredths(self.price).ok()?,
            revision: Revision(self.revision),
            version: Version(self.version),
            created_at: instant(self.created_at)?,
            updated_at: instant(self.updated_at)?,
        };
        let images = self.images.into_iter().map(ImageForm::image).collect::<Option<_>>()?;
        Some(ProductView { product, images })
    }
}

impl<'a> ImageForm<'a> {
    fn of(image: &'a Image) -> Self {
        let Image { id, owner, position, alt, source, state, attempts, fence, created_at } = image;
        Self {
            id: id.0.into_bytes(),
            owner: match owner {
                ImageOwner::Product(id) => OwnerForm::Product(id.get()),
            },
            position: *position,
            alt: alt.as_ref().map(AltText::as_str),
            source: SourceForm::of(source),
            state: StateForm::of(state),
            attempts: attempts.0,
            fence: fence.0,
            created_at: created_at.as_nanosecond(),
        }
    }

    fn image(self) -> Option<Image> {
        Some(Image {
            id: ImageId(Uuid::from_bytes(self.id)),
            owner: match self.owner {
                OwnerForm::Product(id) => ImageOwner::Product(ProductId::new(id).ok()?),
            },
            position: self.position,
            alt: self.alt.map(AltText::new).transpose().ok()?,
            source: self.source.source()?,
            state: self.state.state()?,
            attempts: Attempts(self.attempts),
            fence: Fence(self.fence),
            created_at: instant(self.created_at)?,
        })
    }
}

impl<'a> SourceForm<'a> {
    fn of(source: &'a Source) -> Self {
        match source {
            Source::Upload { via, filename, content } => {
                let filename = filename.as_ref().map(FileName::as_str);
                Self::Upload { via: ViaForm::of(*via), filename, content: ContentForm::of(content) }
            }
            Source::Url { url, content } => {
                Self::Url { url: url.as_str(), content: content.as_ref().map(ContentForm::of) }
            }
        }
    }

    fn source(self) -> Option<Source> {
        Some(match self {
            Self::Upload { via, filename, content } => {
                let filename = filename.map(FileName::new).transpose().ok()?;
                Source::Upload { via: via.via(), filename, content: content.content() }
            }
            Self::Url { url, content } => {
                Source::Url { url: ImageUrl::new(url).ok()?, content: content.map(ContentForm::content) }
            }
        })
    }
}

impl ViaForm {
    const fn of(via: Via) -> Self {
        match via {
            Via::Form => Self::Form,
            Via::Base64 => Self::Base64,
        }
    }

    const fn via(self) -> Via {
        match self {
            Self::Form => Via::Form,
            Self::Base64 => Via::Base64,
        }
    }
}

impl<'a> ContentForm<'a> {
    fn of(content: &'a Content) -> Self {
        let Content { content_type, bytes, sha256 } = content;
        Self { content_type, bytes: *bytes, sha256: sha256.0 }
    }

    fn content(self) -> Content {
        Content { content_type: self.content_type.to_owned(), bytes: self.bytes, sha256: Sha256(self.sha256) }
    }
}

impl<'a> FailureForm<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self { reason: failure.reason.code(), detail: &failure.detail }
    }

    fn failure(self) -> Option<Failure> {
        Some(Failure { reason: Reason::from_code(self.reason)?, detail: self.detail.to_owned() })
    }
}

impl<'a> SetbackForm<'a> {
    fn of(setback: &'a Setback) -> Self {
        let failure = FailureForm::of(&setback.failure);
        Self { failure, next_attempt_at: setback.next_attempt_at.as_nanosecond() }
    }

    fn setback(self) -> Option<Setback> {
        Some(Setback { failure: self.failure.failure()?, next_attempt_at: instant(self.next_attempt_at)? })
    }
}

impl<'a> StateForm<'a> {
    fn of(state: &'a ImageState) -> Self {
        match state {
            ImageState::Pending { setback } => Self::Pending { setback: setback.as_ref().map(SetbackForm::of) },
            ImageState::Processing => Self::Processing,
            ImageState::Ready { width, height, renditions } => {
                let renditions = renditions.iter().map(RenditionForm::of).collect();
                Self::Ready { width: *width, height: *height, renditions }
            }
            ImageState::Failed(failure) => Self::Failed { failure: FailureForm::of(failure) },
        }
    }

    fn state(self) -> Option<ImageState> {
        Some(match self {
            Self::Pending { setback: None } => ImageState::Pending { setback: None },
            Self::Pending { setback: Some(setback) } => ImageState::Pending { setback: Some(setback.setback()?) },
            Self::Processing => ImageState::Processing,
            Self::Ready { width, height, renditions } => {
                let renditions = renditions.into_iter().map(RenditionForm::rendition).collect::<Option<_>>()?;
                ImageState::Ready { width, height, renditions }
            }
            Self::Failed { failure } => ImageState::Failed(failure.failure()?),
        })
    }
}

impl<'a> RenditionForm<'a> {
    fn of(rendition: &'a Rendition) -> Self {
        let Rendition { name, format, width, height, bytes, key } = rendition;
        let (width, height, bytes) = (*width, *height, *bytes);
        Self { name, format: format.as_str(), width, height, bytes, key: key.to_string() }
    }

    fn rendition(self) -> Option<Rendition> {
        Some(Rendition {
            name: self.name.to_owned(),
            format: Format::from_name(self.format)?,
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            key: self.key.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests;

//! One image of a product: read, replaced, edited, removed, tried again.

use super::body::{ImageBody, ReadImages};
use super::form::{FileCount, FormLimits};
use super::{ImageAnswer, ImagesApi};
use crate::context::Asked;
use crate::etag;
use crate::faults::Faults;
use crate::fields::Fields;
use crate::idempotency::Replayable;
use crate::payload::RawJson;
use crate::problem::Problem;
use crate::products::{CACHE_CONTROL, Deleted, EditedProduct, ProductAnswer, cache_status};
use crate::schema::path_parameter;
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, Object, types::Example};
use serde_json::{Map, Value};
use wareroom_application::{DeleteImage, EditImage, ImageEdit, NewSource, Precondition, ReplaceImage, RetryImage};
use wareroom_domain::{AltText, ImageId, ProductId};

path_parameter! {
    /// The id of an image in a path.
    ImageIdParameter(ImageId): MetaSchema {
        max_length: Some(36),
        ..MetaSchema::new_with_format("string", "uuid")
    },
    image_id
}

/// An id as answers write it, in capitals or not.
fn image_id(text: &str) -> Result<ImageId, &'static str> {
    let id = text.parse::<ImageId>().ok().filter(|id| id.to_string().eq_ignore_ascii_case(text));
    id.ok_or("an image's id is a UUID")
}

/// What only the server sets.
const SERVER_OWNED: [&str; 9] =
    ["id", "source", "status", "attempts", "next_attempt_at", "error", "width", "height", "renditions"];

/// What is to be changed about an image: what is left out stays as it is.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ImagePatch {
    /// What it shows, in words, on one line; `null` takes the words away.
    #[oai(nullable, validator(max_length = 1024, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"))]
    alt: Option<String>,
    /// Its place among the product's images, 0 the first; beyond the end is the end.
    #[oai(validator(minimum(value = "0"), maximum(value = "4294967295")))]
    position: Option<u32>,
}

impl Example for ImagePatch {
    fn example() -> Self {
        Self { alt: Some("A kettle, from the left".to_owned()), position: Some(0) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum FoundImage {
    /// The image.
    #[oai(status = 200)]
    Found(
        RawJson<ImageAnswer>,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// Who may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
        /// Where the answer came from.
        #[oai(header = "Cache-Status")]
        String,
        /// When to ask again, in seconds, while the image is pending or processing.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
    /// The product is as `If-None-Match` says.
    #[oai(status = 304)]
    NotModified(
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// Who may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
        /// Where the answer came from.
        #[oai(header = "Cache-Status")]
        String,
        /// When to ask again, in seconds, while the image is pending or processing.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum RetriedImage {
    /// The image is pending again.
    #[oai(status = 202)]
    Accepted(
        RawJson<ProductAnswer>,
        /// Identifies this state of the product.
        #[oai(header = "ETag")]
        String,
        /// When to look how far it is, in seconds.
        #[oai(header = "Retry-After")]
        u32,
    ),
}

impl ImagesApi {
    pub(super) async fn find(
        &self,
        asked: &Asked,
        product: ProductId,
        image: ImageId,
        if_none_match: Option<&str>,
    ) -> Result<FoundImage, Problem> {
        let found = self.application.get_image(&asked.0, product, image).await?;
        let etag = etag::of(found.view.product.revision, found.view.product.version);
        let (control, origin) = (CACHE_CONTROL.to_owned(), cache_status(found.origin).to_owned());
        let retry_after = (!found.image.state.settled()).then_some(1);
        if etag::none_match(if_none_match, &etag) {
            return Ok(FoundImage::NotModified(etag, control, origin, retry_after));
        }
        let body = RawJson::of(&ImageAnswer::new(&found, &self.links));
        Ok(FoundImage::Found(body, etag, control, origin, retry_after))
    }

    pub(super) async fn replace(
        &self,
        asked: &Asked,
        product: ProductId,
        image: ImageId,
        precondition: Precondition,
        body: ImageBody,
    ) -> Result<EditedProduct, Problem> {
        self.application.get_image(&asked.0, product, image).await?;
        let limits = FormLimits { file_bytes: self.application.settings().image_max_bytes, files: FileCount::One };
        let (source, memory) = match body.read(limits, &self.memory).await? {
            ReadImages::Url(url) => (NewSource::Url(url), None),
            ReadImages::Sent { via, files, memory } => {
                let file = files.into_iter().next().ok_or_else(nothing_sent)?;
                (NewSource::Upload { via, file }, Some(memory))
            }
        };
        let command = ReplaceImage { product, image, precondition, source };
        let view = self.application.replace_image(&asked.0, command).await?;
        drop(memory);
        Ok(EditedProduct::new(&view, &self.links, "Image replaced"))
    }

    pub(super) async fn patch(
        &self,
        asked: &Asked,
        product: ProductId,
        image: ImageId,
        precondition: Precondition,
        members: Map<String, Value>,
    ) -> Result<EditedProduct, Problem> {
        let command = EditImage { product, image, precondition, edit: edit(members)? };
        let view = self.application.edit_image(&asked.0, command).await?;
        Ok(EditedProduct::new(&view, &self.links, "Image updated"))
    }

    pub(super) async fn delete(
        &self,
        asked: &Asked,
        product: ProductId,
        image: ImageId,
        precondition: Precondition,
    ) -> Result<Deleted, Problem> {
        self.application.delete_image(&asked.0, DeleteImage { product, image, precondition }).await?;
        Ok(Deleted::Deleted)
    }

    pub(super) async fn retry(
        &self,
        asked: &Asked,
        product: ProductId,
        image: ImageId,
        precondition: Precondition,
    ) -> Result<Replayable<RetriedImage>, Problem> {
        let command = RetryImage { product, image, precondition };
        let retried = self.application.retry_image(&asked.0, command).await?;
        Ok(Replayable::of(retried, |view| {
            let etag = etag::of(view.product.revision, view.product.version);
            let answer = ProductAnswer::new(&view, &self.links, "Image is tried again");
            RetriedImage::Accepted(RawJson::of(&answer), etag, 1)
        }))
    }
}

fn nothing_sent() -> Problem {
    let mut faults = Faults::default();
    faults.add(|| "/file".to_owned(), "a file is needed");
    Problem::invalid(faults)
}

/// The edit that a merge patch asks for, or every fault of it.
fn edit(members: Map<String, Value>) -> Result<ImageEdit, Problem> {
    let mut fields = Fields::of(members);
    let alt = if fields.take_null("alt") {
        Some(Some(None))
    } else {
        fields.if_there("alt", |fields, field| fields.text(field, AltText::new).map(Some))
    };
    let position = fields.if_there("position", |fields, field| {
        let allowed = format!("must be from 0 to {}", u32::MAX);
        fields.integer(field, |number| u32::try_from(number).map_err(|_| allowed))
    });
    let edit = alt.zip(position).map(|(alt, position)| {
        let position = position.map(|position| usize::try_from(position).unwrap_or(usize::MAX));
        ImageEdit { alt, position }
    });
    fields.finish(&SERVER_OWNED, edit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(patch: &Value) -> Option<ImageEdit> {
        edit(patch.as_object().unwrap().clone()).ok()
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_takes_the_words_away() {
        let alt = |text: &str| Some(Some(AltText::new(text).unwrap()));
        for (patch, expected) in [
            (json!({}), ImageEdit::default()),
            (json!({"alt": null}), ImageEdit { alt: Some(None), position: None }),
            (json!({"alt": ""}), ImageEdit { alt: alt(""), position: None }),
            (json!({"alt": "a", "position": 3}), ImageEdit { alt: alt("a"), position: Some(3) }),
            (json!({"position": 4_294_967_295_u32}), ImageEdit { alt: None, position: Some(4_294_967_295) }),
        ] {
            assert_eq!(read(&patch), Some(expected), "{patch}");
        }
        for wrong in [
            json!({"alt": 7}),
            json!({"alt": "a\nb"}),
            json!({"position": null}),
            json!({"position": -1}),
            json!({"position": 1.5}),
            json!({"position": 4_294_967_296_u64}),
            json!({"status": "ready"}),
            json!({"colour": "red"}),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = "018f3a5e-7b1c-7000-8000-0000000000aa";
        assert!(image_id(id).is_ok() && image_id(&id.to_uppercase()).is_ok());
        for text in ["", "7", &id.replace('-', ""), &format!("{{{id}}}"), &format!("urn:uuid:{id}")] {
            assert!(image_id(text).is_err(), "{text}");
        }
    }
}

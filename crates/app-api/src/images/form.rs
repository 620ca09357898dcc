//! The multipart form that images are uploaded with.

use crate::fields::pointer;
use crate::payload::is_media_type;
use crate::problem::{Problem, ProblemCode};
use poem::web::{Field, Multipart};
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use tokio::io::AsyncReadExt;
use wareroom_application::{Fault, UploadedFile};
use wareroom_domain::FileName;

const SCHEMA: &str = "ImagesInput";

/// The one field that a form has.
const FILE: &str = "file";

/// As many faults as one answer lists.
const MOST_FAULTS: usize = 100;

/// How much of a form is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormLimits {
    /// The most bytes that one file may have.
    pub(crate) file_bytes: u64,
    /// The most files.
    pub(crate) files: usize,
}

/// A form with images that is still on its way.
pub(crate) struct ImagesForm(Multipart);

impl Payload for ImagesForm {
    const CONTENT_TYPE: &'static str = "multipart/form-data";

    fn check_content_type(content_type: &str) -> bool {
        is_media_type(content_type, Self::CONTENT_TYPE)
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(SCHEMA.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(SCHEMA.to_owned(), |_| {
            let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
            let file = MetaSchema { max_length: Some(20_000_000), ..MetaSchema::new_with_format("string", "binary") };
            let files = MetaSchema {
                description: Some("The images: JPEG, PNG or WebP. Repeat the part for each."),
                items: Some(Box::new(inline(file))),
                min_items: Some(1),
                max_items: Some(20),
                ..MetaSchema::new("array")
            };
            MetaSchema {
                description: Some("Images to be added to a product."),
                required: vec![FILE],
                properties: vec![(FILE, inline(files))],
                ..MetaSchema::new("object")
            }
        });
    }
}

impl ParsePayload for ImagesForm {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let form = Multipart::from_request(request, body).await;
        Ok(Self(form.map_err(|error| unreadable(&error))?))
    }
}

impl_apirequest_for_payload!(ImagesForm);

impl ImagesForm {
    /// Reads every file into memory, one byte beyond the limit at most: a file that is too large is refused by the use
    /// case, together with the faults of the others.
    pub(crate) async fn read(mut self, limits: FormLimits) -> Result<Vec<UploadedFile>, Problem> {
        let (mut files, mut faults) = (vec![], vec![]);
        while let Some(field) = self.0.next_field().await.map_err(|error| unreadable(&error))? {
            let name = field.name().unwrap_or_default();
            if name != FILE {
                faults.push(Fault { pointer: pointer(name), detail: "there is no such field".to_owned() });
                if faults.len() == MOST_FAULTS {
                    break;
                }
            } else if files.len() == limits.files {
                let detail = format!("at most {} files are accepted at once", limits.files);
                return Err(Problem::new(ProblemCode::TooManyImages, detail));
            } else {
                files.push(read_file(field, limits.file_bytes).await?);
            }
        }
        if faults.is_empty() { Ok(files) } else { Err(Problem::invalid(faults)) }
    }
}

async fn read_file(field: Field, limit: u64) -> Result<UploadedFile, Problem> {
    let filename = field.file_name().and_then(file_name);
    let mut bytes = vec![];
    let mut reader = field.into_async_read().take(limit.saturating_add(1));
    reader.read_to_end(&mut bytes).await.map_err(|error| unreadable(&error))?;
    Ok(UploadedFile { filename, bytes: bytes.into() })
}

/// The last part of what the client calls the file: some send whole paths.
fn file_name(text: &str) -> Option<FileName> {
    FileName::new(text.rsplit(['/', '\\']).next().unwrap_or_default()).ok()
}

fn unreadable(error: &dyn std::error::Error) -> Problem {
    tracing::debug!(%error, "a form could not be read");
    Problem::new(ProblemCode::InvalidRequest, "the form is not complete multipart/form-data with a boundary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_only_the_last_part_is_the_name() {
        let name = |text| file_name(text).map(|name| name.to_string());
        assert_eq!(name("kettle.jpg").as_deref(), Some("kettle.jpg"));
        assert_eq!(name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(name("C:\\photos\\kettle.jpg").as_deref(), Some("kettle.jpg"));
        for nameless in ["", "photos/", "a\0b", &"x".repeat(256)] {
            assert_eq!(name(nameless), None);
        }
    }
}

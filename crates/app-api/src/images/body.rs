//! The bodies that bring images: a form with files, or JSON with one image.

use super::form::{FormLimits, ImagesForm, ReadFiles};
use super::json::{Given, ImageJson};
use super::memory::{Share, UploadMemory};
use crate::problem::Problem;
use poem_openapi::ApiRequest;
use wareroom_application::UploadedFile;
use wareroom_domain::{ImageUrl, Via};

/// Images as they are sent.
#[derive(ApiRequest)]
pub(crate) enum ImageBody {
    /// One image: where it is, or its bytes.
    Json(ImageJson),
    /// Files.
    Form(ImagesForm),
}

/// Images as they were read.
pub(crate) enum ReadImages {
    /// One that is elsewhere.
    Url(ImageUrl),
    /// Those that were sent, and the memory that they take for as long as this lives.
    Sent {
        /// How they were sent.
        via: Via,
        /// The files.
        files: Vec<UploadedFile>,
        /// Their memory.
        memory: Share,
    },
}

impl ImageBody {
    pub(crate) async fn read(self, limits: FormLimits, memory: &UploadMemory) -> Result<ReadImages, Problem> {
        match self {
            Self::Form(form) => {
                let ReadFiles { files, memory } = form.read(limits, memory).await?;
                Ok(ReadImages::Sent { via: Via::Form, files, memory })
            }
            Self::Json(json) => match json.read(memory).await? {
                (Given::Url(url), _) => Ok(ReadImages::Url(url)),
                (Given::Bytes(bytes), memory) => {
                    let files = vec![UploadedFile { filename: None, bytes }];
                    Ok(ReadImages::Sent { via: Via::Base64, files, memory })
                }
            },
        }
    }
}

//! `/media`: renditions, the same for good.

mod answer;
mod range;

use crate::etag;
use crate::problem::{Problem, ProblemCode};
use crate::refusal::{ReadingRanges, Refusal};
use crate::routes::AskedByHead;
use crate::schema::{HeaderText, Tag, path_parameter};
use answer::RenditionAnswer;
use poem::Request;
use poem::http::{HeaderValue, header};
use poem_openapi::registry::MetaSchema;
use poem_openapi::{OpenApi, param::Path};
use range::AskedRange;
use std::ops::Range;
use std::sync::Arc;
use wareroom_application::Application;
use wareroom_domain::BlobKey;
use wareroom_ports::Blob;

path_parameter! {
    /// The name of a rendition in a path.
    MediaName(BlobKey): MetaSchema {
        max_length: Some(69),
        pattern: Some("^[0-9a-f]{64}\\.(jpg|webp)$".to_owned()),
        ..MetaSchema::new("string")
    },
    BlobKey::from_media_name
}

pub(crate) struct MediaApi {
    pub(crate) application: Arc<Application>,
}

#[OpenApi(tag = "Tag::Images")]
impl MediaApi {
    /// Get a rendition
    ///
    /// Whoever knows its name may have it: names cannot be guessed, and are given out with their product. Where the operator
    /// wants clients to get renditions from the bucket that they are kept in, a link to it is the answer (307).
    #[oai(path = "/media/:key", method = "get", operation_id = "get_rendition")]
    async fn get_rendition(
        &self,
        request: &Request,
        key: Path<MediaName>,
        #[oai(name = "If-None-Match")] if_none_match: HeaderText,
        #[oai(name = "If-Range")] if_range: HeaderText,
        #[oai(name = "Range")] range: HeaderText,
    ) -> Result<RenditionAnswer, Refusal<ReadingRanges>> {
        let key = key.0.0;
        let etag = answer::etag(&key);
        if etag::none_match(if_none_match.0.as_deref(), &etag) {
            self.blob(key, Some(0..0)).await?;
            return Ok(RenditionAnswer::not_modified(&etag));
        }
        // A link is signed for GET alone, and what HEAD asks for is as well told here.
        if request.data::<AskedByHead>().is_none()
            && let Some(link) = self.application.link_to_rendition(key).await.map_err(Problem::from)?
        {
            return Ok(RenditionAnswer::elsewhere(&link)?);
        }
        let applies = if_range.0.is_none_or(|validator| validator == etag);
        let Some(asked) = range.0.as_deref().filter(|_| applies).and_then(AskedRange::read) else {
            return Ok(RenditionAnswer::whole(self.blob(key, None).await?, &etag));
        };
        let blob = match asked {
            AskedRange::Within(range) => self.blob(key, Some(range)).await?,
            AskedRange::Last(length) => {
                let size = self.blob(key, Some(0..0)).await?.meta.bytes;
                self.blob(key, Some(size.saturating_sub(length)..size)).await?
            }
        };
        if blob.range.is_empty() {
            return Err(beyond_the_end(blob.meta.bytes).into());
        }
        Ok(RenditionAnswer::part(blob, &etag))
    }
}

impl MediaApi {
    async fn blob(&self, key: BlobKey, range: Option<Range<u64>>) -> Result<Blob, Problem> {
        Ok(self.application.get_rendition(key, range).await?)
    }
}

fn beyond_the_end(size: u64) -> Problem {
    let range = HeaderValue::from_str(&format!("bytes */{size}")).unwrap_or(HeaderValue::from_static("bytes */0"));
    Problem::new(ProblemCode::RangeNotSatisfiable, format!("the rendition has {size} bytes"))
        .with_header(header::CONTENT_RANGE, range)
}

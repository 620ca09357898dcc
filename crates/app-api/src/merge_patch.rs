//! Bodies that say what is to be changed: JSON merge patches (RFC 7396), by their own media type or as plain JSON.

use crate::content::MERGE_PATCH;
use crate::payload::JsonObject;
use poem::{Request, RequestBody, Result};
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// The members of a merge patch that is described as a `T`: what is absent stays as it is, `null` takes away.
pub(crate) struct MergePatch<T>(pub(crate) Map<String, Value>, PhantomData<fn() -> T>);

impl<'a, T: Type> ApiExtractor<'a> for MergePatch<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();

    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = |content_type| MetaMediaType { content_type, schema: T::schema_ref() };
        let content = vec![content(MERGE_PATCH), content(<JsonObject<T> as Payload>::CONTENT_TYPE)];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
        let members = <JsonObject<T> as ParsePayload>::from_request(request, body).await?;
        Ok(Self(members.into_members(), PhantomData))
    }
}

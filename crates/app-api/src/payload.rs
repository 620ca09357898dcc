//! JSON bodies: described in the document by a type, handled as what they are on the wire.

use crate::problem::{Problem, ProblemCode, quoted};
use bytes::Bytes;
use poem::http::header::CONTENT_LENGTH;
use poem::{Body, IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, impl_apirequest_for_payload, types::Type};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::marker::PhantomData;

const JSON: &str = "application/json";

/// Whether a `Content-Type` names this media type, whatever its parameters.
pub(crate) fn is_media_type(content_type: &str, expected: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}

/// The members of a JSON object that is described as a `T`. Read them with [`Fields`](crate::fields::Fields), which
/// finds every fault at once; the framework would stop at the first.
pub(crate) struct JsonObject<T>(pub(crate) Map<String, Value>, PhantomData<fn() -> T>);

impl<T> JsonObject<T> {
    /// For tests: members as they come from a body.
    #[cfg(test)]
    pub(crate) fn of(members: Map<String, Value>) -> Self {
        Self(members, PhantomData)
    }

    /// The members alone.
    pub(crate) fn into_members(self) -> Map<String, Value> {
        self.0
    }
}

impl<T: Type> Payload for JsonObject<T> {
    const CONTENT_TYPE: &'static str = JSON;

    fn check_content_type(content_type: &str) -> bool {
        is_media_type(content_type, JSON)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type> ParsePayload for JsonObject<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(_: &Request, body: &mut RequestBody) -> Result<Self> {
        let bytes = body.take()?.into_bytes().await?;
        match serde_json::from_slice(&bytes) {
            Ok(Members { found, twice: None }) => Ok(Self(found, PhantomData)),
            Ok(Members { twice: Some(name), .. }) => Err(there_twice(&name).into()),
            Err(error) => Err(no_object(&error).into()),
        }
    }
}

impl_apirequest_for_payload!(JsonObject<T>, T: Type);

/// The members of an object. One that is there twice, in it or in an object within, is noted: readers of JSON differ in which
/// of the two they keep.
#[derive(Default)]
struct Members {
    found: Map<String, Value>,
    twice: Option<String>,
}

/// Any value, likewise.
struct Whole {
    value: Value,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some((name, Whole { value, twice })) = access.next_entry::<String, Whole>()? {
            members.twice = members.twice.or(twice);
            if members.found.contains_key(&name) {
                members.twice.get_or_insert_with(|| name.clone());
            }
            members.found.insert(name, value);
        }
        Ok(members)
    }
}

struct WholeVisitor;

impl WholeVisitor {
    #[expect(clippy::unnecessary_wraps, reason = "what a visitor answers")]
    fn plain<E>(value: impl Into<Value>) -> Result<Whole, E> {
        Ok(Whole { value: value.into(), twice: None })
    }
}

impl<'de> Visitor<'de> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Whole, E> {
        Self::plain(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_string<E>(self, value: String) -> Result<Whole, E> {
        Self::plain(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Whole, A::Error> {
        let (mut values, mut noted) = (vec![], None);
        while let Some(Whole { value, twice }) = access.next_element()? {
            values.push(value);
            noted = noted.or(twice);
        }
        Ok(Whole { value: Value::Array(values), twice: noted })
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Whole, A::Error> {
        let Members { found, twice } = MembersVisitor.visit_map(access)?;
        Ok(Whole { value: Value::Object(found), twice })
    }
}

/// Why a body is no JSON object. A number that no double holds is JSON all the same, and only the message tells.
pub(crate) fn no_object(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        return unreadable("the body is not a JSON object");
    }
    unreadable(match error.to_string().strip_prefix("number out of range") {
        Some(place) => format!("a number in the body is out of range{place}"),
        None => format!("the body is not valid JSON: {error}"),
    })
}

/// A field is there twice, and readers of JSON differ in which of the two they keep.
pub(crate) fn there_twice(name: &str) -> Problem {
    unreadable(format!("the body has the field {} twice", quoted(name)))
}

/// A body that cannot be read at all.
pub(crate) fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail)
}

/// JSON that was written before, described as a `T`.
pub(crate) struct RawJson<T>(Bytes, PhantomData<fn() -> T>);

impl<T> RawJson<T> {
    /// Bytes that [`render`] made of a `T`.
    pub(crate) fn kept(bytes: Bytes) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<T: Serialize> RawJson<T> {
    pub(crate) fn of(value: &T) -> Self {
        Self::kept(render(value))
    }
}

/// A value as JSON.
#[expect(clippy::expect_used, reason = "answers are plain structs whose keys are strings: they always serialise")]
pub(crate) fn render<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("an answer serialises").into()
}

impl<T: Type> Payload for RawJson<T> {
    const CONTENT_TYPE: &'static str = JSON;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Send> IntoResponse for RawJson<T> {
    fn into_response(self) -> Response {
        let length = self.0.len();
        Response::builder().content_type(JSON).header(CONTENT_LENGTH, length).body(Body::from_bytes(self.0))
    }
}

impl<T: Type> ApiResponse for RawJson<T> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        let response =
            MetaResponse { description: "", status: Some(200), status_range: None, content, headers: vec![] };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

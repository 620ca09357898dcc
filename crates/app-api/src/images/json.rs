//! JSON that says where an image is, or brings it along. Read piece by piece and into as little as it takes: such a body may
//! be large, and what is no image in it must not become larger still.

use super::memory::{Share, UploadMemory};
use crate::faults::{Faults, pointer};
use crate::payload::{is_media_type, no_object, there_twice, unreadable};
use crate::problem::Problem;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use poem::{Body, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::json;
use std::fmt;
use std::pin::pin;
use tokio::io::AsyncReadExt;
use tokio::task::spawn_blocking;
use wareroom_domain::ImageUrl;

const SCHEMA: &str = "ImageInput";
const JSON: &str = "application/json";

/// The room that a body is given at first, in bytes.
const FIRST_ROOM: usize = 4 * 1024;

/// What takes longer to read than others should wait for, in bytes.
const READ_AT_ONCE: usize = 256 * 1024;

/// The usual alphabet; what stands at the end to fill up may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A JSON body with an image that is still on its way.
pub(crate) struct ImageJson(Body);

/// What a body says of an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Where it is.
    Url(ImageUrl),
    /// Its bytes.
    Bytes(Bytes),
}

impl Payload for ImageJson {
    const CONTENT_TYPE: &'static str = JSON;

    fn check_content_type(content_type: &str) -> bool {
        is_media_type(content_type, JSON)
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(SCHEMA.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(SCHEMA.to_owned(), |_| {
            let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
            let url = MetaSchema {
                description: Some("Where it is: `http` or `https`."),
                max_length: Some(ImageUrl::MAX),
                pattern: Some(r"^[Hh][Tt][Tt][Pp][Ss]?://".to_owned()),
                ..MetaSchema::new("string")
            };
            let base64 = MetaSchema {
                description: Some("Its bytes: a JPEG, PNG, WebP or GIF in base64, or a data: URL with that."),
                max_length: Some(28 * 1024 * 1024),
                pattern: Some(r"^([Dd][Aa][Tt][Aa]:[^,]*,)?[A-Za-z0-9+/]*={0,2}$".to_owned()),
                ..MetaSchema::new("string")
            };
            MetaSchema {
                description: Some("An image: where it is, or its bytes."),
                properties: vec![("url", inline(url)), ("base64", inline(base64))],
                min_properties: Some(1),
                max_properties: Some(1),
                example: Some(json!({"url": "https://images.example/kettle.jpg"})),
                ..MetaSchema::new("object")
            }
        });
    }
}

impl ParsePayload for ImageJson {
    const IS_REQUIRED: bool = true;

    async fn from_request(_: &Request, body: &mut RequestBody) -> Result<Self> {
        Ok(Self(body.take()?))
    }
}

impl_apirequest_for_payload!(ImageJson);

impl ImageJson {
    /// Reads the body, and holds the memory that its image takes for as long as the share lives.
    pub(crate) async fn read(self, memory: &UploadMemory) -> Result<(Given, Share), Problem> {
        let mut share = memory.share();
        let body = self.receive(&mut share).await?;
        // The body, the text in it, and the bytes of that.
        share.resize(body.len().saturating_mul(3)).await?;
        let given = if body.len() > READ_AT_ONCE {
            spawn_blocking(move || given(&body)).await.map_err(Problem::internal)??
        } else {
            given(&body)?
        };
        share.resize(if let Given::Bytes(bytes) = &given { bytes.len() } else { 0 }).await?;
        Ok((given, share))
    }

    async fn receive(self, share: &mut Share) -> Result<Vec<u8>, Problem> {
        let mut reader = pin!(self.0.into_async_read());
        let mut body: Vec<u8> = vec![];
        loop {
            if body.len() == body.capacity() {
                let room = body.capacity().saturating_mul(2).max(FIRST_ROOM);
                share.resize(room).await?;
                body.reserve_exact(room - body.len());
            }
            let read = reader.read_buf(&mut body).await.map_err(|error| {
                tracing::debug!(%error, "a body could not be read");
                unreadable("the body could not be read to its end")
            })?;
            if read == 0 {
                return Ok(body);
            }
        }
    }
}

/// What a body says, or every fault of it.
fn given(body: &[u8]) -> Result<Given, Problem> {
    let Members { url, base64, unknown: mut faults, twice } =
        serde_json::from_slice(body).map_err(|error| no_object(&error))?;
    if let Some(name) = twice {
        return Err(there_twice(name));
    }
    let mut fault = |name: &str, detail: String| {
        faults.add(|| pointer(name), detail);
        None
    };
    let given = match (url, base64) {
        (Some(_), Some(_)) => fault("base64", "send either `url` or `base64`, not both".to_owned()),
        (None, None) => fault("url", "`url` or `base64` is required".to_owned()),
        (Some(Member::Text(url)), None) => match ImageUrl::new(&url) {
            Ok(url) => Some(Given::Url(url)),
            Err(error) => fault("url", error.to_string()),
        },
        (None, Some(Member::Text(text))) => match decoded(&text) {
            Ok(bytes) => Some(Given::Bytes(bytes)),
            Err(detail) => fault("base64", detail.to_owned()),
        },
        (Some(Member::Other), None) => fault("url", "must be a string".to_owned()),
        (None, Some(Member::Other)) => fault("base64", "must be a string".to_owned()),
    };
    given.filter(|_| faults.is_empty()).ok_or_else(|| Problem::invalid(faults))
}

/// The bytes of a text in base64, bare or in a `data:` URL (RFC 2397). What such a URL says of their kind is not believed:
/// the bytes themselves show it.
fn decoded(text: &str) -> Result<Bytes, &'static str> {
    let encoded = match text.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => {
            let (kind, encoded) = text[5..].split_once(',').ok_or("a data: URL has a comma before its data")?;
            let is_base64 = kind.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
            if !is_base64 || !kind.contains(';') {
                return Err("a data: URL must say `;base64` before its data");
            }
            encoded
        }
        _ => text,
    };
    let bytes = BASE64.decode(encoded).map_err(|_| "must be base64 (A-Z, a-z, 0-9, + and /), without line breaks")?;
    Ok(bytes.into())
}

/// The members of a body, as far as they matter.
#[derive(Default)]
struct Members {
    url: Option<Member>,
    base64: Option<Member>,
    unknown: Faults,
    twice: Option<&'static str>,
}

/// A value: a text, or something of which it is enough to know that it is none.
enum Member {
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
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
        while let Some((name, member)) = access.next_entry::<String, Member>()? {
            let (place, known) = match name.as_str() {
                "url" => (&mut members.url, "url"),
                "base64" => (&mut members.base64, "base64"),
                _ => {
                    members.unknown.add(|| pointer(&name), "there is no such field");
                    continue;
                }
            };
            if place.replace(member).is_some() {
                members.twice = Some(known);
            }
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Member, E> {
        Ok(Member::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Other)
    }

    // What is within is read as members too, so that it may not be nested without end.
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Member, A::Error> {
        while access.next_element::<Member>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Member, A::Error> {
        while access.next_entry::<Member, Member>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemCode;

    #[test]
    fn bytes_are_read_from_base64_bare_or_in_a_data_url() {
        for text in [
            "AAEC/w==",
            "AAEC/w",
            "AAEC/w=",
            "data:image/png;base64,AAEC/w==",
            "data:;base64,AAEC/w==",
            "DATA:image/png;name=a.png;Base64,AAEC/w",
        ] {
            assert_eq!(decoded(text), Ok(Bytes::from_static(&[0, 1, 2, 255])), "{text}");
        }
        assert_eq!(decoded(""), Ok(Bytes::new()));
        for text in [
            "AAEC_w==",
            "AAEC/w==\n",
            "AA EC",
            "ü",
            "A",
            "AAEC/x==",
            "data:",
            "data:image/png,AAEC",
            "data:base64,AAEC",
            "data:image/png;base64",
            "data:image/png;base64;x,AAEC",
            "dätä:",
        ] {
            assert!(decoded(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_body_says_one_thing_of_its_image() {
        let url = |text| Ok(Given::Url(ImageUrl::new(text).unwrap()));
        let read = |text: &str| given(text.as_bytes()).map_err(|problem| problem.code);
        assert_eq!(read(r#"{"url": "http://a.example/"}"#), url("http://a.example/"));
        assert_eq!(read(r#"{"base64": "AA=="}"#), Ok(Given::Bytes(Bytes::from_static(&[0]))));
        for wrong in [
            "{}",
            r#"{"url": null}"#,
            r#"{"url": "ftp://a.example/"}"#,
            r#"{"url": ["http://a.example/"]}"#,
            r#"{"base64": {"a": [1, 2.5, true, null]}}"#,
            r#"{"base64": "!"}"#,
            r#"{"url": "http://a.example/", "base64": "AA=="}"#,
            r#"{"url": "http://a.example/", "alt": "a"}"#,
        ] {
            assert_eq!(read(wrong), Err(ProblemCode::ValidationFailed), "{wrong}");
        }
        let deep = format!(r#"{{"url": {}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        for wrong in [
            "",
            "[]",
            "7",
            "{",
            r#"{"url": "http://a.example/"} x"#,
            r#"{"url": "a", "url": "b"}"#,
            "{\"url\": NaN}",
            &deep,
        ] {
            assert_eq!(read(wrong), Err(ProblemCode::InvalidRequest), "{}", &wrong[..wrong.len().min(40)]);
        }
    }

    #[test]
    fn of_fields_without_end_only_some_are_kept() {
        let fields: Vec<String> = (0..5000).map(|number| format!("\"{number}\": 0")).collect();
        let body = format!("{{{}, \"url\": \"http://a.example/\"}}", fields.join(", "));
        let Members { url, unknown, .. } = serde_json::from_str(&body).unwrap();
        assert!(matches!(url, Some(Member::Text(_))));
        assert_eq!((unknown.count, unknown.listed.len()), (5000, 100));
    }
}

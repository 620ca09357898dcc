//! `If-Match`: what a client says that a product must be for its write to take effect. A write is held to the revision
//! alone, so an `ETag` from before an image was ready still counts. `If-None-Match` means nothing to a write, and is not
//! passed over: whoever sends it wants nothing to be overwritten.

use crate::problem::{Problem, ProblemCode};
use crate::schema::{LONGEST_HEADER, too_long};
use poem::http::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use wareroom_application::Precondition;
use wareroom_domain::Revision;

/// The precondition of a write. What cannot be read is refused: taking it for absent would let the write through.
pub(crate) struct IfMatch(pub(crate) Precondition);

impl<'a> ApiExtractor<'a> for IfMatch {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = String;

    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        let tags = r#"^(\*|(W/)?"[^"]*"([ \t]*,[ \t]*(W/)?"[^"]*")*)$"#;
        let schema = MetaSchema {
            max_length: Some(LONGEST_HEADER),
            pattern: Some(tags.to_owned()),
            ..MetaSchema::new("string")
        };
        Some(MetaSchemaRef::Inline(Box::new(schema)))
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<String>) -> Result<Self> {
        if request.headers().contains_key(IF_NONE_MATCH) {
            let detail =
                "a write takes no `If-None-Match`: none creates what is not there; hold it to a state with `If-Match`";
            return Err(Problem::new(ProblemCode::InvalidRequest, detail).into());
        }
        let lines: Vec<&[u8]> = request.headers().get_all(IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
        if lines.is_empty() {
            return Ok(Self(Precondition::None));
        }
        let list = lines.join(&b","[..]);
        if list.len() > LONGEST_HEADER {
            return Err(too_long("If-Match").into());
        }
        let detail = "`If-Match` is `*` or a list of entity tags in double quotes, such as \"3.7\"";
        let read = read(&list).ok_or_else(|| Problem::new(ProblemCode::InvalidRequest, detail));
        Ok(Self(read?))
    }
}

/// `*`, or at least one entity tag (RFC 9110, 13.1.1). `None` for what is neither.
fn read(mut list: &[u8]) -> Option<Precondition> {
    if list.trim_ascii() == b"*" {
        return Some(Precondition::Exists);
    }
    let (mut revisions, mut tags) = (vec![], 0);
    loop {
        list = list.trim_ascii_start();
        match list.first() {
            None => break,
            Some(b',') => {
                list = &list[1..];
                continue;
            }
            Some(_) => {}
        }
        let strong = list.strip_prefix(b"W/");
        let rest = strong.unwrap_or(list).strip_prefix(b"\"")?;
        let end = rest.iter().position(|&byte| byte == b'"')?;
        let (tag, after) = rest.split_at(end);
        if !tag.iter().all(|&byte| byte == b'!' || byte > b'"' && byte != 0x7f) {
            return None;
        }
        list = after[1..].trim_ascii_start();
        if !list.is_empty() && !list.starts_with(b",") {
            return None;
        }
        tags += 1;
        // A weak tag never matches where a write depends on it, and neither does one that we did not give.
        revisions.extend(revision(tag).filter(|_| strong.is_none()));
    }
    (tags > 0).then_some(Precondition::Revisions(revisions))
}

/// The revision in a tag of ours: `3.7` is revision 3 at version 7.
fn revision(tag: &[u8]) -> Option<Revision> {
    let (revision, version) = std::str::from_utf8(tag).ok()?.split_once('.')?;
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse::<u64>().ok().filter(|_| digits)
    };
    number(version)?;
    number(revision).map(Revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revisions(list: &[u8]) -> Option<Vec<u64>> {
        match read(list)? {
            Precondition::Revisions(revisions) => Some(revisions.into_iter().map(|revision| revision.0).collect()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_list_names_the_revisions_of_its_tags() {
        assert_eq!(read(b" * "), Some(Precondition::Exists));
        for (list, expected) in [
            (&b"\"3.7\""[..], &[3][..]),
            (b"\"3.7\", \"4.1\"", &[3, 4]),
            (b" ,\"3.7\" ,, \"5.9\",", &[3, 5]),
            (b"W/\"3.7\"", &[]),
            (b"W/\"3.7\", \"4.1\"", &[4]),
            (b"\"\"", &[]),
            (b"\"a,b\", \"4.1\"", &[4]),
            (b"\"\xc3\xa9\"", &[]),
            (b"\"3\"", &[]),
            (b"\"03.7\"", &[]),
            (b"\"+3.7\"", &[]),
            (b"\"3.\"", &[]),
            (b"\"99999999999999999999.1\"", &[]),
        ] {
            assert_eq!(revisions(list).as_deref(), Some(expected), "{}", String::from_utf8_lossy(list));
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_not_taken_for_one() {
        for list in [
            &b""[..],
            b" ",
            b",",
            b"3.7",
            b"\"3.7",
            b"3.7\"",
            b"'3.7'",
            b"\"3.7\" \"4.1\"",
            b"*, \"3.7\"",
            b"**",
            b"\"3.7\", *",
            b"w/\"3.7\"",
            b"W/ \"3.7\"",
            b"\"a b\"",
        ] {
            assert_eq!(read(list), None, "{}", String::from_utf8_lossy(list));
        }
    }
}

//! Query parameters: checked one by one. One that is bad, or there twice, is refused by its name.

use crate::problem::{Problem, ProblemCode};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use std::fmt::Display;
use wareroom_domain::ids::MAX_INTEGER_ID;
use wareroom_domain::{ImageUrl, Price, ProductId, Reason, UserId, folded};

/// What a query parameter can be read as.
pub(crate) trait FromQuery: Sized + Send {
    /// What the document says of it.
    fn schema() -> MetaSchema;

    /// Reads it; an error says what is allowed.
    fn read(text: &str) -> Result<Self, impl Display>;
}

/// A query parameter that may be left out.
pub(crate) struct Parameter<T>(pub(crate) Option<T>);

impl<'a, T: FromQuery> ApiExtractor<'a> for Parameter<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = String;

    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(T::schema())))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> Result<Self> {
        let pairs: Vec<(String, String)> = request.params()?;
        let mut values = pairs.iter().filter(|(name, _)| name == options.name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(text), None) => {
                let value = T::read(text).map_err(|detail| refused(options.name, detail))?;
                Ok(Self(Some(value)))
            }
            (Some(_), Some(_)) => Err(refused(options.name, "must be given once").into()),
        }
    }
}

/// A parameter is not what it must be.
pub(crate) fn refused(name: &str, detail: impl Display) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, format!("the query parameter `{name}` {detail}"))
}

/// Both ends of a range must be in order; an end that is not given is.
pub(crate) fn ordered<T: PartialOrd>(
    (low_name, low): (&str, Option<T>),
    (high_name, high): (&str, Option<T>),
) -> Result<(), Problem> {
    match (low, high) {
        (Some(low), Some(high)) if low > high => Err(refused(low_name, format!("must not be above `{high_name}`"))),
        _ => Ok(()),
    }
}

/// How many a list has at most: 20 unless given, 100 at most whatever is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) usize);

impl Limit {
    const MOST: usize = 100;

    /// The limit of a request.
    pub(crate) fn of(parameter: &Parameter<Self>) -> usize {
        parameter.0.map_or(20, |limit| limit.0)
    }
}

impl FromQuery for Limit {
    fn schema() -> MetaSchema {
        MetaSchema { default: Some(20.into()), ..integer() }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        let number = text.parse::<i64>().ok().filter(|number| text.bytes().all(|b| b.is_ascii_digit()) && *number >= 1);
        let number = number.filter(|number| *number <= MAX_INTEGER_ID).and_then(|number| usize::try_from(number).ok());
        number.map(|number| Self(number.min(Self::MOST))).ok_or("must be a whole number, 1 or more")
    }
}

/// A part of a name as it is searched for: folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePart(pub(crate) String);

impl FromQuery for NamePart {
    fn schema() -> MetaSchema {
        text(255)
    }

    fn read(given: &str) -> Result<Self, impl Display> {
        checked(given, 255).map(|part| Self(folded(part)))
    }
}

/// The host of a URL, as URLs are kept: in lower case, its letters in ASCII, an address in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostName(pub(crate) String);

impl HostName {
    pub(crate) const MAX: usize = 2048;

    /// Reads a host's name; an error says what is allowed.
    pub(crate) fn new(given: &str) -> Result<Self, String> {
        checked(given, Self::MAX).map(|host| Self(kept(host).unwrap_or_else(|| host.to_lowercase())))
    }
}

/// How a URL of this host is kept; `None` for what is no host alone.
fn kept(host: &str) -> Option<String> {
    let alone = !host.contains(['/', '\\', '?', '#', '@']) && (!host.contains(':') || host.ends_with(']'));
    let url = if alone { ImageUrl::new(&format!("http://{host}/")).ok() } else { None };
    url?.as_url().host_str().map(str::to_owned)
}

impl FromQuery for HostName {
    fn schema() -> MetaSchema {
        text(Self::MAX)
    }

    fn read(given: &str) -> Result<Self, impl Display> {
        Self::new(given)
    }
}

impl FromQuery for UserId {
    fn schema() -> MetaSchema {
        integer()
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        text.parse::<Self>().map_err(|_| ID)
    }
}

impl FromQuery for ProductId {
    fn schema() -> MetaSchema {
        integer()
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        text.parse::<Self>().map_err(|_| ID)
    }
}

const ID: &str = "must be an integer from 1 to 9007199254740991";

impl FromQuery for Price {
    fn schema() -> MetaSchema {
        MetaSchema {
            minimum: Some(0.0),
            maximum: Some(99_999_999.99),
            ..MetaSchema::new_with_format("number", "double")
        }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        text.parse::<Self>()
    }
}

impl FromQuery for Reason {
    fn schema() -> MetaSchema {
        let codes = Self::ALL.into_iter().map(|reason| reason.code().into()).collect();
        MetaSchema { enum_items: codes, ..MetaSchema::new("string") }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        Self::from_code(text).ok_or("must be one of the reasons that images fail for, such as `http_404`")
    }
}

impl FromQuery for Timestamp {
    fn schema() -> MetaSchema {
        MetaSchema { max_length: Some(40), ..MetaSchema::new_with_format("string", "date-time") }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        instant(text)
    }
}

/// An instant as RFC 3339 writes it; an error says what is allowed.
pub(crate) fn instant(text: &str) -> Result<Timestamp, &'static str> {
    // Our calendar reads more forms than the document promises.
    let is = |index: usize, allowed: &[u8]| text.as_bytes().get(index).is_some_and(|byte| allowed.contains(byte));
    let shaped = text.len() <= 40
        && [(4, &b"-"[..]), (7, b"-"), (10, b"Tt"), (13, b":"), (16, b":")].iter().all(|(at, byte)| is(*at, byte))
        && !text.contains('[');
    let read: Option<Timestamp> = if shaped { text.parse().ok() } else { None };
    // Instants are kept to the microsecond. Rounded up, either end of a range takes in and leaves out what it says.
    let whole = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Ceil);
    read.and_then(|read| read.round(whole).ok()).ok_or("must be an instant such as 2026-01-31T12:00:00Z")
}

fn checked(text: &str, most: usize) -> Result<&str, String> {
    if !(1..=most).contains(&text.chars().count()) {
        return Err(format!("must have 1 to {most} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text)
}

fn text(most: usize) -> MetaSchema {
    MetaSchema {
        min_length: Some(1),
        max_length: Some(most),
        pattern: Some(r"^[^\u0000-\u001f\u007f-\u009f]*$".to_owned()),
        ..MetaSchema::new("string")
    }
}

fn integer() -> MetaSchema {
    MetaSchema {
        minimum: Some(1.0),
        #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact")]
        maximum: Some(MAX_INTEGER_ID as f64),
        ..MetaSchema::new_with_format("integer", "int64")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_capped_above_and_refused_below() {
        let read = |text| Limit::read(text).map(|limit| limit.0).ok();
        for (text, limit) in [("1", 1), ("100", 100), ("101", 100), ("9007199254740991", 100)] {
            assert_eq!(read(text), Some(limit), "{text}");
        }
        for text in ["0", "-1", "+1", "1.0", "1e1", "", " 1", "ten", "9007199254740992", "99999999999999999999"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_host_is_looked_for_as_urls_are_kept() {
        for (given, kept) in [
            ("Shop.Example", "shop.example"),
            ("müller.example", "xn--mller-kva.example"),
            ("MÜLLER.example", "xn--mller-kva.example"),
            ("xn--mller-kva.example", "xn--mller-kva.example"),
            ("0x7f.1", "127.0.0.1"),
            ("[::0001]", "[::1]"),
            ("Shop.Example:80", "shop.example:80"),
            ("Shop.Example/..", "shop.example/.."),
            ("@Shop.Example", "@shop.example"),
            ("A B", "a b"),
        ] {
            assert_eq!(HostName::new(given).unwrap().0, kept, "{given}");
        }
    }

    #[test]
    fn an_instant_is_written_as_the_document_says() {
        for text in ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00.123456z", "2026-01-31T12:00:00+02:00"] {
            assert!(instant(text).is_ok(), "{text}");
        }
        for text in ["", "2026-01-31", "2026-01-31T12:00:00", "20260131T120000Z", "2026-01-31 12:00:00Z", "1790000000"]
        {
            assert!(instant(text).is_err(), "{text}");
        }
        assert!(instant("2026-01-31T12:00:00Z[UTC]").is_err());
        assert_eq!(instant("2026-01-31T12:00:00.000000001Z"), instant("2026-01-31T12:00:00.000001Z"));
    }

    #[test]
    fn a_part_of_a_name_is_folded_and_bounded() {
        assert_eq!(NamePart::read("ÉTÉ %_").ok(), Some(NamePart("été %_".to_owned())));
        assert!(NamePart::read(&"é".repeat(255)).is_ok());
        for text in [String::new(), "é".repeat(256), "a\0".to_owned()] {
            assert!(NamePart::read(&text).is_err());
        }
    }
}

//! Kinds of text and numbers as the document describes them, where the framework has none.

use poem_openapi::Tags;

/// How the document groups operations.
#[derive(Tags)]
pub(crate) enum Tag {
    /// The people who own products.
    Users,
    /// The catalogue.
    Products,
    /// The images of products, and what they were made into.
    Images,
    /// Images that gave up, to be seen, processed again or put aside.
    #[oai(rename = "Dead letters")]
    DeadLetters,
    /// Whether the service works, and what it can do.
    Service,
}

/// A text of which the document knows the format, or a parameter that is parsed: a newtype with its schema.
macro_rules! described {
    ($(#[$doc:meta])* $name:ident($inner:ty): $schema:expr) => {
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) $inner);

        impl poem_openapi::types::Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;

            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}
pub(crate) use described;

/// A text of this format in an answer.
macro_rules! formatted {
    ($(#[$doc:meta])* $name:ident: $format:literal, $max:literal) => {
        $crate::schema::described! {
            $(#[$doc])*
            #[derive(Clone, Debug, serde::Serialize)]
            $name(String): poem_openapi::registry::MetaSchema {
                max_length: Some($max),
                ..poem_openapi::registry::MetaSchema::new_with_format("string", $format)
            }
        }

        impl poem_openapi::types::ParseFromJSON for $name {
            fn parse_from_json(value: Option<serde_json::Value>) -> poem_openapi::types::ParseResult<Self> {
                String::parse_from_json(value).map(Self).map_err(poem_openapi::types::ParseError::propagate)
            }
        }

        impl poem_openapi::types::ToJSON for $name {
            fn to_json(&self) -> Option<serde_json::Value> {
                Some(self.0.clone().into())
            }
        }
    };
}

formatted! {
    /// An instant in UTC, as RFC 3339 writes it.
    Instant: "date-time", 40
}
formatted! {
    /// An identity.
    UuidText: "uuid", 36
}
formatted! {
    /// A link.
    Link: "uri", 2048
}

/// A path parameter that is parsed with `FromStr`; what is none names nothing, so it is answered with 404.
macro_rules! path_parameter {
    ($(#[$doc:meta])* $name:ident($inner:ty): $schema:expr, $parse:expr) => {
        $crate::schema::described! {
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            $name($inner): $schema
        }

        impl poem_openapi::types::ParseFromParameter for $name {
            fn parse_from_parameter(value: &str) -> poem_openapi::types::ParseResult<Self> {
                $parse(value).map(Self).map_err(poem_openapi::types::ParseError::custom)
            }
        }
    };
}
pub(crate) use path_parameter;

mod header_text {
    use crate::problem::{Problem, ProblemCode};
    use poem::{Request, RequestBody, Result};
    use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
    use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

    /// The most characters of such a header.
    pub(crate) const LONGEST_HEADER: usize = 8192;

    /// An optional request header: all its lines as one list, as HTTP reads them. Text that is not ASCII counts as
    /// absent.
    pub(crate) struct HeaderText(pub(crate) Option<String>);

    impl<'a> ApiExtractor<'a> for HeaderText {
        const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

        type ParamType = String;

        type ParamRawType = String;

        fn param_in() -> Option<MetaParamIn> {
            Some(MetaParamIn::Header)
        }

        fn param_schema_ref() -> Option<MetaSchemaRef> {
            let schema = MetaSchema { max_length: Some(LONGEST_HEADER), ..MetaSchema::new("string") };
            Some(MetaSchemaRef::Inline(Box::new(schema)))
        }

        async fn from_request(
            request: &'a Request,
            _: &mut RequestBody,
            options: ExtractParamOptions<String>,
        ) -> Result<Self> {
            let lines = request.headers().get_all(options.name).iter().filter_map(|line| line.to_str().ok());
            let text = lines.collect::<Vec<_>>().join(", ");
            if text.len() > LONGEST_HEADER {
                return Err(too_long(options.name).into());
            }
            Ok(Self((!text.is_empty()).then_some(text)))
        }
    }

    /// A header has more characters than the document allows.
    pub(crate) fn too_long(name: &str) -> Problem {
        let detail = format!("the header `{name}` must have at most {LONGEST_HEADER} characters");
        Problem::new(ProblemCode::InvalidRequest, detail)
    }
}
pub(crate) use header_text::{HeaderText, LONGEST_HEADER, too_long};

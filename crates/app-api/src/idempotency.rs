//! `Idempotency-Key` on every POST: how it is read, what it is bound to, and how an answer says that it was given before.
//! What is done once, and what is kept of it, is the application's affair.

use crate::problem::{Problem, ProblemCode};
use percent_encoding::percent_decode_str;
use poem::http::{HeaderValue, Method};
use poem::{IntoResponse, Request, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaApi, MetaHeader, MetaOperationParam, MetaParamIn, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use wareroom_application::{Answered, Caller};
use wareroom_ports::IdempotencyKey;

/// What a client names its request with.
const KEY: &str = "Idempotency-Key";

/// What an answer that was given before says of itself.
const REPLAYED: &str = "Idempotency-Replayed";

/// The most characters of a key.
const LONGEST: usize = 255;

/// A key as it stands in the header: bare, or as a string of RFC 8941 with its escapes.
const PATTERN: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// The key of a request, bound to its caller, method and path; the prefix must have been taken off. None but on POST: every
/// other method takes effect once by its own nature.
pub(crate) fn key(request: &Request, caller: Caller) -> Result<Option<IdempotencyKey>, Problem> {
    let mut lines = request.headers().get_all(KEY).iter();
    let Some(line) = lines.next().filter(|_| request.method() == Method::POST) else { return Ok(None) };
    if lines.next().is_some() {
        return Err(refused("is there twice; send one"));
    }
    let key = line
        .to_str()
        .ok()
        .and_then(unquoted)
        .filter(|key| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    let key = key.ok_or_else(|| refused("must be 1 to 255 visible ASCII characters, with or without quotes"))?;
    let Caller::Operator = caller;
    Ok(Some(IdempotencyKey { scope: format!("operator {} {}", request.method(), one_spelling(request)), key }))
}

/// The path, however it is spelled: what it names is the same with escapes, and so are ids in capitals.
fn one_spelling(request: &Request) -> String {
    percent_decode_str(request.uri().path()).decode_utf8_lossy().to_ascii_lowercase()
}

fn refused(detail: &str) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, format!("the header {KEY} {detail}"))
}

/// What a string of RFC 8941 says, or the text as it is when it is none. `None` when it begins like one and is not.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else { return Some(text.to_owned()) };
    let (mut said, mut characters) = (String::new(), rest.chars());
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(said),
            '\\' => said.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            plain => said.push(plain),
        }
    }
}

/// An answer to a POST: the same as before when the request had been done before, and it says so.
pub(crate) struct Replayable<R> {
    answer: R,
    replayed: bool,
}

impl<R> Replayable<R> {
    /// The answer to what came of the request.
    pub(crate) fn of<T>(answered: Answered<T>, answer: impl FnOnce(T) -> R) -> Self {
        Self { replayed: answered.replayed, answer: answer(answered.result) }
    }
}

impl<R: IntoResponse> IntoResponse for Replayable<R> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        if self.replayed {
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

impl<R: ApiResponse> ApiResponse for Replayable<R> {
    fn meta() -> MetaResponses {
        let mut meta = R::meta();
        let successes = meta.responses.iter_mut().filter(|response| response.status.is_some_and(|status| status < 300));
        for response in successes {
            response.headers.push(MetaHeader {
                name: REPLAYED.to_owned(),
                description: Some(
                    "`true` when the request was done before and this is its answer from then.".to_owned(),
                ),
                required: false,
                deprecated: false,
                schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("boolean"))),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        R::register(registry);
    }
}

/// The operations with the key as a parameter of each POST: it is read for all of them.
pub(crate) fn described(mut apis: Vec<MetaApi>) -> Vec<MetaApi> {
    let operations = apis.iter_mut().flat_map(|api| &mut api.paths).flat_map(|path| &mut path.operations);
    for operation in operations.filter(|operation| operation.method == Method::POST) {
        operation.params.push(parameter());
    }
    apis
}

fn parameter() -> MetaOperationParam {
    let schema = MetaSchema {
        min_length: Some(1),
        max_length: Some(2 * LONGEST + 2),
        pattern: Some(PATTERN.to_owned()),
        ..MetaSchema::new("string")
    };
    let description = "Names the request, so that it can be sent again: it takes effect once, and every further one with the \
                       same key and content is answered as the first was; the names of files are part of the content. 1 to 255 visible ASCII characters, with or \
                       without quotes. Kept for 24 hours after the request, unless that is set otherwise.";
    MetaOperationParam {
        name: KEY.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Header,
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        explode: false,
        style: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, keys: &[&str]) -> Result<Option<IdempotencyKey>, Problem> {
        asked_at("/products/7/images", method, keys)
    }

    fn asked_at(path: &str, method: Method, keys: &[&str]) -> Result<Option<IdempotencyKey>, Problem> {
        let uri = path.parse().unwrap();
        let request =
            keys.iter().fold(Request::builder().method(method).uri(uri), |request, key| request.header(KEY, *key));
        key(&request.finish(), Caller::Operator)
    }

    fn read(text: &str) -> Option<String> {
        asked(Method::POST, &[text]).ok().map(|key| key.unwrap().key)
    }

    #[test]
    fn a_key_is_read_with_and_without_quotes() {
        let longest = "k".repeat(255);
        for (given, expected) in [
            ("8e03978e-40d5", "8e03978e-40d5"),
            ("\"8e03978e-40d5\"", "8e03978e-40d5"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (r"a\b", r"a\b"),
            ("a\"b", "a\"b"),
            ("!", "!"),
            ("~", "~"),
            (&longest, &longest),
        ] {
            assert_eq!(read(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let too_long = "k".repeat(256);
        for given in
            ["", "\"\"", "\"", "\"a", "\"a\"b", "\"a\";b=1", r#""a\b""#, r#""a\""#, "a b", "\"a b\"", "a\tb", &too_long]
        {
            assert_eq!(read(given), None, "{given}");
        }
        assert!(asked(Method::POST, &["a", "a"]).is_err());
    }

    #[test]
    fn a_path_is_the_same_however_it_is_spelled() {
        let scope = |path| asked_at(path, Method::POST, &["a"]).unwrap().unwrap().scope;
        assert_eq!(scope("/products/%37/%69mages"), scope("/products/7/images"));
        assert_eq!(scope("/products/7/images/AB/retry"), scope("/products/7/images/%61b/retry"));
        assert_ne!(scope("/products/%38/images"), scope("/products/7/images"));
    }

    #[test]
    fn a_key_is_bound_to_caller_method_and_path_and_read_on_post_alone() {
        let key = asked(Method::POST, &["a"]).unwrap().unwrap();
        assert_eq!(key.scope, "operator POST /products/7/images");
        assert_eq!(asked(Method::POST, &[]).unwrap(), None);
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(asked(method, &["a b", "c"]).unwrap(), None);
        }
    }
}

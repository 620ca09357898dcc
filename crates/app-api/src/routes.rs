//! What there is to ask for, read from the operations themselves: which path has which methods and query parameters.
//!
//! A request that fits none is refused here, so that the answer can say what is allowed.

use crate::content::BodyKind;
use crate::problem::{Problem, ProblemCode, quoted};
use crate::query;
use percent_encoding::percent_decode_str;
use poem::http::header::{ALLOW, HOST, HeaderMap, RANGE};
use poem::http::{HeaderValue, Method, Version, uri::Authority};
use poem::{Endpoint, Request, Response, Result, http::Uri};
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaOperation, MetaParamIn, MetaPath};
use std::borrow::Cow;
use std::sync::Arc;

/// The whole interface answers below this prefix too.
const PREFIX: &str = "/api";

/// Every path that is answered.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    template: Arc<str>,
    /// What a path begins with: the template up to what is filled in.
    start: usize,
    /// How many slashes a path has.
    slashes: usize,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    method: Method,
    query: Vec<String>,
    bodies: Vec<BodyKind>,
}

impl Routes {
    pub(crate) fn of<A: OpenApi>() -> Self {
        let operation = |operation: MetaOperation| Operation {
            method: operation.method,
            bodies: operation.request.map_or_else(Vec::new, |request| {
                let media_types: Vec<&str> = request.content.iter().map(|content| content.content_type).collect();
                BodyKind::of(&media_types)
            }),
            query: operation.params.into_iter().filter(|p| p.in_type == MetaParamIn::Query).map(|p| p.name).collect(),
        };
        let route = |path: MetaPath| Route::new(&path.path, path.operations.into_iter().map(operation).collect());
        Self::in_order(A::meta().into_iter().flat_map(|api| api.paths).map(route).collect())
    }

    /// What is spelled out goes before what is filled in: `/dead-letters/retry` before `/dead-letters/{id}`.
    fn in_order(mut routes: Vec<Route>) -> Self {
        routes.sort_by_key(|route| route.template.matches('{').count());
        Self(routes)
    }

    /// The same, and pages that are no operations: each is there to be read.
    pub(crate) fn with_pages(mut self, templates: &[&str]) -> Self {
        let page = |template: &&str| {
            Route::new(template, vec![Operation { method: Method::GET, query: vec![], bodies: vec![] }])
        };
        self.0.extend(templates.iter().map(page));
        Self::in_order(self.0)
    }

    /// The methods of the path that a request is about; none when there is no such path, or the request is about two.
    pub(crate) fn methods(&self, request: &Request) -> Option<HeaderValue> {
        let route = self.find(request.uri().path())?;
        (request.version() != Version::HTTP_11 || has_one_host(request.headers())).then(|| route.allow())
    }

    /// The template of a path, for logs: `/products/{id}`.
    pub(crate) fn template(&self, path: &str) -> Option<Arc<str>> {
        self.find(path).map(|route| Arc::clone(&route.template))
    }

    /// Every template, in the order of [`place`](Self::place).
    pub(crate) fn templates(&self) -> impl Iterator<Item = Arc<str>> {
        self.0.iter().map(|route| Arc::clone(&route.template))
    }

    /// Which template a path has: its number among [`templates`](Self::templates).
    pub(crate) fn place(&self, path: &str) -> Option<usize> {
        let path = without_prefix(path);
        let slashes = slashes(path);
        self.0.iter().position(|route| {
            // Asked at every request: two cheap questions leave one or two templates to be compared part by part.
            route.slashes == slashes && path.starts_with(&route.template[..route.start]) && fits(&route.template, path)
        })
    }

    fn find(&self, path: &str) -> Option<&Route> {
        self.0.get(self.place(path)?)
    }

    /// Refuses what fits no operation; else answers what kind of body the request brings, if its operation takes one.
    fn admit(&self, request: &Request) -> Result<Option<BodyKind>, Problem> {
        if request.version() == Version::HTTP_11 && !has_one_host(request.headers()) {
            return Err(Problem::new(ProblemCode::InvalidRequest, "exactly one Host header is needed"));
        }
        let route = self
            .find(request.uri().path())
            .ok_or_else(|| Problem::new(ProblemCode::NotFound, "there is nothing at this path"))?;
        let asked = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let operation = route.operations.iter().find(|operation| operation.method == *asked).ok_or_else(|| {
            Problem::new(ProblemCode::MethodNotAllowed, "this path has other methods; `Allow` lists them")
                .with_header(ALLOW, route.allow())
        })?;
        for (name, value) in pairs(request.uri().query()) {
            let known = decoded(name).filter(|name| operation.query.contains(name));
            let name = known.ok_or_else(|| unknown_parameter(&decoded(name).unwrap_or_else(|| name.to_owned())))?;
            // Further in, what cannot be decoded would be taken for another text.
            decoded(value).ok_or_else(|| query::refused(&name, "must be UTF-8, percent-encoded"))?;
        }
        BodyKind::admit(&operation.bodies, request.headers())
    }
}

impl Route {
    fn new(template: &str, operations: Vec<Operation>) -> Self {
        let start = template.find('{').unwrap_or(template.len());
        Self { template: template.into(), start, slashes: slashes(template), operations }
    }

    fn allow(&self) -> HeaderValue {
        let mut methods: Vec<&str> = self.operations.iter().map(|operation| operation.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static("GET, HEAD"))
    }
}

/// With a request whose method was HEAD: further in it is GET.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedByHead;

/// Lets through what there is, with the prefix taken off.
pub(crate) async fn admit<E>(routes: Arc<Routes>, next: Arc<E>, mut request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    if let Some(body) = routes.admit(&request)? {
        request.set_data(body);
    }
    // Ranges are a matter of GET alone (RFC 9110, 14.2), and further in HEAD is taken for it.
    if request.method() == Method::HEAD {
        request.set_data(AskedByHead);
        request.headers_mut().remove(RANGE);
    }
    if without_prefix(request.uri().path()).len() < request.uri().path().len() {
        let inner = request.uri().path_and_query().map_or("/", |whole| &whole.as_str()[PREFIX.len()..]);
        if let Ok(inner) = inner.parse::<Uri>() {
            *request.uri_mut() = inner;
        }
    }
    next.call(request).await
}

/// As RFC 9112 (3.2) asks for.
pub(crate) fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let valid = |host: &str| host.is_empty() || (host.parse::<Authority>().is_ok() && !host.contains('@'));
    host.to_str().is_ok_and(valid)
}

pub(crate) fn without_prefix(path: &str) -> &str {
    path.strip_prefix(PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

fn slashes(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() => {}
            (Some(name), Some(part)) if name == part => {}
            _ => return false,
        }
    }
}

/// The parameters of a query with their values, as they are written.
fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// What a name or a value of a query says; `None` when it is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(Cow::into_owned)
}

fn unknown_parameter(name: &str) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, format!("there is no query parameter {} here", quoted(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_fits_whole_paths_only() {
        assert!(fits("/products/{id}", "/products/7"));
        assert!(fits("/products/{id}/images", "/products/7/images"));
        for path in ["/products/", "/products", "/products/7/", "/products/7/images/1", "/products//images"] {
            assert!(!fits("/products/{id}", path), "{path}");
        }
    }

    #[test]
    fn the_prefix_is_a_whole_segment() {
        assert_eq!(without_prefix("/api/users"), "/users");
        assert_eq!(without_prefix("/apiary"), "/apiary");
        assert_eq!(without_prefix("/api"), "/api");
    }

    #[test]
    fn a_query_is_split_before_it_is_decoded() {
        let expected = [("a", "1"), ("b", ""), ("c", ""), ("d", "e%3D=f")];
        assert_eq!(pairs(Some("a=1&b&&c=&d=e%3D=f")).collect::<Vec<_>>(), expected);
        assert_eq!(pairs(None).count(), 0);
        for (text, said) in [("a%5Fb", Some("a_b")), ("%C3%A9+%2B", Some("é +")), ("%", Some("%")), ("%ff", None)] {
            assert_eq!(decoded(text).as_deref(), said, "{text}");
        }
    }
}

//! What there is to ask for, read from the operations themselves: which path has which methods and query parameters.
//!
//! A request that fits none is refused here, so that the answer can say what is allowed.

use crate::content::BodyKind;
use crate::problem::{Problem, ProblemCode, quoted};
use poem::http::header::{ALLOW, HOST, HeaderMap, RANGE};
use poem::http::{HeaderValue, Method, Version, uri::Authority};
use poem::{Endpoint, Request, Response, Result, http::Uri};
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaOperation, MetaParamIn, MetaPath};
use std::sync::Arc;

/// The whole interface answers below this prefix too.
const PREFIX: &str = "/api";

/// Every path that is answered.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    template: String,
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
        let route = |path: MetaPath| Route {
            template: path.path,
            operations: path.operations.into_iter().map(operation).collect(),
        };
        Self(A::meta().into_iter().flat_map(|api| api.paths).map(route).collect())
    }

    /// The same, and pages that are no operations: each is there to be read.
    pub(crate) fn with_pages(mut self, templates: &[&str]) -> Self {
        let page = |template: &&str| Route {
            template: (*template).to_owned(),
            operations: vec![Operation { method: Method::GET, query: vec![], bodies: vec![] }],
        };
        self.0.extend(templates.iter().map(page));
        self
    }

    /// The methods of the path that a request is about; none when there is no such path, or the request is about two.
    pub(crate) fn methods(&self, request: &Request) -> Option<HeaderValue> {
        let route = self.find(request.uri().path())?;
        (request.version() != Version::HTTP_11 || has_one_host(request.headers())).then(|| route.allow())
    }

    /// The template of a path, for logs: `/products/{id}`. `-` when there is none.
    pub(crate) fn template(&self, path: &str) -> &str {
        self.find(path).map_or("-", |route| &route.template)
    }

    fn find(&self, path: &str) -> Option<&Route> {
        let path = without_prefix(path);
        // What is spelled out goes before what is filled in: `/dead-letters/retry` before `/dead-letters/{id}`.
        let fitting = self.0.iter().filter(|route| fits(&route.template, path));
        fitting.min_by_key(|route| route.template.matches('{').count())
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
        if let Some(unknown) = names(request.uri().query()).find(|name| !operation.query.iter().any(|q| q == name)) {
            return Err(unknown_parameter(unknown));
        }
        BodyKind::admit(&operation.bodies, request.headers())
    }
}

impl Route {
    fn allow(&self) -> HeaderValue {
        let mut methods: Vec<&str> = self.operations.iter().map(|operation| operation.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static("GET, HEAD"))
    }
}

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
fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let valid = |host: &str| host.is_empty() || (host.parse::<Authority>().is_ok() && !host.contains('@'));
    host.to_str().is_ok_and(valid)
}

fn without_prefix(path: &str) -> &str {
    path.strip_prefix(PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path)
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

fn names(query: Option<&str>) -> impl Iterator<Item = &str> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
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
    fn names_are_what_stands_before_the_equals_sign() {
        assert_eq!(names(Some("a=1&b&&c=")).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(names(None).count(), 0);
    }
}

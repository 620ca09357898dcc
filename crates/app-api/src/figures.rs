//! How many requests there are, by route and status, and how long they take.
//!
//! Every request is counted, by a handle that is found without a lock and made when it is first needed. Answers at hand are not
//! timed: reading the clock twice would cost a good part of what they take. Without a recorder nothing is recorded.

use crate::request_log::CLIENT_LEFT;
use crate::routes::Routes;
use metrics::{Counter, Histogram, counter, histogram};
use poem::http::Method;
use poem::{Endpoint, Request, Response, Result};
use std::sync::{Arc, OnceLock};
use tokio::time::Instant;

/// What stands for a path that is no template's: its own text must not become a label.
const NOWHERE: &str = "-";

/// The methods with a name of their own. Anything else is one more.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// What stands for any other method.
const OTHER_METHOD: &str = "other";

/// The lowest status there is, and how many there are.
const STATUSES: (u16, usize) = (100, 500);

/// What a request is recorded to.
struct Handles {
    count: Counter,
    seconds: OnceLock<Histogram>,
}

/// The handles of one route and method, by status.
type ByStatus = Box<[OnceLock<Handles>]>;

/// The template that most requests have, and what its paths begin with.
const MOST: (&str, &str) = ("/products/1", "/products/");

/// Where a request is recorded: by template and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    template: usize,
    method: usize,
}

/// Everything that requests are recorded to.
pub(crate) struct Requests {
    routes: Arc<Routes>,
    /// The templates by their place, and behind them what is at none.
    templates: Vec<Arc<str>>,
    /// The place of the template that most requests have.
    most: usize,
    /// By template, then by method.
    handles: Vec<OnceLock<ByStatus>>,
}

impl Requests {
    pub(crate) fn new(routes: Arc<Routes>) -> Self {
        let templates: Vec<Arc<str>> = routes.templates().chain([NOWHERE.into()]).collect();
        let handles = (0..templates.len() * (METHODS.len() + 1)).map(|_| OnceLock::new()).collect();
        let most = routes.place(MOST.0).unwrap_or(templates.len() - 1);
        Self { routes, templates, most, handles }
    }

    fn place(&self, request: &Request) -> Place {
        let (method, path) = (request.method(), request.uri().path());
        let is_most =
            path.strip_prefix(MOST.1).is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()));
        let template = if is_most { self.most } else { self.routes.place(path).unwrap_or(self.templates.len() - 1) };
        Place { template, method: METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len()) }
    }

    fn handles(&self, place: Place, status: u16) -> Option<&Handles> {
        let (lowest, count) = STATUSES;
        let by_status = self.handles.get(place.template * (METHODS.len() + 1) + place.method)?;
        let by_status = by_status.get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        let handles = by_status.get(usize::from(status.checked_sub(lowest)?))?;
        Some(handles.get_or_init(|| {
            let count = counter!("wareroom_http_requests_total", &self.labels(place, status));
            Handles { count, seconds: OnceLock::new() }
        }))
    }

    fn count(&self, place: Place, status: u16) {
        if let Some(handles) = self.handles(place, status) {
            handles.count.increment(1);
        }
    }

    fn time(&self, place: Place, status: u16, begun: Instant) {
        if let Some(handles) = self.handles(place, status) {
            let seconds = || histogram!("wareroom_http_request_seconds", &self.labels(place, status));
            handles.seconds.get_or_init(seconds).record(begun.elapsed());
        }
    }

    fn labels(&self, place: Place, status: u16) -> [(&'static str, String); 3] {
        let route = self.templates.get(place.template).map_or(NOWHERE, |template| &**template).to_owned();
        let method = METHODS.get(place.method).map_or(OTHER_METHOD, Method::as_str).to_owned();
        [("method", method), ("route", route), ("status", status.to_string())]
    }
}

/// Counts the request when its status is known, or was given up because the client left.
pub(crate) async fn count<E>(requests: Arc<Requests>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let place = requests.place(&request);
    let mut counted = Recorded { requests, place, begun: None, status: CLIENT_LEFT };
    let response = next.call(request).await?;
    counted.status = response.status().as_u16();
    Ok(response)
}

/// Times the request until its status is known.
pub(crate) async fn time<E>(requests: Arc<Requests>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let place = requests.place(&request);
    let mut timed = Recorded { requests, place, begun: Some(Instant::now()), status: CLIENT_LEFT };
    let response = next.call(request).await?;
    timed.status = response.status().as_u16();
    Ok(response)
}

/// A request under way, to be counted or to be timed.
struct Recorded {
    requests: Arc<Requests>,
    place: Place,
    begun: Option<Instant>,
    status: u16,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        match self.begun {
            None => self.requests.count(self.place, self.status),
            Some(begun) => self.requests.time(self.place, self.status, begun),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Operations;

    fn requests() -> Requests {
        Requests::new(Arc::new(Routes::of::<Operations>()))
    }

    /// The labels of a request that was answered with 200.
    fn labels(method: &str, path: &str) -> [String; 3] {
        let requests = requests();
        let request = Request::builder().method(method.parse().unwrap()).uri(path.parse().unwrap()).finish();
        requests.labels(requests.place(&request), 200).map(|(_, value)| value)
    }

    #[test]
    fn no_text_of_a_client_becomes_a_label() {
        for (method, path, expected) in [
            ("GET", "/products/7", ["GET", "/products/{id}"]),
            ("GET", "/products/x", ["GET", "/products/{id}"]),
            ("GET", "/api/products/7", ["GET", "/products/{id}"]),
            ("PATCH", "/products/7", ["PATCH", "/products/{id}"]),
            ("BREW", "/products", ["other", "/products"]),
            ("GET", "/secret?x=1", ["GET", "-"]),
            ("GET", "/products/7/", ["GET", "-"]),
        ] {
            assert_eq!(labels(method, path)[..2], expected, "{method} {path}");
        }
    }

    #[test]
    fn a_status_that_nobody_knows_is_no_reason_to_fail() {
        let (requests, first) = (requests(), Place { template: 0, method: 0 });
        for status in [0, 99, 100, 200, 499, 599, 600, 999, u16::MAX] {
            requests.count(first, status);
            requests.time(first, status, Instant::now());
        }
        requests.count(Place { template: 1_000_000, method: 0 }, 200);
        let made = requests.handles[0].get().unwrap().iter().filter(|handle| handle.get().is_some()).count();
        assert_eq!(made, 4, "those from 100 to 599");
    }
}

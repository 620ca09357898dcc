//! What the operator's listener answers.

use crate::figures::{Figures, Samples};
use crate::health::{Health, Part};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde::Serialize;

/// What is told of.
pub struct Watched {
    /// Whether the process is ready.
    pub health: Health,
    /// Figures that are asked for.
    pub samples: Samples,
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
/// The text format that every Prometheus reads.
const FIGURES: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How the process is, for programs.
#[derive(Serialize)]
struct State {
    /// `live`, `ready`, `lost` or `stopping`.
    status: &'static str,
    /// `working`, `holding` or `elsewhere`, as the API says it.
    worker: &'static str,
    /// The parts that do not answer. Some can be done without.
    lost: Vec<&'static str>,
}

pub(super) async fn answer(request: &Request<Incoming>, watched: &Watched, figures: &Figures) -> Response<Full<Bytes>> {
    let known = ["/healthz/live", "/healthz/ready", "/metrics"].contains(&request.uri().path());
    if !known {
        return response(
            StatusCode::NOT_FOUND,
            TEXT,
            "there are /healthz/live, /healthz/ready and /metrics here\n".into(),
        );
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "it can only be read\n".into());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/healthz/live" => state(StatusCode::OK, "live", &watched.health, &[]),
        "/healthz/ready" => ready(&watched.health).await,
        _ => {
            watched.samples.take().await;
            response(StatusCode::OK, FIGURES, figures.text())
        }
    }
}

async fn ready(health: &Health) -> Response<Full<Bytes>> {
    let lost = health.lost().await;
    if health.is_stopping() {
        return state(StatusCode::SERVICE_UNAVAILABLE, "stopping", health, &lost);
    }
    if lost.iter().any(|part| part.is_needed()) {
        return state(StatusCode::SERVICE_UNAVAILABLE, "lost", health, &lost);
    }
    state(StatusCode::OK, "ready", health, &lost)
}

fn state(code: StatusCode, status: &'static str, health: &Health, lost: &[Part]) -> Response<Full<Bytes>> {
    let worker = match health.worker_holds() {
        None => "elsewhere",
        Some(true) => "holding",
        Some(false) => "working",
    };
    let state = State { status, worker, lost: lost.iter().map(|part| part.name()).collect() };
    response(code, JSON, serde_json::to_string(&state).unwrap_or_default())
}

fn response(code: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

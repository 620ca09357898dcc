//! An API over memory, and a client for it.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::conformance;
use bytes::Bytes;
use jiff::Timestamp;
use poem::endpoint::{BoxEndpoint, Endpoint};
use poem::http::{Method, StatusCode};
use poem::{Body, Request, Response};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use wareroom_app_api::{Api, ApiSettings};
use wareroom_application::{Application, AttemptBegun, Ports, Settings};
use wareroom_domain::{Format, Lane, RenditionSpec};
use wareroom_memory::{
    CountingIds, FixedClock, LocalInvalidations, MemoryBlobs, MemoryCodec, MemoryImage, MemorySource, MemorySpace,
    MemoryStore,
};

pub(crate) const BOUNDARY: &str = "frontier";

/// A line that was first logged while nobody listened may stay off for those who listen later, in other threads: so
/// there is always somebody.
static LISTENING: Once = Once::new();

/// An API over memory: clock and ids are fixed, images are small.
pub(crate) struct TestApi {
    pub(crate) api: Api,
    pub(crate) application: Arc<Application>,
    pub(crate) web: Arc<MemorySource>,
    pub(crate) space: MemorySpace,
    endpoint: BoxEndpoint<'static, Response>,
}

impl TestApi {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, ApiSettings::at("http://shop.test"))
    }

    /// With other ports or other settings.
    pub(crate) fn with(change: impl FnOnce(&mut Ports), settings: ApiSettings) -> Self {
        LISTENING.call_once(|| {
            let nobody = tracing_subscriber::fmt().with_writer(std::io::sink).finish();
            tracing::subscriber::set_global_default(nobody).unwrap();
        });
        let (store, web, space) = (Arc::new(MemoryStore::default()), Arc::new(MemorySource::new()), MemorySpace::new());
        let mut ports = Ports {
            store: store.clone(),
            products: store.clone(),
            users: store.clone(),
            dead_letters: store.clone(),
            outbox: None,
            jobs: store.clone(),
            queue: store.clone(),
            events: store.clone(),
            retention: store,
            invalidations: Arc::new(LocalInvalidations::default()),
            blobs: Arc::new(MemoryBlobs::default()),
            media_links: None,
            image_source: web.clone(),
            codec: Arc::new(MemoryCodec),
            space: Arc::new(space.clone()),
            clock: Arc::new(FixedClock::new(Timestamp::from_second(1_790_000_000).unwrap())),
            ids: Arc::new(CountingIds::default()),
        };
        change(&mut ports);
        let rendition =
            |name: &str, max_side, format| RenditionSpec { name: name.to_owned(), max_side, format, quality: 80 };
        let limits = Settings {
            image_max_bytes: 4000,
            images_per_product: 3,
            renditions: vec![rendition("thumb", 2, Format::WebP), rendition("main", 8, Format::Jpeg)],
            ..Settings::default()
        };
        let application = Arc::new(Application::new(ports, limits));
        let api = Api::new(Arc::clone(&application), settings);
        Self { endpoint: api.endpoint(), api, application, web, space }
    }

    /// The answer, which is held to the document.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().to_string());
        let response = self.endpoint.call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let answer = Answer { status: parts.status, headers: parts.headers, body: body.into_bytes().await.unwrap() };
        conformance::check(&method, &path, &answer);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).finish()).await
    }

    /// GET with one more header.
    pub(crate) async fn get_with(&self, path: &str, header: &str, value: &str) -> Answer {
        self.send(request(Method::GET, path).header(header, value).finish()).await
    }

    pub(crate) async fn post(&self, path: &str, json: impl Into<String>) -> Answer {
        let request = request(Method::POST, path).content_type("application/json").body(Body::from_string(json.into()));
        self.send(request).await
    }

    pub(crate) async fn upload(&self, path: &str, form: Form) -> Answer {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(request(Method::POST, path).content_type(&content_type).body(form.finish())).await
    }

    /// A user with id 1 and a product with id 1.
    pub(crate) async fn with_product(self) -> Self {
        self.post("/users", r#"{"first_name": "Ada", "last_name": "Lovelace"}"#).await.is(201);
        self.post("/products", r#"{"user_id": 1, "product_name": "Kettle", "product_price": 18.99}"#).await.is(201);
        self
    }

    /// Does what a worker does with one job.
    pub(crate) async fn work(&self) {
        let mut consumer = self.application.ports().queue.consume(Lane::Images, 1).await.unwrap();
        let delivery = consumer.receive().await.unwrap();
        let job = delivery.message.job().unwrap();
        let sourced = self.application.fetch_source(&job).await.unwrap();
        let AttemptBegun::Attempt(attempt) = self.application.begin_attempt(&job, &sourced).await.unwrap() else {
            panic!("nothing to attempt")
        };
        self.application.make_attempt(&attempt, &sourced).await.unwrap();
        // A postponed job has replaced its message already.
        let _ = delivery.ack().await;
    }
}

pub(crate) fn request(method: Method, path: &str) -> poem::RequestBuilder {
    Request::builder().method(method).uri(path.parse().unwrap()).header("Host", "shop.test")
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: poem::http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Asserts that this is a whole problem of that status and code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        for text in ["title", "detail", "request_id"] {
            assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()), "{text} in {problem}");
        }
        answer
    }

    /// The header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What the problem points at, in order.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

/// A multipart form.
#[derive(Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    pub(crate) fn part(mut self, name: &str, filename: &str, bytes: &[u8]) -> Self {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\r\n");
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }

    /// The form up to where its last part stands, as when the client left.
    pub(crate) fn cut(self) -> Vec<u8> {
        self.0
    }
}

pub(crate) fn picture(width: u32, height: u32) -> Bytes {
    MemoryImage::filled(width, height, [200, 100, 50]).encode()
}

/// A body of these pieces, and how many bytes were taken of it.
pub(crate) fn counted(pieces: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let pieces = pieces.into_iter().map(move |piece| {
        count.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece)
    });
    (Body::from_bytes_stream(futures::stream::iter(pieces)), taken)
}

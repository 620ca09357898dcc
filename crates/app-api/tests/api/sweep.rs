//! What holds for every operation alike, asked of each that the document has.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::conformance::DOCUMENT;
use crate::faulty::{Behaviour, Switch};
use crate::support::{Answer, BOUNDARY, Form, TestApi, picture, request};
use bytes::Bytes;
use poem::http::Method;
use poem::{Body, Request};
use serde_json::Value;
use std::io;
use std::time::Duration;
use wareroom_app_api::ApiSettings;
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_memory::MemoryPage;
use wareroom_ports::{IdempotencyKey, StoreError};

/// An operation as the document describes it.
struct Described {
    method: Method,
    template: &'static str,
    operation: &'static Value,
}

fn operations() -> impl Iterator<Item = Described> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(template, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| Described {
            method: method.to_uppercase().parse().unwrap(),
            template,
            operation,
        })
    })
}

impl Described {
    fn id(&self) -> &'static str {
        self.operation["operationId"].as_str().unwrap()
    }

    fn has(&self, status: &str) -> bool {
        self.operation["responses"].get(status).is_some()
    }

    fn content(&self) -> Option<&'static serde_json::Map<String, Value>> {
        self.operation.pointer("/requestBody/content")?.as_object()
    }

    /// A request that is right as far as the document tells, for what is there.
    fn request(&self, there: &There) -> poem::RequestBuilder {
        let part = |part: &'static str| match part {
            "{id}" if self.template.starts_with("/dead-letters") => &there.dead_letter,
            "{id}" => &there.id,
            "{image_id}" => &there.image,
            "{key}" => &there.media,
            part => part,
        };
        request(self.method.clone(), &self.template.split('/').map(part).collect::<Vec<_>>().join("/"))
    }

    /// The same, whole: with a body when there must be one.
    fn whole(&self, there: &There) -> Request {
        self.with_example(self.request(there))
    }

    fn with_example(&self, request: poem::RequestBuilder) -> Request {
        let Some(content) = self.content() else { return request.finish() };
        if let Some((media_type, body)) = content.iter().find(|(media_type, _)| media_type.ends_with("json")) {
            let schema = body["schema"]["$ref"].as_str().unwrap().trim_start_matches('#');
            let example = &DOCUMENT.pointer(schema).unwrap()["example"];
            return request.content_type(media_type).body(example.to_string());
        }
        let form = Form::default().part("file", "a.jpg", &picture(2, 2)).finish();
        request.content_type(&format!("multipart/form-data; boundary={BOUNDARY}")).body(form)
    }

    /// A request with another body.
    fn with_body(&self, there: &There, media_type: &str, body: impl Into<Body>) -> Request {
        self.request(there).content_type(media_type).body(body)
    }
}

/// What paths name.
struct There {
    id: String,
    image: String,
    media: String,
    dead_letter: String,
}

impl There {
    /// Ids that nothing has.
    fn nothing() -> Self {
        let uuid = || "0199ab41-0000-7000-8000-00000000ffff".to_owned();
        Self { id: "999".to_owned(), image: uuid(), media: format!("{}.jpg", "0".repeat(64)), dead_letter: uuid() }
    }

    /// A user and a product with an image that is ready and one that failed, which left a dead letter.
    async fn stage(test: TestApi) -> (TestApi, Self) {
        let test = test.with_product().await;
        test.upload("/products/1/images", Form::default().part("file", "a.jpg", &picture(4, 4))).await.is(201);
        test.work().await;
        let missing = "http://images.example/missing.jpg";
        test.web.put(ImageUrl::new(missing).unwrap(), MemoryPage::Status(404, None));
        let added = test.post("/products/1/images", format!(r#"{{"url": "{missing}"}}"#)).await.is(201).json();
        test.work().await;
        let product = test.get("/products/1").await.is(200).json();
        let ready = product["data"]["compressed_product_images"][0].as_str().unwrap().rsplit('/').next().unwrap();
        let letters = test.get("/dead-letters").await.is(200).json();
        let there = Self {
            id: "1".to_owned(),
            image: added["added"][0].as_str().unwrap().to_owned(),
            media: ready.to_owned(),
            dead_letter: letters["data"][0]["id"].as_str().unwrap().to_owned(),
        };
        (test, there)
    }
}

/// An API over stores that do as they are told.
async fn switched() -> (TestApi, There, Switch) {
    let mut switch = None;
    let settings = ApiSettings { near_cache_entries: 0, ..ApiSettings::at("http://shop.test") };
    let test = TestApi::with(|ports| switch = Some(Switch::between(ports)), settings);
    let (test, there) = There::stage(test).await;
    (test, there, switch.unwrap())
}

/// Whether it asks the stores at all.
fn asks_stores(described: &Described) -> bool {
    described.has("503")
}

#[tokio::test]
async fn what_the_document_shows_is_accepted() {
    for described in operations() {
        let (test, there) = There::stage(TestApi::new()).await;
        let answer = test.send(described.whole(&there)).await;
        assert!(answer.status.is_success(), "{}: {} {:?}", described.id(), answer.status, answer.body);
    }
}

#[tokio::test]
async fn who_has_the_answer_already_is_told_so() {
    let (test, there) = There::stage(TestApi::new()).await;
    for described in operations().filter(|described| described.has("304")) {
        let answer = test.send(described.whole(&there)).await.is(200);
        let again = described.request(&there).header("If-None-Match", answer.header("etag")).finish();
        assert!(test.send(again).await.is(304).body.is_empty(), "{}", described.id());
    }
}

#[tokio::test]
async fn a_write_to_what_was_changed_since_is_412_and_changes_nothing() {
    let (test, there) = There::stage(TestApi::new()).await;
    let before = test.get("/products/1").await.header("etag").to_owned();
    for described in operations().filter(|described| described.has("412")) {
        let stale = described.request(&there).header("If-Match", "\"1.1\"");
        let answer = test.send(described.with_example(stale)).await.problem(412, "precondition_failed");
        assert_eq!(answer.header("etag"), before, "{}", described.id());
    }
    assert_eq!(test.get("/products/1").await.header("etag"), before);
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_422_and_changes_nothing() {
    let (test, there) = There::stage(TestApi::new()).await;
    let before = test.get("/products/1").await.header("etag").to_owned();
    let mut keyed = 0;
    for described in operations().filter(|described| described.method == Method::POST) {
        let key = IdempotencyKey {
            scope: format!("operator POST {}", described.whole(&there).uri()),
            key: "other".to_owned(),
        };
        let ports = test.application.ports();
        let mut unit = ports.store.begin().await.unwrap();
        unit.idempotency().reserve(&key, Sha256([7; 32]), ports.clock.now(), Duration::from_mins(1)).await.unwrap();
        unit.commit().await.unwrap();
        let request = described.request(&there).header("Idempotency-Key", "other");
        test.send(described.with_example(request)).await.problem(422, "idempotency_key_reused");
        keyed += 1;
    }
    assert!(keyed >= 7, "{keyed}");
    assert_eq!(test.get("/products/1").await.header("etag"), before);
}

#[tokio::test]
async fn an_unknown_query_parameter_is_400() {
    let (test, there) = There::stage(TestApi::new()).await;
    for described in operations() {
        let path = format!("{}?nonsense=1", described.whole(&there).uri());
        test.send(request(described.method.clone(), &path).finish()).await.problem(400, "invalid_request");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let test = TestApi::new().with_product().await;
    for described in operations().filter(|described| described.template.contains('{')) {
        test.send(described.whole(&There::nothing())).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_body_of_another_kind_is_415_and_of_other_fields_422() {
    let (test, there) = There::stage(TestApi::new()).await;
    for described in operations() {
        let Some(content) = described.content() else { continue };
        test.send(described.with_body(&there, "text/plain", "x")).await.problem(415, "unsupported_media_type");
        for media_type in content.keys().filter(|media_type| media_type.ends_with("json")) {
            let nonsense = described.with_body(&there, media_type, r#"{"nonsense": 1}"#);
            test.send(nonsense).await.problem(422, "validation_failed");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_one_that_stands_still_408() {
    let settings = ApiSettings {
        json_max_bytes: 300,
        base64_max_bytes: 300,
        multipart_max_bytes: 300,
        body_idle_timeout: Duration::from_millis(20),
        ..ApiSettings::at("http://shop.test")
    };
    let (test, there) = There::stage(TestApi::with(|_| {}, settings)).await;
    for described in operations() {
        let Some(content) = described.content() else { continue };
        for media_type in content.keys() {
            let form = media_type.starts_with("multipart/");
            let media_type = if form { format!("{media_type}; boundary={BOUNDARY}") } else { media_type.clone() };
            let large = described.with_body(&there, &media_type, vec![b' '; 301]);
            test.send(large).await.problem(413, "payload_too_large");
            let silent = Body::from_bytes_stream(futures::stream::pending::<io::Result<Bytes>>());
            let silent = described.with_body(&there, &media_type, silent);
            test.send(silent).await.problem(408, "request_timeout");
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_is_503_or_as_the_document_has_it() {
    let (test, there, switch) = switched().await;
    for described in operations().filter(asks_stores) {
        switch.set(Behaviour::Fails(|| StoreError::Backend("password=hunter2".into())));
        keeps_its_secrets(&test.send(described.whole(&there)).await.problem(503, "unavailable"));
        let writes = described.has("507");
        for (error, status) in [
            (|| StoreError::Conflict, 409),
            (|| StoreError::Full, 507),
            (|| StoreError::Busy, 503),
            (|| StoreError::Aborted, 500),
        ] as [(fn() -> StoreError, u16); 4]
        {
            switch.set(Behaviour::FailsToWrite(error));
            let answer = test.send(described.whole(&there)).await;
            // What only reads does not notice; readiness asks whether writing would do.
            let fine = if writes { answer.status == status } else { answer.status == 200 || answer.status == 503 };
            let ready = described.id() == "get_readiness";
            assert!(fine || ready, "{}: {} instead of {status}", described.id(), answer.status);
        }
    }
}

#[tokio::test]
async fn a_defect_is_500_wherever_it_is() {
    let (test, there, switch) = switched().await;
    switch.set(Behaviour::Panics);
    test.api.readiness().watch_worker(|| panic!("hunter2 holds"));
    for described in operations().filter(|described| described.id() != "get_openapi") {
        keeps_its_secrets(&test.send(described.whole(&there)).await.problem(500, "internal"));
    }
}

fn keeps_its_secrets(answer: &Answer) {
    assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
}

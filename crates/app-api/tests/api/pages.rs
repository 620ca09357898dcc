//! Pages for people: the problems, and the API reference.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, TestApi, request};
use poem::http::Method;
use wareroom_app_api::{ApiSettings, openapi};
use wareroom_domain::Reason;

const SCRIPT: &str = "/docs/scalar-1.72.1.js";

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

async fn script(test: &TestApi, accepted: &str) -> Answer {
    test.get_with(SCRIPT, "Accept-Encoding", accepted).await.is(200)
}

#[tokio::test]
async fn every_code_in_the_document_is_explained() {
    let test = TestApi::new();
    let document: serde_json::Value = serde_json::from_str(&openapi()).unwrap();
    let list = text(&test.get("/problems").await.is(200));
    let problems = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    let problems = problems.iter().map(|code| code.as_str().unwrap());
    let reasons = Reason::ALL.map(Reason::code);
    let mut explained = 0;
    for code in problems.chain(reasons) {
        let page = test.get(&format!("/problems/{code}")).await.is(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        for part in [code, "Status", "What it means", "What to do"] {
            assert!(text(&page).contains(part), "{part} of {code}");
        }
        assert!(list.contains(&format!("href=\"problems/{code}\"")), "{code}");
        explained += 1;
    }
    assert!(explained >= 39, "{explained}");
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_page() {
    let test = TestApi::new();
    let problem = test.get("/products/1").await.problem(404, "not_found").json();
    let page = test.get(problem["type"].as_str().unwrap()).await.is(200);
    assert!(text(&page).contains("<dd>404</dd>"));
    test.get("/problems/nonsense").await.problem(404, "not_found");
    test.get("/problems/not_found?x=1").await.problem(400, "invalid_request");
    test.post("/problems", "{}").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn below_a_path_of_the_public_url_everything_leads_there() {
    let test = TestApi::with(|_| {}, ApiSettings::at("https://shop.example/wr/"));
    let problem = test.get("/products/1").await.is(404).json();
    assert_eq!(problem["type"], "/wr/problems/not_found");
    test.get("/api/products/1").await.is(404);
    let served = test.get("/openapi.json").await.is(200);
    let mut document = served.json();
    let servers: Vec<_> = document["servers"].as_array().unwrap().iter().map(|server| server["url"].clone()).collect();
    assert_eq!(servers, ["https://shop.example/wr", "/wr"]);
    // But for that it is the one that is published.
    let published: serde_json::Value = serde_json::from_str(&openapi()).unwrap();
    assert_eq!(published["servers"][0]["url"], "/");
    document["servers"] = published["servers"].clone();
    assert_eq!(document, published);
    let elsewhere = TestApi::new().get("/openapi.json").await.is(200);
    assert_ne!(served.header("etag"), elsewhere.header("etag"));
    for path in ["/docs", "/problems", "/problems/not_found"] {
        let page = text(&test.get(path).await.is(200));
        assert!(!page.contains("href=\"/") && !page.contains("src=\"/") && !page.contains("url=\"/"), "{path}");
    }
}

#[tokio::test]
async fn pages_are_kept_and_answered_to_head() {
    let test = TestApi::new();
    for path in ["/problems", "/problems/not_found", "/docs", SCRIPT, "/api/docs"] {
        let page = test.get(path).await.is(200);
        let head = test.send(request(Method::HEAD, path).finish()).await.is(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), page.body.len().to_string(), "{path}");
        let unchanged = test.get_with(path, "If-None-Match", page.header("etag")).await.is(304);
        assert!(unchanged.body.is_empty());
        let expected = if path == SCRIPT { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!((page.header("cache-control"), unchanged.header("cache-control")), (expected, expected), "{path}");
    }
}

#[tokio::test]
async fn pages_ask_no_other_host_for_anything() {
    let test = TestApi::new();
    for path in ["/docs", "/problems", "/problems/not_found"] {
        let page = test.get(path).await.is(200);
        let policy = page.header("content-security-policy");
        let sources: Vec<&str> = policy.split(';').flat_map(|rule| rule.split_whitespace().skip(1)).collect();
        let fine = ["'self'", "'none'", "'unsafe-inline'", "data:", "blob:"];
        assert!(sources.iter().all(|source| fine.contains(source)), "{path}: {policy}");
        assert!(policy.starts_with("default-src ") && !text(&page).contains("//"), "{path}");
        assert_eq!((page.header("x-content-type-options"), page.header("referrer-policy")), ("nosniff", "no-referrer"));
    }
    // An inline style is all that may be inline.
    assert!(!test.get("/docs").await.header("content-security-policy").contains("script-src"));
}

#[tokio::test]
async fn the_reference_is_packed_for_who_reads_that_and_the_same_for_others() {
    let test = TestApi::new();
    let packed = script(&test, "br, gzip").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.starts_with(&[0x1f, 0x8b]));
    let plain = script(&test, "identity").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert!(text(&plain).contains("scalar"));
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    assert!(plain.body.len() > 3 * packed.body.len());
    for answer in [&packed, &plain] {
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
    }
    assert_ne!(packed.header("etag"), plain.header("etag"), "two forms are two representations");
}

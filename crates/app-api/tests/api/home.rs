//! The page at `/`: what it may load, and that it asks for nothing that is not there.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::conformance::DOCUMENT;
use crate::support::{Answer, TestApi, request};
use poem::http::Method;
use std::collections::BTreeSet;
use wareroom_app_api::ApiSettings;

const SCRIPTS: [&str; 7] = ["api", "card", "form", "list", "main", "watch", "words"];

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Every file of the page, by its path.
fn paths() -> impl Iterator<Item = String> {
    let scripts = SCRIPTS.iter().map(|name| format!("/home/{name}.js"));
    ["/", "/home/home.css", "/home/icon.svg"].map(str::to_owned).into_iter().chain(scripts)
}

async fn scripts(test: &TestApi) -> String {
    let mut all = String::new();
    for name in SCRIPTS {
        all.push_str(&text(&test.get(&format!("/home/{name}.js")).await.is(200)));
    }
    all
}

#[tokio::test]
async fn the_page_and_its_files_are_kept_and_answered_to_head() {
    let test = TestApi::new();
    for path in paths().chain(["/api/".to_owned(), "/api/home/main.js".to_owned()]) {
        let answer = test.get(&path).await.is(200);
        let expected = match path.rsplit('.').next().unwrap() {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), (expected, "no-cache"), "{path}");
        assert_eq!(
            (answer.header("x-content-type-options"), answer.header("referrer-policy")),
            ("nosniff", "no-referrer")
        );
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        let head = test.send(request(Method::HEAD, &path).finish()).await.is(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), answer.body.len().to_string(), "{path}");
        let unchanged = test.get_with(&path, "If-None-Match", answer.header("etag")).await.is(304);
        assert_eq!(unchanged.header("content-security-policy"), answer.header("content-security-policy"));
        let refused = test.post(&path, "{}").await.problem(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), "GET, HEAD", "{path}");
    }
    test.get("/home/nothing.js").await.problem(404, "not_found");
    test.get("/home/").await.problem(404, "not_found");
    test.get("/?x=1").await.problem(400, "invalid_request");
}

#[tokio::test]
async fn other_origins_read_the_page_where_they_may_call() {
    let settings = ApiSettings { cors_origins: vec!["*".to_owned()], ..ApiSettings::at("http://shop.test") };
    let test = TestApi::with(|_| {}, settings);
    let answer = test.get_with("/", "Origin", "https://other.example").await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_page_may_show_renditions_from_where_they_are_and_load_nothing_else_from_elsewhere() {
    let settings = ApiSettings { media_url: "https://cdn.example/a".to_owned(), ..ApiSettings::at("http://shop.test") };
    let test = TestApi::with(|_| {}, settings);
    let page = test.get("/").await.is(200);
    let policy: BTreeSet<&str> = page.header("content-security-policy").split("; ").collect();
    let expected = BTreeSet::from([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https://cdn.example/a/media/",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]);
    assert_eq!(policy, expected);
    for path in paths().filter(|path| path != "/") {
        assert_eq!(test.get(&path).await.header("content-security-policy"), "default-src 'none'", "{path}");
    }
}

#[tokio::test]
async fn nothing_is_inline_and_no_file_names_another_host() {
    let test = TestApi::new();
    for path in paths() {
        let content = text(&test.get(&path).await.is(200)).replace("http://www.w3.org/2000/svg", "");
        assert!(!content.contains("://") && !content.contains("\"//"), "{path} names a host");
        for dangerous in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            assert!(!content.contains(dangerous), "{path} has {dangerous}");
        }
    }
    let html = text(&test.get("/").await);
    for inline in ["<style", " style=", "javascript:", " onclick", " onload", " onerror"] {
        assert!(!html.contains(inline), "{inline}");
    }
    let scripts = html.split("<script").skip(1);
    assert!(scripts.clone().count() > 0 && scripts.clone().all(|tag| tag.starts_with(" type=\"module\" src=\"home/")));
}

#[tokio::test]
async fn every_operation_that_the_page_asks_for_is_in_the_document() {
    let test = TestApi::new();
    let scripts = scripts(&test).await;
    let mut asked = BTreeSet::new();
    for literal in scripts.split("ask(").skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next()) {
        let (method, path) = literal.split_once(' ').unwrap();
        let operation = &DOCUMENT["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{literal}");
        asked.insert(literal);
    }
    assert!(asked.len() >= 9, "{asked:?}");
    assert_eq!(scripts.matches("fetch(").count(), 1, "all goes by one way");
}

#[tokio::test]
async fn every_link_of_the_page_leads_somewhere() {
    let test = TestApi::new();
    let html = text(&test.get("/").await);
    let links =
        html.split("href=\"").skip(1).chain(html.split("src=\"").skip(1)).map(|rest| rest.split('"').next().unwrap());
    let links: BTreeSet<&str> = links.filter(|link| !link.starts_with('#')).collect();
    assert!(links.len() >= 10, "{links:?}");
    for link in links {
        test.get(&format!("/{link}")).await.is(200);
    }
}

#[tokio::test]
async fn the_page_tells_the_version_that_the_document_tells() {
    let test = TestApi::new();
    let html = text(&test.get("/").await);
    let version = DOCUMENT["info"]["version"].as_str().unwrap();
    assert!(html.contains(&format!("Wareroom {version}.")) && !html.contains("{version}"));
}

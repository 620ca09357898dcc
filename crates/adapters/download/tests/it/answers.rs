//! What servers do wrong, beyond what the contract lists.

use crate::contract::{gzip, source};
use crate::server::{Answer, Server, url};
use std::time::Duration;
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

const LIMITS: FetchLimits = FetchLimits { bytes: 20_000_000, total: Duration::from_secs(15) };

async fn fetched(answer: Answer) -> Result<Fetched, SourceError> {
    let web = Server::start("127.0.0.1:0").await;
    web.serve("/", answer);
    source().fetch(&web.url("/"), &LIMITS).await
}

#[tokio::test]
async fn thirty_megabytes_are_too_large_announced_or_not() {
    let body = vec![7; 30_000_000];
    let unannounced = Answer::Bytes([&b"HTTP/1.1 200 So\r\n\r\n"[..], &body].concat());
    for answer in [Answer::new(200, "", &body), unannounced] {
        let outcome = fetched(answer).await;
        assert!(matches!(outcome, Err(SourceError::TooLarge { limit: 20_000_000 })), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_is_announced_as_too_large_is_not_waited_for() {
    let head = b"HTTP/1.1 200 So\r\nContent-Length: 99999999999\r\n\r\n".to_vec();
    let outcome = fetched(Answer::Forever(head, vec![7], Duration::from_millis(10))).await;
    assert!(matches!(outcome, Err(SourceError::TooLarge { limit: 20_000_000 })), "{outcome:?}");
}

#[tokio::test]
async fn bytes_beyond_the_announced_length_are_left_alone() {
    let answer = Answer::Bytes(b"HTTP/1.1 200 So\r\nContent-Length: 5\r\n\r\nimage and more".to_vec());
    assert_eq!(&fetched(answer).await.unwrap().bytes[..], b"image");
}

#[tokio::test]
async fn a_page_of_html_is_bytes_like_any_other() {
    let fetched = fetched(Answer::new(200, "Content-Type: text/html\r\n", b"<html></html>")).await.unwrap();
    assert_eq!(&fetched.bytes[..], b"<html></html>");
}

#[tokio::test]
async fn what_is_no_http_or_does_not_unpack_is_unreachable() {
    let cut = gzip(b"image").split_last().unwrap().1.to_vec();
    for answer in [
        Answer::Bytes(b"220 mail.example ESMTP\r\n".to_vec()),
        Answer::Bytes(vec![]),
        Answer::Bytes(b"HTTP/1.1 200 So\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nimage".to_vec()),
        Answer::new(200, "Content-Encoding: br\r\n", b"image"),
        Answer::new(200, "Content-Encoding: gzip\r\n", b"image"),
        Answer::new(200, "Content-Encoding: gzip\r\n", &cut),
        Answer::new(200, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", &gzip(&gzip(b"image"))),
    ] {
        let outcome = fetched(answer).await;
        assert!(matches!(outcome, Err(SourceError::Unreachable(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_date_to_come_again_is_read() {
    let headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    let outcome = fetched(Answer::new(503, headers, b"")).await;
    let Err(SourceError::Status { status: 503, retry_after }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_redirect_without_a_target_is_a_status() {
    let outcome = fetched(Answer::new(302, "", b"")).await;
    assert!(matches!(outcome, Err(SourceError::Status { status: 302, retry_after: None })), "{outcome:?}");
}

#[tokio::test]
async fn an_error_does_not_repeat_the_query() {
    let failed = source().fetch(&url("http://nobody.invalid/?token=secret"), &LIMITS).await.unwrap_err();
    let mut error: Option<&dyn std::error::Error> = Some(&failed);
    while let Some(cause) = error {
        assert!(!format!("{cause} {cause:?}").contains("secret"), "{cause:?}");
        error = cause.source();
    }
}

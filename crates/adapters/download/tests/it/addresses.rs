//! Which addresses are connected to: what counts is that the trap hears nothing, not that an error is answered.

use crate::contract::source;
use crate::server::{Answer, Server, url};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wareroom_domain::ImageUrl;
use wareroom_download::{DownloadConfig, DownloadSource};
use wareroom_ports::{FetchLimits, ImageSource, SourceError};

const LIMITS: FetchLimits = FetchLimits { bytes: 1000, total: Duration::from_secs(15) };

async fn assert_blocked(source: &DownloadSource, target: &ImageUrl) {
    let outcome = source.fetch(target, &LIMITS).await;
    assert!(matches!(outcome, Err(SourceError::BlockedAddress)), "{target}: {outcome:?}");
}

/// Every way to write 127.0.0.2 that leads there or is said to.
const SPELLINGS: [&str; 13] = [
    "127.0.0.2",
    "127.2",
    "127.0.2",
    "2130706434",
    "0x7f000002",
    "0x7f.2",
    "017700000002",
    "127.0.0.2.",
    "①②⑦.⓪.⓪.②",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "[::127.0.0.2]",
    "[64:ff9b::7f00:2]",
];

#[tokio::test]
async fn no_spelling_of_an_address_gets_past_directly_or_by_redirect() {
    let (web, trap, source) = (Server::start("127.0.0.1:0").await, Server::start("127.0.0.2:0").await, source());
    for spelling in SPELLINGS {
        let target = format!("http://{spelling}:{}/", trap.address.port());
        assert_blocked(&source, &url(&target)).await;
        // As the server writes it: a header may hold any of them.
        web.serve("/", Answer::new(301, &format!("Location: {target}\r\n"), b""));
        assert_blocked(&source, &web.url("/")).await;
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_what_is_no_web_address_is_not_followed() {
    let (web, trap, source) = (Server::start("127.0.0.1:0").await, Server::start("127.0.0.2:0").await, source());
    let port = trap.address.port();
    for target in [
        "file:///etc/passwd".to_owned(),
        format!("gopher://127.0.0.2:{port}/"),
        format!("ftp://127.0.0.2:{port}/"),
        "data:image/png;base64,AAAA".to_owned(),
        format!("http://user@127.0.0.1:{port}/"),
        format!("//127.0.0.2:{port}/"),
        "http://[".to_owned(),
    ] {
        web.serve("/", Answer::new(302, &format!("Location: {target}\r\n"), b""));
        assert_blocked(&source, &web.url("/")).await;
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_without_a_connection() {
    let web = Server::start("127.0.0.1:0").await;
    let closed = DownloadSource::open(DownloadConfig::default()).unwrap();
    for name in ["localhost", "LOCALHOST", "127.0.0.1"] {
        assert_blocked(&closed, &url(&format!("http://{name}:{}/", web.address.port()))).await;
    }
    assert_eq!(web.connections(), 0);
}

#[tokio::test]
async fn an_https_url_is_asked_for_over_tls_and_never_in_plain_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = url(&format!("https://{}/", listener.local_addr().unwrap()));
    let first = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 6];
        stream.read_exact(&mut first).await.unwrap();
        first
    });
    let outcome = source().fetch(&target, &LIMITS).await;
    assert!(matches!(outcome, Err(SourceError::Unreachable(_))), "{outcome:?}");
    // A handshake record whose first message is the client's hello.
    let [record, major, _, _, _, message] = first.await.unwrap();
    assert_eq!((record, major, message), (0x16, 3, 1));
}

#[tokio::test]
async fn servers_are_told_neither_cookies_nor_where_a_redirect_came_from() {
    let (web, source) = (Server::start("127.0.0.1:0").await, source());
    web.serve("/from", Answer::new(302, "Set-Cookie: id=1; Path=/\r\nLocation: /to?x=1\r\n", b""));
    web.serve("/to?x=1", Answer::new(200, "Set-Cookie: id=2; Path=/\r\n", b"image"));
    for _ in 0..2 {
        assert_eq!(&source.fetch(&web.url("/from"), &LIMITS).await.unwrap().bytes[..], b"image");
    }
    let requests = web.requests();
    assert_eq!(requests.len(), 4);
    for request in requests.iter().map(|request| request.to_lowercase()) {
        for header in ["cookie:", "referer:", "authorization:", "origin:"] {
            assert!(!request.contains(header), "{request}");
        }
        assert!(
            request.contains("user-agent: wareroom/") && request.contains("accept-encoding: identity"),
            "{request}"
        );
    }
}

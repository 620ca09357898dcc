//! `MediaLinks`: renditions straight from where they are kept.

use crate::patience::within;
use crate::samples::{key, keys};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobStore, MediaLinks};

/// Links to be held to account.
#[async_trait]
pub trait MediaLinksFixture: Send + Sync + Sized + 'static {
    /// Links into an empty blob store, shared with nobody.
    async fn fresh() -> Self;

    /// The blob store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// The links into it.
    fn links(&self) -> Arc<dyn MediaLinks>;

    /// What somebody gets who has nothing but a link; `None` where they get an answer that is no success.
    async fn follow(&self, url: &str) -> Option<Bytes>;
}

/// The one list of cases of [`media_links`](crate::media_links).
#[macro_export]
macro_rules! media_links_cases {
    ($then:path, $given:tt) => {
        $then! { media_links $given
            a_link_gives_the_bytes_to_whoever_has_it
            a_source_has_no_link
            every_link_leads_to_the_origin
        }
    };
}

/// Tests that hold a [`MediaLinksFixture`] to every case of [`media_links`](crate::media_links).
#[macro_export]
macro_rules! media_links_suite {
    ($fixture:ty) => {
        $crate::media_links_cases!($crate::tests, ($fixture));
    };
}

media_links_cases!(names, ());

/// `link` MUST give a link by which the bytes can be had without credentials, also one that was made before them.
pub async fn a_link_gives_the_bytes_to_whoever_has_it<F: MediaLinksFixture>() {
    let fixture = F::fresh().await;
    for key in keys().into_iter().filter(|key| key.media_name().is_some()) {
        let link =
            within("link answers", fixture.links().link(&key)).await.expect("a link").expect("one to a rendition");
        assert!(!link.valid.is_zero(), "it is over as soon as it is given");
        let nothing = within("somebody follows it", fixture.follow(&link.url)).await;
        assert_eq!(nothing, None, "there is nothing yet");
        let bytes = Bytes::from(key.to_string());
        within("put answers", fixture.blobs().put(&key, bytes.clone())).await.expect("a put");
        let got = within("somebody follows it", fixture.follow(&link.url)).await;
        assert_eq!(got, Some(bytes), "{key}");
    }
}

/// `link` MUST answer `None` for a source.
pub async fn a_source_has_no_link<F: MediaLinksFixture>() {
    let fixture = F::fresh().await;
    let source = key();
    assert!(matches!(source, BlobKey::Source(_)));
    for _ in 0..2 {
        let link = within("link answers", fixture.links().link(&source)).await.expect("an answer");
        assert!(link.is_none(), "a source is public");
        within("put answers", fixture.blobs().put(&source, Bytes::from_static(b"private"))).await.expect("a put");
    }
}

/// `origin` MUST be what each link begins with.
pub async fn every_link_leads_to_the_origin<F: MediaLinksFixture>() {
    let fixture = F::fresh().await;
    let links = fixture.links();
    for key in keys().into_iter().filter(|key| key.media_name().is_some()) {
        let link = within("link answers", links.link(&key)).await.expect("a link").expect("one to a rendition");
        let rest = link.url.strip_prefix(links.origin());
        assert!(rest.is_some_and(|rest| rest.starts_with('/')), "{} is not below {}", link.url, links.origin());
    }
}

//! Links that are wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::BlobKey;
use wareroom_memory::MemoryBlobs;
use wareroom_port_contracts::media_links::{CASES, MediaLinksFixture};
use wareroom_port_contracts::media_links_cases;
use wareroom_ports::{BlobError, BlobStore, BlobStoreExt, MediaLink, MediaLinks};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    AsksForCredentials,
    MakesSourcesPublic,
    NamesAnotherPlace,
}

/// Links into a store in memory, which somebody follows who knows it.
struct Wrong(Option<Fault>);

#[async_trait]
impl MediaLinks for Wrong {
    async fn link(&self, key: &BlobKey) -> Result<Option<MediaLink>, BlobError> {
        let shown = matches!(key, BlobKey::Rendition(..)) || self.0 == Some(Fault::MakesSourcesPublic);
        let url = match self.0 {
            Some(Fault::AsksForCredentials) => format!("memory:/user@{key}"),
            _ => format!("memory:/{key}"),
        };
        Ok(shown.then_some(MediaLink { url, valid: Duration::from_secs(1) }))
    }

    fn origin(&self) -> &str {
        if self.0 == Some(Fault::NamesAnotherPlace) { "disk:" } else { "memory:" }
    }
}

struct Fixture(Arc<MemoryBlobs>);

#[async_trait]
impl MediaLinksFixture for Fixture {
    async fn fresh() -> Self {
        Self(Arc::default())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.0) as _
    }

    fn links(&self) -> Arc<dyn MediaLinks> {
        Arc::new(Wrong(fault()))
    }

    async fn follow(&self, url: &str) -> Option<Bytes> {
        self.0.read(&url.strip_prefix("memory:/")?.parse().ok()?).await.unwrap()
    }
}

media_links_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_media_links_notices_its_fault() {
    let faults = [
        ("a_link_gives_the_bytes_to_whoever_has_it", Fault::AsksForCredentials),
        ("a_source_has_no_link", Fault::MakesSourcesPublic),
        ("every_link_leads_to_the_origin", Fault::NamesAnotherPlace),
    ];
    prove("media_links", CASES, &media_links(), &faults);
}

//! Fetching images from elsewhere, measured.

use super::call::Call;
use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::ImageUrl;
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

pub(super) struct MeasuredSource {
    inner: Arc<dyn ImageSource>,
    fetch: Call,
}

impl MeasuredSource {
    pub(super) fn new(inner: Arc<dyn ImageSource>) -> Self {
        Self { inner, fetch: Call::new("image_source", "fetch") }
    }
}

#[async_trait]
impl ImageSource for MeasuredSource {
    async fn fetch(&self, url: &ImageUrl, limits: &FetchLimits) -> Result<Fetched, SourceError> {
        self.fetch.time(self.inner.fetch(url, limits)).await
    }
}

//! The links that answers give out.

use crate::ApiSettings;
use wareroom_domain::{ProductId, Rendition, UserId};

/// Makes links below the configured bases.
#[derive(Debug)]
pub(crate) struct Links {
    public: String,
    media: String,
}

impl Links {
    pub(crate) fn new(settings: &ApiSettings) -> Self {
        let base = |url: &str| url.trim_end_matches('/').to_owned();
        Self { public: base(&settings.public_url), media: base(&settings.media_url) }
    }

    pub(crate) fn product(&self, id: ProductId) -> String {
        format!("{}/products/{id}", self.public)
    }

    pub(crate) fn user(&self, id: UserId) -> String {
        format!("{}/users/{id}", self.public)
    }

    pub(crate) fn rendition(&self, rendition: &Rendition) -> String {
        format!("{}/media/{}", self.media, rendition.key.media_name().unwrap_or_default())
    }
}

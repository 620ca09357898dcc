//! The links that answers give out.

use crate::ApiSettings;
use poem::http::Uri;
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

    /// The base of every link.
    pub(crate) fn public(&self) -> &str {
        &self.public
    }

    /// The path in it, which whoever stands in front of us takes off: `/shop`, or nothing.
    pub(crate) fn public_path(&self) -> String {
        self.public.parse::<Uri>().map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_public_url_begins_with_a_slash_or_is_nothing() {
        for (url, path) in [
            ("http://127.0.0.1:8080", ""),
            ("https://shop.example/", ""),
            ("https://shop.example/wr", "/wr"),
            ("https://shop.example/a/wr//", "/a/wr"),
        ] {
            assert_eq!(Links::new(&ApiSettings::at(url)).public_path(), path, "{url}");
        }
    }
}

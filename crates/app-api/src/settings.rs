//! What can be set about the REST edge. Read from the configuration elsewhere.

use std::time::Duration;

/// What can be set about the REST edge.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The base of every link that is given out, such as `http://127.0.0.1:8080`.
    pub public_url: String,
    /// The base in front of `/media/...`: a content delivery network, or the same as `public_url`.
    pub media_url: String,
    /// The origins whose pages may call, as browsers send them, such as `https://shop.example`; `*` for all.
    pub cors_origins: Vec<String>,
    /// How many rendered answers of at most 4 KiB are kept in this process; larger ones count several times. 0 keeps
    /// none.
    pub near_cache_entries: u64,
    /// How long a rendered answer is kept at most.
    pub near_cache_ttl: Duration,
    /// The most bytes that a JSON body may have.
    pub json_max_bytes: u64,
    /// The most bytes that a JSON body may have that may bring an image along.
    pub base64_max_bytes: u64,
    /// The most bytes that a multipart body may have.
    pub multipart_max_bytes: u64,
    /// The most bytes of uploaded files that all requests together hold in memory; beyond it uploads are answered with
    /// 503. A file larger than this is never accepted.
    pub upload_memory_bytes: u64,
    /// How long a body may stand still while it is read.
    pub body_idle_timeout: Duration,
}

impl ApiSettings {
    /// The defaults, with every link below this base.
    pub fn at(public_url: impl Into<String>) -> Self {
        let public_url = public_url.into();
        Self { media_url: public_url.clone(), public_url, ..Self::default() }
    }
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            media_url: "http://127.0.0.1:8080".to_owned(),
            cors_origins: vec![],
            near_cache_entries: 10_000,
            near_cache_ttl: Duration::from_mins(1),
            json_max_bytes: 1024 * 1024,
            base64_max_bytes: 28 * 1024 * 1024,
            multipart_max_bytes: 100 * 1024 * 1024,
            upload_memory_bytes: 512 * 1024 * 1024,
            body_idle_timeout: Duration::from_secs(30),
        }
    }
}

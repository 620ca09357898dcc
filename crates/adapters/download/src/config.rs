//! What may be reached, and how the adapter introduces itself. Knows nothing of where the values come from.

use crate::Cidr;

/// The settings of a [`DownloadSource`](crate::DownloadSource).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadConfig {
    /// Ranges that may be reached although they are not public. None unless told otherwise.
    pub allow: Vec<Cidr>,
    /// How many bytes all images that are being fetched, or were fetched and are still in use, may take together; each may
    /// take one MiB besides. 96 MiB unless told otherwise.
    pub memory: u64,
    /// What servers are told of who asks. `wareroom/<version>` unless told otherwise.
    pub user_agent: String,
}

impl Default for DownloadConfig {
    fn default() -> Self {
        let user_agent = concat!("wareroom/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { allow: vec![], memory: 96 << 20, user_agent }
    }
}

/// How many redirects are followed.
pub(crate) const REDIRECTS: usize = 3;

/// What is asked for: the formats that are read, or else whatever there is.
pub(crate) const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,*/*;q=0.1";

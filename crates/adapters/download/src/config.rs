//! What may be reached, and how the adapter introduces itself. Knows nothing of where the values come from.

use crate::Cidr;

/// The settings of a [`DownloadSource`](crate::DownloadSource).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadConfig {
    /// Ranges that may be reached although they are not public. None unless told otherwise.
    pub allow: Vec<Cidr>,
    /// What servers are told of who asks. `wareroom/<version>` unless told otherwise.
    pub user_agent: String,
}

impl Default for DownloadConfig {
    fn default() -> Self {
        Self { allow: vec![], user_agent: concat!("wareroom/", env!("CARGO_PKG_VERSION")).to_owned() }
    }
}

/// How many redirects are followed.
pub(crate) const REDIRECTS: usize = 3;

/// What is asked for: the formats that are read, or else whatever there is.
pub(crate) const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,*/*;q=0.1";

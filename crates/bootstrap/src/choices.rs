//! The choices that a configuration makes: what keeps products, jobs and images.

use crate::ServerUrl;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where products are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// In a file of SQLite's.
    Sqlite(PathBuf),
    /// On a server of PostgreSQL, for any number of processes.
    Postgres(ServerUrl),
    /// In memory, until the process ends.
    Memory,
}

impl DatabaseUrl {
    const FILE: &str = "wareroom.sqlite";

    pub(crate) fn within(folder: &Path) -> Self {
        Self::Sqlite(folder.join(Self::FILE))
    }

    pub(crate) fn read(text: &str, data: &Path) -> Option<Self> {
        match text {
            MEMORY => Some(Self::Memory),
            _ => ServerUrl::read(text, &["postgres", "postgresql"])
                .map(Self::Postgres)
                .or_else(|| path("sqlite:", text, &data.join(Self::FILE)).map(Self::Sqlite)),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(server) => server.fmt(f),
            Self::Memory => f.write_str(MEMORY),
        }
    }
}

/// Where images are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobUrl {
    /// In files of a folder.
    Files(PathBuf),
    /// In a bucket, below a prefix, for any number of processes.
    S3(ServerUrl),
    /// In memory, until the process ends.
    Memory,
}

impl BlobUrl {
    const FOLDER: &str = "blobs";

    pub(crate) fn within(folder: &Path) -> Self {
        Self::Files(folder.join(Self::FOLDER))
    }

    pub(crate) fn read(text: &str, data: &Path) -> Option<Self> {
        match text {
            MEMORY => Some(Self::Memory),
            _ => ServerUrl::read(text, &["s3"])
                .map(Self::S3)
                .or_else(|| path("file:", text, &data.join(Self::FOLDER)).map(Self::Files)),
        }
    }
}

impl fmt::Display for BlobUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(folder) => write!(f, "file:{}", folder.display()),
            Self::S3(bucket) => bucket.fmt(f),
            Self::Memory => f.write_str(MEMORY),
        }
    }
}

/// Where jobs wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueUrl {
    /// In the database.
    Database,
    /// On a RabbitMQ, fed by the relay.
    Amqp(ServerUrl),
    /// In a queue of their own in memory, fed by the relay.
    Memory,
}

impl QueueUrl {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain = [Self::Database, Self::Memory].into_iter().find(|choice| choice.to_string() == text);
        plain.or_else(|| ServerUrl::read(text, &["amqp", "amqps"]).map(Self::Amqp))
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database => f.write_str("database:"),
            Self::Amqp(server) => server.fmt(f),
            Self::Memory => f.write_str(MEMORY),
        }
    }
}

/// Where read products are cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheUrl {
    /// In memory.
    Memory,
    /// On a server of Redis, for any number of processes, which also hear from each other there what to forget.
    Redis(ServerUrl),
    /// Nowhere.
    None,
}

impl CacheUrl {
    const REDIS: &[&str] = &["redis", "rediss", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"];

    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain = [Self::Memory, Self::None].into_iter().find(|choice| choice.to_string() == text);
        plain.or_else(|| ServerUrl::read(text, Self::REDIS).map(Self::Redis))
    }
}

impl fmt::Display for CacheUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str(MEMORY),
            Self::Redis(server) => server.fmt(f),
            Self::None => f.write_str("none:"),
        }
    }
}

/// How clients get renditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaDelivery {
    /// From the API, which reads them where they are kept.
    Proxy,
    /// From the bucket, to which the API sends them with a link that it has signed.
    Redirect,
}

impl MediaDelivery {
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Proxy, Self::Redirect].into_iter().find(|choice| choice.to_string() == text)
    }
}

impl fmt::Display for MediaDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Proxy { "proxy" } else { "redirect" })
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Pretty, Self::Json].into_iter().find(|choice| choice.to_string() == text)
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Pretty { "pretty" } else { "json" })
    }
}

const MEMORY: &str = "memory:";

/// The path behind a scheme, with or without the two slashes; the usual one when there is none.
fn path(scheme: &str, text: &str, usual: &Path) -> Option<PathBuf> {
    match text.strip_prefix(scheme)?.trim_start_matches("//") {
        "" => Some(usual.to_owned()),
        path => Some(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_written_as_it_is_read() {
        let data = Path::new("data");
        for text in ["memory:", "sqlite:data/wareroom.sqlite", "sqlite:/srv/shop.sqlite", "postgres://db.example/shop"]
        {
            assert_eq!(DatabaseUrl::read(text, data).unwrap().to_string(), text);
        }
        for text in ["memory:", "file:data/blobs", "file:images", "s3://photos/shop"] {
            assert_eq!(BlobUrl::read(text, data).unwrap().to_string(), text);
        }
        assert!(
            ["database:", "memory:", "amqps://queue.example/shop"]
                .iter()
                .all(|text| QueueUrl::read(text).unwrap().to_string() == *text)
        );
        for text in ["memory:", "none:", "redis://cache.example", "rediss-sentinel://cache.example/1"] {
            assert_eq!(CacheUrl::read(text).unwrap().to_string(), text);
        }
        assert!(["proxy", "redirect"].iter().all(|text| MediaDelivery::read(text).unwrap().to_string() == *text));
        assert!(["pretty", "json"].iter().all(|text| LogFormat::read(text).unwrap().to_string() == *text));
    }

    #[test]
    fn a_scheme_alone_is_a_place_in_the_data_directory() {
        let data = Path::new("data");
        assert_eq!(DatabaseUrl::read("sqlite:", data), Some(DatabaseUrl::within(data)));
        assert_eq!(BlobUrl::read("file://", data), Some(BlobUrl::within(data)));
        assert_eq!(DatabaseUrl::read("mysql://db.example", data), None);
        assert_eq!(CacheUrl::read("memcached://cache.example"), None);
        assert_eq!(BlobUrl::read("gs://bucket", data), None);
        assert_eq!(QueueUrl::read("kafka://queue.example"), None);
    }
}

//! Settings as they are used: read from their text, checked one by one and together.

use crate::settings::Setting;
use crate::{ConfigError, Origin, Sources, values};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where products are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// In a file of SQLite's.
    Sqlite(PathBuf),
    /// In memory, until the process ends.
    Memory,
}

/// Where jobs wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueUrl {
    /// In the database.
    Database,
    /// In a queue of their own in memory, fed by the relay.
    Memory,
}

/// Where read products are cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUrl {
    /// In memory.
    Memory,
    /// Nowhere.
    None,
}

/// Where images are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobUrl {
    /// In files of a folder.
    Files(PathBuf),
    /// In memory, until the process ends.
    Memory,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// A whole configuration. Each field is the setting of the same name, see [`settings`](crate::settings).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is a row of the table of settings, where it is described")]
pub struct Config {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub database: DatabaseUrl,
    pub queue: QueueUrl,
    pub cache: CacheUrl,
    pub cache_ttl: Duration,
    pub near_cache: u64,
    pub blobs: BlobUrl,
    pub public_url: Option<String>,
    pub media_url: Option<String>,
    pub cors_origins: Vec<String>,
    pub image_max_bytes: u64,
    pub image_max_pixels: u64,
    pub image_max_per_product: usize,
    pub image_source_allow: Vec<String>,
    pub download_timeout: Duration,
    pub download_concurrency: u16,
    pub download_memory: u64,
    pub retry_after_max: Duration,
    pub min_free_space: u64,
    pub idempotency_lease: Duration,
    pub keep_idempotency_keys: Duration,
    pub keep_events: Duration,
    pub keep_dead_letters: Duration,
    pub keep_leftovers: Duration,
    pub blob_claim: Duration,
    pub prune_every: Duration,
    pub upload_memory: u64,
    pub worker_concurrency: u16,
    pub job_deadline: Duration,
    pub job_lease: Duration,
    pub rescue_after: Duration,
    pub back_off: Vec<Duration>,
    pub codec_timeout: Duration,
    pub codec_memory: u64,
    pub store_wait: Duration,
    pub drain: Duration,
    pub stop_delay: Duration,
    pub max_connections: usize,
    pub log: String,
    pub log_format: Option<LogFormat>,
}

impl Config {
    /// Reads and checks every setting.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let data_dir = read(sources, "data_dir", |text| (!text.is_empty()).then(|| PathBuf::from(text)))?;
        let file = |scheme: &str, text: &str, name: &str| match text.strip_prefix(scheme)?.trim_start_matches("//") {
            "" => Some(data_dir.join(name)),
            path => Some(PathBuf::from(path)),
        };
        let database =
            read_or(sources, "database_url", DatabaseUrl::Sqlite(data_dir.join(DATABASE)), |text| match text {
                "memory:" => Some(DatabaseUrl::Memory),
                _ => file("sqlite:", text, DATABASE).map(DatabaseUrl::Sqlite),
            })?;
        let in_memory = database == DatabaseUrl::Memory;
        let blobs = if in_memory { BlobUrl::Memory } else { BlobUrl::Files(data_dir.join(BLOBS)) };
        let blobs = read_or(sources, "blob_url", blobs, |text| match text {
            "memory:" => Some(BlobUrl::Memory),
            _ => file("file:", text, BLOBS).map(BlobUrl::Files),
        })?;
        let job_deadline = read(sources, "job_deadline", values::duration)?;
        let job_lease = job_deadline + (job_deadline / 2).min(Duration::from_mins(1));
        let job_lease = read_or(sources, "job_lease", job_lease, values::duration)?;
        let config = Self {
            listen: read(sources, "listen", |text| text.parse().ok())?,
            database,
            blobs,
            queue: read_or(sources, "queue_url", QueueUrl::Database, |text| match text {
                "database:" => Some(QueueUrl::Database),
                "memory:" => Some(QueueUrl::Memory),
                _ => None,
            })?,
            cache: read(sources, "cache_url", |text| match text {
                "memory:" => Some(CacheUrl::Memory),
                "none:" => Some(CacheUrl::None),
                _ => None,
            })?,
            cache_ttl: read(sources, "cache_ttl", values::duration)?,
            near_cache: read(sources, "near_cache", |text| values::number(text, &(0..=u64::MAX)))?,
            public_url: read_or(sources, "public_url", None, |text| values::base_url(text).map(Some))?,
            media_url: read_or(sources, "media_url", None, |text| values::base_url(text).map(Some))?,
            cors_origins: read_or(sources, "cors_origins", vec![], values::origins)?,
            image_max_bytes: read(sources, "image_max_bytes", values::bytes)?,
            image_max_pixels: read(sources, "image_max_pixels", |text| values::number(text, &(1..=u64::MAX)))?,
            image_max_per_product: read(sources, "image_max_per_product", |text| values::number(text, &(1..=10_000)))?,
            image_source_allow: read_or(sources, "image_source_allow", vec![], |text| {
                let ranges: Vec<String> = text.split(',').map(|range| range.trim().to_owned()).collect();
                ranges.iter().all(|range| is_range(range)).then_some(ranges)
            })?,
            download_timeout: read(sources, "download_timeout", values::duration)?,
            download_concurrency: read(sources, "download_concurrency", |text| values::number(text, &(1..=1024)))?,
            download_memory: read(sources, "download_memory", values::bytes)?,
            retry_after_max: read(sources, "retry_after_max", values::duration)?,
            min_free_space: read(sources, "min_free_space", values::bytes)?,
            idempotency_lease: read(sources, "idempotency_lease", values::duration)?,
            keep_idempotency_keys: read(sources, "keep_idempotency_keys", values::duration)?,
            keep_events: read(sources, "keep_events", values::duration)?,
            keep_dead_letters: read(sources, "keep_dead_letters", values::duration)?,
            keep_leftovers: read(sources, "keep_leftovers", values::duration)?,
            blob_claim: read(sources, "blob_claim", values::duration)?,
            prune_every: read(sources, "prune_every", values::duration)?,
            upload_memory: read(sources, "upload_memory", values::bytes)?,
            worker_concurrency: read_or(sources, "worker_concurrency", cores(), |text| {
                values::number(text, &(1..=1024))
            })?,
            job_deadline,
            job_lease,
            rescue_after: read_or(sources, "rescue_after", job_lease * 2, values::duration)?,
            back_off: read(sources, "back_off", |text| {
                text.split(',').map(|part| values::duration(part.trim())).collect()
            })?,
            codec_timeout: read(sources, "codec_timeout", values::duration)?,
            codec_memory: read(sources, "codec_memory", values::bytes)?,
            store_wait: read(sources, "store_wait", values::duration)?,
            drain: read(sources, "drain", values::duration)?,
            stop_delay: read(sources, "stop_delay", |text| match text {
                "0s" => Some(Duration::ZERO),
                _ => values::duration(text),
            })?,
            max_connections: read(sources, "max_connections", |text| values::number(text, &(1..=1_000_000)))?,
            log: read(sources, "log", |text| (!text.is_empty()).then(|| text.to_owned()))?,
            log_format: read_or(sources, "log_format", None, |text| match text {
                "pretty" => Some(Some(LogFormat::Pretty)),
                "json" => Some(Some(LogFormat::Json)),
                _ => None,
            })?,
            data_dir,
        };
        let open = read_or(sources, "auth", false, |text| (text == "none").then_some(true))?;
        config.check(open)?;
        Ok(config)
    }

    /// Whether anything outlives the process.
    pub fn is_durable(&self) -> bool {
        matches!(self.database, DatabaseUrl::Sqlite(_))
    }

    fn check(&self, open: bool) -> Result<(), ConfigError> {
        if !self.listen.ip().is_loopback() && !open {
            return Err(ConfigError::Combination(format!(
                "listen is {}, which others can reach, and there are no accounts yet: every caller could do everything. \
                 Set WAREROOM_AUTH=none if that is meant, or listen on 127.0.0.1",
                self.listen
            )));
        }
        if self.listen.ip().is_unspecified() && self.public_url.is_none() {
            return Err(ConfigError::Combination(format!(
                "listen is {}, which is no address that a link could name. Set WAREROOM_PUBLIC_URL to what clients see",
                self.listen
            )));
        }
        if self.upload_memory / 2 < self.image_max_bytes {
            return Err(ConfigError::Combination(format!(
                "upload_memory is {} bytes and image_max_bytes {}; an upload needs up to twice its size while it arrives",
                self.upload_memory, self.image_max_bytes
            )));
        }
        if self.job_lease <= self.job_deadline {
            return Err(ConfigError::Combination(format!(
                "job_lease is {:?} and job_deadline {:?}; a job must be kept from others for longer than it may take",
                self.job_lease, self.job_deadline
            )));
        }
        if self.blob_claim <= self.job_lease {
            return Err(ConfigError::Combination(format!(
                "blob_claim is {:?} and job_lease {:?}; what a job puts must be kept for longer than the job may take",
                self.blob_claim, self.job_lease
            )));
        }
        if self.rescue_after <= self.job_lease {
            return Err(ConfigError::Combination(format!(
                "rescue_after is {:?} and job_lease {:?}; an image is taken for stuck only after its job was given to others",
                self.rescue_after, self.job_lease
            )));
        }
        if self.download_timeout + self.codec_timeout * 2 >= self.job_deadline {
            return Err(ConfigError::Combination(format!(
                "download_timeout is {:?}, codec_timeout {:?} and job_deadline {:?}; an image is fetched, may wait as long as it \
                 is processed, and is processed: the deadline must be longer than that",
                self.download_timeout, self.codec_timeout, self.job_deadline
            )));
        }
        let refuse = |key: &str| {
            let text =
                format!("{key} is memory: while database_url outlives the process; what was accepted would be lost");
            Err(ConfigError::Combination(text))
        };
        match (self.is_durable(), self.queue, &self.blobs) {
            (true, QueueUrl::Memory, _) => refuse("queue_url"),
            (true, _, BlobUrl::Memory) => refuse("blob_url"),
            _ => Ok(()),
        }
    }
}

#[cfg(feature = "download")]
fn is_range(text: &str) -> bool {
    text.parse::<wareroom_download::Cidr>().is_ok()
}

/// Without the adapter nothing is fetched, whatever is allowed.
#[cfg(not(feature = "download"))]
fn is_range(_text: &str) -> bool {
    true
}

const DATABASE: &str = "wareroom.sqlite";
const BLOBS: &str = "blobs";

fn cores() -> u16 {
    std::thread::available_parallelism().ok().and_then(|cores| u16::try_from(cores.get()).ok()).unwrap_or(2)
}

/// A setting's value, or its default in the table.
fn read<T>(sources: &Sources, key: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
    let default = setting(key).default;
    let (text, origin) = sources.get(key).unwrap_or((default, &Origin::Default));
    parse(text).ok_or_else(|| bad(key, text, origin))
}

/// A setting's value, or a default that depends on others.
fn read_or<T>(sources: &Sources, key: &str, default: T, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
    match sources.get(key) {
        None => Ok(default),
        Some((text, origin)) => parse(text).ok_or_else(|| bad(key, text, origin)),
    }
}

fn bad(key: &str, value: &str, origin: &Origin) -> ConfigError {
    let Setting { key, allowed, .. } = *setting(key);
    ConfigError::BadValue { place: origin.to_string(), key, value: value.to_owned(), allowed: allowed.to_owned() }
}

#[expect(clippy::expect_used, reason = "the keys stand in this file, and a test reads every one")]
fn setting(key: &str) -> &'static Setting {
    Setting::find(key).expect("every key that is read is a row of the table")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SETTINGS;

    fn config(set: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let flags = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Config::from_sources(&Sources::new().with_flags(flags).unwrap())
    }

    #[test]
    fn the_defaults_are_the_embedded_stack() {
        let config = config(&[]).unwrap();
        assert_eq!(config.database, DatabaseUrl::Sqlite(PathBuf::from("./wareroom-data/wareroom.sqlite")));
        assert_eq!(config.blobs, BlobUrl::Files(PathBuf::from("./wareroom-data/blobs")));
        assert_eq!(config.back_off.len(), 5);
        assert_eq!((config.job_lease, config.rescue_after), (Duration::from_mins(6), Duration::from_mins(12)));
    }

    #[test]
    fn a_bad_value_names_the_key_the_value_and_what_is_allowed() {
        for setting in SETTINGS.iter().filter(|setting| setting.key != "data_dir" && setting.key != "log") {
            let error = config(&[(setting.key, "!?")]).unwrap_err().to_string();
            for part in [setting.key, "!?", setting.allowed] {
                assert!(error.contains(part), "{error}");
            }
        }
        assert!(config(&[("data_dir", "")]).is_err());
        assert!(config(&[("log", "")]).is_err());
    }

    #[test]
    fn others_are_let_in_only_when_that_is_spelled_out() {
        let error = config(&[("listen", "0.0.0.0:8080")]).unwrap_err().to_string();
        assert!(error.contains("WAREROOM_AUTH=none"), "{error}");
        let open = [("listen", "0.0.0.0:8080"), ("auth", "none"), ("public_url", "http://shop.example")];
        assert!(config(&open).is_ok());
        let error = config(&open[..2]).unwrap_err().to_string();
        assert!(error.contains("WAREROOM_PUBLIC_URL"), "{error}");
        assert!(config(&[("listen", "[::1]:8080")]).is_ok());
    }

    #[test]
    fn the_largest_image_finds_room_in_the_memory_of_uploads() {
        let error = config(&[("image_max_bytes", "400MB")]).unwrap_err().to_string();
        assert!(error.contains("upload_memory"), "{error}");
    }

    #[test]
    fn a_job_has_time_for_the_codec_to_take_too_long() {
        let error = config(&[("codec_timeout", "3min")]).unwrap_err().to_string();
        assert!(error.contains("job_deadline"), "{error}");
    }

    #[test]
    fn a_job_is_kept_from_others_for_longer_than_it_may_take() {
        let error = config(&[("job_lease", "5min")]).unwrap_err().to_string();
        assert!(error.contains("job_deadline"), "{error}");
        let error = config(&[("blob_claim", "6min")]).unwrap_err().to_string();
        assert!(error.contains("job_lease"), "{error}");
        let error = config(&[("rescue_after", "6min")]).unwrap_err().to_string();
        assert!(error.contains("job_lease"), "{error}");
    }

    #[test]
    fn ranges_are_read_with_commas_between() {
        let config = config(&[("image_source_allow", "127.0.0.1/32, fd00::/8")]).unwrap();
        assert_eq!(config.image_source_allow, ["127.0.0.1/32", "fd00::/8"]);
    }

    #[test]
    fn what_outlives_the_process_is_not_fed_from_what_does_not() {
        assert!(config(&[("queue_url", "memory:")]).is_err());
        assert!(config(&[("blob_url", "memory:")]).is_err());
        let memory = config(&[("database_url", "memory:"), ("queue_url", "memory:")]).unwrap();
        assert_eq!(memory.blobs, BlobUrl::Memory);
        assert!(!memory.is_durable());
    }
}

//! Settings as they are used: values with types, read from their text and checked one by one and together.

use crate::reader::Reader;
use crate::{
    BlobUrl, BucketVariables, CacheUrl, ConfigError, DatabaseUrl, LogFormat, MediaDelivery, QueueUrl, Settled, Sources,
    check, values,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A whole configuration. Each field is the setting of the same name, see [`settings`](crate::settings).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is a row of the table of settings, where it is described")]
pub struct Config {
    pub listen: SocketAddr,
    /// `auth` is `none`.
    pub open: bool,
    pub public_url: Option<String>,
    pub media_url: Option<String>,
    pub cors_origins: Vec<String>,
    /// `None` for none.
    pub admin_listen: Option<SocketAddr>,
    /// Whether somebody set `admin_listen`: then it must be had.
    pub admin_listen_is_set: bool,

    pub data_dir: PathBuf,
    pub database: DatabaseUrl,
    pub queue: QueueUrl,
    pub queue_prefix: String,
    pub outbox_limit: u64,
    pub blobs: BlobUrl,
    /// Of the environment alone: what every program calls them that uses buckets.
    pub bucket_variables: BucketVariables,
    pub media_delivery: MediaDelivery,
    pub media_link_time: Duration,
    pub blob_timeout: Duration,
    pub min_free_space: u64,
    pub database_readers: usize,
    pub database_connections: usize,
    pub database_statement_time: Duration,
    pub list_time: Duration,
    pub store_wait: Duration,

    pub cache: CacheUrl,
    pub cache_prefix: String,
    pub cache_ttl: Duration,
    pub cache_products: usize,
    pub near_cache: u64,

    pub json_max_bytes: u64,
    pub base64_max_bytes: u64,
    pub multipart_max_bytes: u64,
    pub upload_memory: u64,
    pub header_max_bytes: usize,
    pub header_timeout: Duration,
    pub body_idle_timeout: Duration,
    pub idle_timeout: Duration,
    pub max_connections: usize,
    pub listen_backlog: u32,
    pub idempotency_lease: Duration,

    pub image_max_bytes: u64,
    pub image_max_pixels: u64,
    pub image_max_per_product: usize,
    pub codec_timeout: Duration,
    pub codec_memory: u64,

    pub image_source_allow: Vec<String>,
    pub download_timeout: Duration,
    pub download_concurrency: u16,
    pub download_memory: u64,
    /// `None` for the adapter's own.
    pub download_user_agent: Option<String>,
    pub retry_after_max: Duration,

    pub worker_concurrency: u16,
    pub job_deadline: Duration,
    pub job_lease: Duration,
    pub back_off: Vec<Duration>,
    pub rescue_after: Duration,
    pub rescue_every: Duration,
    pub store_retry: Duration,
    pub store_retry_max: Duration,
    pub poll_every: Duration,
    pub relay_lease: Duration,
    pub step_batch: usize,
    pub replay_batch: usize,
    pub replay_pause: Duration,
    pub replay_every: Duration,

    pub keep_idempotency_keys: Duration,
    pub keep_events: Duration,
    pub keep_dead_letters: Duration,
    pub keep_leftovers: Duration,
    pub blob_claim: Duration,
    pub prune_every: Duration,

    pub start_wait: Duration,
    pub drain: Duration,
    pub stop_delay: Duration,
    pub log: String,
    pub log_format: Option<LogFormat>,
}

impl Config {
    /// Reads and checks every setting.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        Self::read(sources).map(|(config, _)| config)
    }

    /// What every setting comes to and where it came from, in the order of the table; refused like the configuration itself.
    pub fn explain(sources: &Sources) -> Result<Vec<Settled>, ConfigError> {
        Self::read(sources).map(|(_, settled)| settled)
    }

    fn read(sources: &Sources) -> Result<(Self, Vec<Settled>), ConfigError> {
        let mut reader = Reader::new(sources);
        let config = Self::of(&mut reader);
        let settled = reader.end().map_err(|faults| ConfigError { faults })?;
        let faults = check::faults(&config);
        if faults.is_empty() { Ok((config, settled)) } else { Err(ConfigError { faults }) }
    }

    #[expect(clippy::too_many_lines, reason = "a list: a setting each")]
    fn of(from: &mut Reader<'_>) -> Self {
        let listen: SocketAddr = from.read("listen", |text| text.parse().ok());
        let public_url = from.read_or(
            "public_url",
            None,
            |text| values::base_url(text).map(Some),
            |url| url.clone().unwrap_or_else(|| format!("http://{listen}")),
        );
        let link = public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        let data_dir = from.read("data_dir", |text| (!text.is_empty()).then(|| PathBuf::from(text)));
        let database = from.read_or(
            "database_url",
            DatabaseUrl::within(&data_dir),
            |text| DatabaseUrl::read(text, &data_dir),
            DatabaseUrl::to_string,
        );
        let in_memory = database == DatabaseUrl::Memory;
        let cache = if matches!(database, DatabaseUrl::Postgres(_)) { CacheUrl::None } else { CacheUrl::Memory };
        let blobs = if in_memory { BlobUrl::Memory } else { BlobUrl::within(&data_dir) };
        let job_deadline = from.read("job_deadline", values::duration);
        let job_lease = job_deadline + (job_deadline / 2).min(Duration::from_mins(1));
        let job_lease = from.read_or("job_lease", job_lease, values::duration, |time| values::written(*time));
        Self {
            listen,
            open: from.read_or(
                "auth",
                false,
                |text| (text == "none").then_some(true),
                |open| if *open { "none".to_owned() } else { String::new() },
            ),
            media_url: from.read_or(
                "media_url",
                None,
                |text| values::base_url(text).map(Some),
                |url| url.as_ref().unwrap_or(&link).clone(),
            ),
            cors_origins: from.read_or("cors_origins", vec![], values::origins, |origins| origins.join(",")),
            admin_listen: from
                .read("admin_listen", |text| if text == "off" { Some(None) } else { text.parse().ok().map(Some) }),
            admin_listen_is_set: from.is_set("admin_listen"),
            public_url,
            blobs: from.read_or("blob_url", blobs, |text| BlobUrl::read(text, &data_dir), BlobUrl::to_string),
            queue: from.read_or("queue_url", QueueUrl::Database, QueueUrl::read, QueueUrl::to_string),
            queue_prefix: from.read("queue_prefix", values::plain_prefix),
            outbox_limit: from.read("outbox_limit", |text| values::number(text, &(0..=u64::MAX))),
            bucket_variables: from.bucket_variables(),
            blob_timeout: from.read("blob_timeout", values::duration),
            media_link_time: from.read("media_link_time", |text| {
                values::duration(text).filter(|time| *time <= Duration::from_hours(24 * 7))
            }),
            media_delivery: from.read("media_delivery", MediaDelivery::read),
            min_free_space: from.read("min_free_space", values::bytes),
            database_readers: from.read("database_readers", |text| values::number(text, &(1..=64))),
            database_connections: from.read("database_connections", |text| values::number(text, &(1..=1000))),
            database_statement_time: from.read("database_statement_time", values::duration),
            list_time: from.read("list_time", values::duration),
            store_wait: from.read("store_wait", values::duration),
            cache: from.read_or("cache_url", cache, CacheUrl::read, CacheUrl::to_string),
            cache_prefix: from
                .read("cache_prefix", |text| values::visible(text).filter(|text| !text.contains(['{', '}']))),
            cache_ttl: from.read("cache_ttl", values::duration),
            cache_products: from.read("cache_products", |text| values::number(text, &(1..=usize::MAX))),
            near_cache: from.read("near_cache", |text| values::number(text, &(0..=u64::MAX))),
            json_max_bytes: from.read("json_max_bytes", |text| values::bytes_within(text, 1..=28 << 20)),
            base64_max_bytes: from.read("base64_max_bytes", |text| values::bytes_within(text, 1..=28 << 20)),
            multipart_max_bytes: from.read("multipart_max_bytes", |text| values::bytes_within(text, 1..=100 << 20)),
            upload_memory: from.read("upload_memory", values::bytes),
            header_max_bytes: from.read("header_max_bytes", |text| {
                values::bytes_within(text, 4 << 10..=1 << 20).and_then(|bytes| usize::try_from(bytes).ok())
            }),
            header_timeout: from.read("header_timeout", values::duration),
            body_idle_timeout: from.read("body_idle_timeout", values::duration),
            idle_timeout: from.read("idle_timeout", values::duration),
            max_connections: from.read("max_connections", |text| values::number(text, &(1..=1_000_000))),
            listen_backlog: from.read("listen_backlog", |text| values::number(text, &(1..=65_535))),
            idempotency_lease: from.read("idempotency_lease", values::duration),
            image_max_bytes: from.read("image_max_bytes", values::bytes),
            image_max_pixels: from.read("image_max_pixels", |text| values::number(text, &(1..=u64::MAX))),
            image_max_per_product: from.read("image_max_per_product", |text| values::number(text, &(1..=10_000))),
            codec_timeout: from.read("codec_timeout", values::duration),
            codec_memory: from.read("codec_memory", values::bytes),
            image_source_allow: from.read_or("image_source_allow", vec![], ranges, |ranges| ranges.join(",")),
            download_timeout: from.read("download_timeout", values::duration),
            download_concurrency: from.read("download_concurrency", |text| values::number(text, &(1..=1024))),
            download_memory: from.read("download_memory", values::bytes),
            download_user_agent: from.read_or(
                "download_user_agent",
                None,
                |text| values::visible(text).map(Some),
                |agent| agent.as_deref().unwrap_or(concat!("wareroom/", env!("CARGO_PKG_VERSION"))).to_owned(),
            ),
            retry_after_max: from.read("retry_after_max", values::duration),
            worker_concurrency: from.read_or(
                "worker_concurrency",
                cores(),
                |text| values::number(text, &(1..=1024)),
                u16::to_string,
            ),
            job_deadline,
            job_lease,
            back_off: from.read("back_off", |text| text.split(',').map(|part| values::duration(part.trim())).collect()),
            rescue_after: from.read_or("rescue_after", job_lease * 2, values::duration, |time| values::written(*time)),
            rescue_every: from.read("rescue_every", values::duration),
            store_retry: from.read("store_retry", values::duration),
            store_retry_max: from.read("store_retry_max", values::duration),
            poll_every: from.read("poll_every", values::duration),
            relay_lease: from.read("relay_lease", values::duration),
            step_batch: from.read("step_batch", |text| values::number(text, &(1..=10_000))),
            replay_batch: from.read("replay_batch", |text| values::number(text, &(1..=10_000))),
            replay_pause: from.read("replay_pause", values::duration_or_zero),
            replay_every: from.read("replay_every", values::duration),
            keep_idempotency_keys: from.read("keep_idempotency_keys", values::duration),
            keep_events: from.read("keep_events", values::duration),
            keep_dead_letters: from.read("keep_dead_letters", values::duration),
            keep_leftovers: from.read("keep_leftovers", values::duration),
            blob_claim: from.read("blob_claim", values::duration),
            prune_every: from.read("prune_every", values::duration),
            start_wait: from.read("start_wait", values::duration_or_zero),
            drain: from.read("drain", values::duration),
            stop_delay: from.read("stop_delay", values::duration_or_zero),
            log: from.read("log", |text| (!text.is_empty()).then(|| text.to_owned())),
            log_format: from.read_or(
                "log_format",
                None,
                |text| LogFormat::read(text).map(Some),
                |format| format.map_or("pretty on a terminal, else json".to_owned(), |format| format.to_string()),
            ),
            database,
            data_dir,
        }
    }

    /// Whether anything outlives the process.
    pub fn is_durable(&self) -> bool {
        self.database != DatabaseUrl::Memory
    }

    /// Whether other processes may serve from the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.database, DatabaseUrl::Postgres(_))
    }

    /// The same as [`from_sources`](Self::from_sources) for a process that is one of several: refused unless everything that
    /// they must share can be shared.
    pub fn of_several(sources: &Sources) -> Result<Self, ConfigError> {
        let config = Self::from_sources(sources)?;
        let faults = check::alone(&config);
        if faults.is_empty() { Ok(config) } else { Err(ConfigError { faults }) }
    }
}

fn ranges(text: &str) -> Option<Vec<String>> {
    let ranges: Vec<String> = text.split(',').map(|range| range.trim().to_owned()).collect();
    ranges.iter().all(|range| is_range(range)).then_some(ranges)
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

fn cores() -> u16 {
    std::thread::available_parallelism().ok().and_then(|cores| u16::try_from(cores.get()).ok()).unwrap_or(2)
}

#[cfg(test)]
mod tests;

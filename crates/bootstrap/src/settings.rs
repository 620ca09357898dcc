//! Everything that can be set, one row each. Flags, environment variables and the keys of `wareroom.toml` are made from it.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in `wareroom.toml`. The variable is `WAREROOM_` and the key in capitals, the flag is `--` and the key with
    /// dashes.
    pub key: &'static str,
    /// Its value unless set, in words where it depends on others.
    pub default: &'static str,
    /// What may stand there.
    pub allowed: &'static str,
    /// What it does.
    pub help: &'static str,
}

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("WAREROOM_{}", self.key.to_ascii_uppercase())
    }

    /// The flag, without its dashes in front.
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// The row of that key.
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

const fn row(key: &'static str, default: &'static str, allowed: &'static str, help: &'static str) -> Setting {
    Setting { key, default, allowed, help }
}

const DURATION: &str = "a number and ms, s, min, h or d, such as 30s";
const CIDRS: &str = "addresses and ranges with commas between, such as 10.1.0.0/16,fd00::/8";
const SIZE: &str = "bytes, or a number and KB, MB, GB, KiB, MiB or GiB, such as 20MB";

/// The table.
pub const SETTINGS: &[Setting] = &[
    row("listen", "127.0.0.1:8080", "an address and a port", "where the API listens"),
    row(
        "auth",
        "",
        "none",
        "lets everybody do everything; needed to listen beyond this machine while there are no accounts",
    ),
    row("data_dir", "./wareroom-data", "a folder", "where database and files are kept; locked while in use"),
    row(
        "database_url",
        "sqlite: in the data directory",
        "sqlite:, sqlite:<file> or memory:",
        "where products are kept",
    ),
    row("queue_url", "the database's own queue", "database: or memory:", "where jobs wait for a worker"),
    row("cache_url", "memory:", "memory: or none:", "the cache that product reads go through"),
    row("cache_ttl", "60s", DURATION, "how long a cached product is used at most"),
    row("near_cache", "10000", "a number, 0 for none", "how many rendered answers the API keeps at hand"),
    row("blob_url", "file: in the data directory", "file:, file:<folder> or memory:", "where images are kept"),
    row("public_url", "from the listen address", "an http or https URL", "what clients see in links"),
    row("media_url", "the public URL", "an http or https URL", "what stands before /media in links to renditions"),
    row(
        "cors_origins",
        "",
        "origins with commas between, such as https://shop.example,http://localhost:3000, or *",
        "the origins whose pages browsers let call the API; * for all",
    ),
    row("image_max_bytes", "20MB", SIZE, "the largest image file"),
    row("image_max_pixels", "50000000", "a number from 1", "the most pixels of an image, width times height"),
    row("image_max_per_product", "20", "a number from 1", "the most images of a product"),
    row(
        "image_source_allow",
        "",
        CIDRS,
        "ranges of addresses that images may be fetched from although they are not public",
    ),
    row("download_timeout", "15s", DURATION, "how long fetching an image from its URL may take"),
    row(
        "download_concurrency",
        "16",
        "a number from 1 to 1024",
        "how many images are fetched at once, beside those that are processed",
    ),
    row("download_memory", "96MiB", SIZE, "how much all images being fetched may take together, beyond 1MiB each"),
    row(
        "retry_after_max",
        "1h",
        DURATION,
        "how long a server's wish to be left alone (Retry-After) is respected at most",
    ),
    row(
        "min_free_space",
        "500MB",
        SIZE,
        "below this much free disk no new images are accepted and those in flight wait; the rest goes on",
    ),
    row(
        "idempotency_lease",
        "60s",
        DURATION,
        "how long a request with an Idempotency-Key may run before a repetition of it takes over",
    ),
    row("keep_idempotency_keys", "24h", DURATION, "how long the answer to a request with an Idempotency-Key is kept"),
    row("keep_events", "7d", DURATION, "how long events are kept"),
    row("keep_dead_letters", "30d", DURATION, "how long dead letters are kept"),
    row("keep_leftovers", "1h", DURATION, "how long files of uploads that never ended are kept; longer than any takes"),
    row(
        "blob_claim",
        "1h",
        DURATION,
        "how long a file that nothing names yet is kept for whoever is about to; longer than job_lease",
    ),
    row("prune_every", "10min", DURATION, "how often what was kept long enough is removed"),
    row("upload_memory", "512MiB", SIZE, "how much memory all uploads under way may take together"),
    row(
        "worker_concurrency",
        "the number of cores",
        "a number from 1 to 1024",
        "how many images are processed at once",
    ),
    row("job_deadline", "5min", DURATION, "how long a job may take; then its attempt counts as failed"),
    row(
        "job_lease",
        "job_deadline and a half, at most 1min more",
        DURATION,
        "how long a job that a worker took is kept from others; longer than job_deadline",
    ),
    row(
        "rescue_after",
        "twice job_lease",
        DURATION,
        "after how long an attempt that did not end is taken for dead, its job having gone missing",
    ),
    row("back_off", "1s,5s,30s,2min,10min", "durations, with commas between", "the waits between attempts at an image"),
    row("codec_timeout", "60s", DURATION, "how long decoding and encoding one image may take"),
    row(
        "codec_memory",
        "256MiB",
        SIZE,
        "how much all images being decoded may take together; one that needs more goes alone",
    ),
    row("store_wait", "5s", DURATION, "how long a request waits for its turn to write before it is told to come back"),
    row("drain", "25s", DURATION, "how long running work may go on after the stop signal"),
    row(
        "stop_delay",
        "0s",
        "0s, or a duration",
        "how long the API answers on as not ready before it stops, for balancers to notice",
    ),
    row("max_connections", "1024", "a number from 1", "how many connections the API keeps open at once"),
    row("log", "info", "error, warn, info, debug, trace, or directives by module", "what is logged"),
    row("log_format", "pretty on a terminal, else json", "pretty or json", "how it is logged"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_plain() {
        for (index, setting) in SETTINGS.iter().enumerate() {
            assert!(setting.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", setting.key);
            assert!(SETTINGS[..index].iter().all(|earlier| earlier.key != setting.key), "{}", setting.key);
        }
    }
}

//! Which settings go together.

use crate::values::written;
use crate::{BlobUrl, CacheUrl, Config, DatabaseUrl, Fault, MediaDelivery, QueueUrl};

/// What does not go together in a configuration whose settings are right each for itself.
pub(crate) fn faults(config: &Config) -> Vec<Fault> {
    let checks = [
        access(config),
        links(config),
        uploads(config),
        store(config),
        queue(config),
        cache(config),
        blobs(config),
        media(config),
    ];
    let all = checks.into_iter().flatten().chain(times(config));
    all.map(Fault::Combination).collect()
}

fn access(config: &Config) -> Option<String> {
    (!config.listen.ip().is_loopback() && !config.open).then(|| {
        format!(
            "listen is {}, which other machines can reach, and there are no accounts yet: every caller could do everything. \
             Set WAREROOM_AUTH=none if that is meant, or listen on 127.0.0.1",
            config.listen
        )
    })
}

fn links(config: &Config) -> Option<String> {
    (config.listen.ip().is_unspecified() && config.public_url.is_none()).then(|| {
        format!(
            "listen is {}, which is no address that a link could name. Set WAREROOM_PUBLIC_URL to what clients see",
            config.listen
        )
    })
}

fn uploads(config: &Config) -> Option<String> {
    (config.upload_memory / 2 < config.image_max_bytes).then(|| {
        format!(
            "upload_memory is {} bytes and image_max_bytes {}; an upload needs up to twice its size while it arrives",
            config.upload_memory, config.image_max_bytes
        )
    })
}

fn store(config: &Config) -> Option<String> {
    (config.store_retry > config.store_retry_max).then(|| {
        format!(
            "store_retry is {} and store_retry_max {}; the first wait is not longer than the longest",
            written(config.store_retry),
            written(config.store_retry_max)
        )
    })
}

fn times(config: &Config) -> impl Iterator<Item = String> {
    let (deadline, lease) = (config.job_deadline, config.job_lease);
    let longer = |(key, time), (other, least), why: &str| {
        (time <= least).then(|| format!("{key} is {} and {other} {}; {why}", written(time), written(least)))
    };
    let lease_row = ("job_lease", lease);
    let download_and_codec = (config.download_timeout + config.codec_timeout * 2 >= deadline).then(|| {
        format!(
            "download_timeout is {}, codec_timeout {} and job_deadline {}; an image is fetched, may wait as long as it is \
             processed, and is processed: the deadline must be longer than that",
            written(config.download_timeout),
            written(config.codec_timeout),
            written(deadline)
        )
    });
    [
        longer(lease_row, ("job_deadline", deadline), "a job must be kept from others for longer than it may take"),
        longer(
            ("blob_claim", config.blob_claim),
            lease_row,
            "what a job puts must be kept for longer than the job may take",
        ),
        longer(
            ("rescue_after", config.rescue_after),
            lease_row,
            "an image is taken for stuck only after its job was given to others",
        ),
        download_and_codec,
    ]
    .into_iter()
    .flatten()
}

fn queue(config: &Config) -> Option<String> {
    (config.is_durable() && config.queue == QueueUrl::Memory).then(|| in_memory("queue_url"))
}

fn cache(config: &Config) -> Option<String> {
    (config.is_shared() && config.cache == CacheUrl::Memory).then(|| {
        "cache_url is memory: while database_url can be shared by several processes; what one of them writes the others would \
         go on reading as it was. Take redis://... or none:"
            .to_owned()
    })
}

/// What a process that is one of several would have for itself alone.
pub(crate) fn alone(config: &Config) -> Vec<Fault> {
    let database = match &config.database {
        DatabaseUrl::Postgres(_) => None,
        other => Some(format!(
            "database_url is {other}, which one process uses alone; take postgres://..., or `wareroom serve`"
        )),
    };
    database.map(Fault::Combination).into_iter().collect()
}

fn blobs(config: &Config) -> Option<String> {
    (config.is_durable() && config.blobs == BlobUrl::Memory).then(|| in_memory("blob_url"))
}

fn media(config: &Config) -> Option<String> {
    let bucket = matches!(config.blobs, BlobUrl::S3(_));
    (config.media_delivery == MediaDelivery::Redirect && !bucket)
        .then(|| "media_delivery is redirect while blob_url names no bucket that clients could be sent to".to_owned())
}

fn in_memory(key: &str) -> String {
    format!("{key} is memory: while database_url outlives the process; what was accepted would be lost")
}

#[cfg(test)]
mod tests {
    use crate::{Config, Sources};

    fn faults(set: &[(&str, &str)]) -> String {
        let flags = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Config::from_sources(&Sources::new().with_flags(flags))
            .map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn others_are_let_in_only_when_that_is_spelled_out() {
        let open = [("listen", "0.0.0.0:8080"), ("auth", "none"), ("public_url", "http://shop.example")];
        assert!(faults(&open[..1]).contains("WAREROOM_AUTH=none"));
        let link = faults(&open[..2]);
        assert!(link.contains("WAREROOM_PUBLIC_URL") && !link.contains("WAREROOM_AUTH"), "{link}");
        assert_eq!(faults(&open), "");
        assert_eq!(faults(&[("listen", "[::1]:8080")]), "");
    }

    #[test]
    fn the_largest_image_finds_room_in_the_memory_of_uploads() {
        assert!(faults(&[("image_max_bytes", "400MB")]).contains("upload_memory"));
    }

    #[test]
    fn a_job_has_time_for_the_codec_to_take_too_long() {
        assert!(faults(&[("codec_timeout", "3min")]).contains("job_deadline"));
    }

    #[test]
    fn a_job_is_kept_from_others_for_longer_than_it_may_take() {
        assert!(faults(&[("job_lease", "5min")]).contains("job_lease is 5min and job_deadline 5min"));
        assert!(faults(&[("blob_claim", "6min")]).contains("blob_claim is 6min and job_lease 6min"));
        assert!(faults(&[("rescue_after", "6min")]).contains("rescue_after is 6min and job_lease 6min"));
    }

    #[test]
    fn the_first_wait_for_a_store_is_not_longer_than_the_longest() {
        assert!(faults(&[("store_retry_max", "50ms")]).contains("store_retry is 100ms and store_retry_max 50ms"));
        assert_eq!(faults(&[("store_retry_max", "100ms")]), "");
    }

    #[test]
    fn what_outlives_the_process_is_not_fed_from_what_does_not() {
        assert!(faults(&[("queue_url", "memory:")]).contains("queue_url"));
        assert!(faults(&[("blob_url", "memory:")]).contains("blob_url"));
        assert_eq!(faults(&[("database_url", "memory:"), ("queue_url", "memory:")]), "");
    }

    #[test]
    fn clients_are_sent_to_a_bucket_where_there_is_one() {
        assert!(faults(&[("media_delivery", "redirect")]).contains("media_delivery"));
        assert_eq!(faults(&[("media_delivery", "redirect"), ("blob_url", "s3://photos")]), "");
    }

    #[test]
    fn what_several_processes_use_is_shared() {
        let postgres = ("database_url", "postgres://db.example/shop");
        assert!(faults(&[postgres, ("cache_url", "memory:")]).contains("cache_url"));
        for cache in ["none:", "redis://cache.example"] {
            assert_eq!(faults(&[postgres, ("cache_url", cache)]), "");
        }
        let alone = |set: &[(&str, &str)]| {
            let flags = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Config::of_several(&Sources::new().with_flags(flags))
                .map_or_else(|error| error.to_string(), |_| String::new())
        };
        assert_eq!(alone(&[postgres]), "");
        assert!(alone(&[]).contains("database_url is sqlite:"));
        assert!(alone(&[("database_url", "memory:")]).contains("database_url is memory:"));
    }

    #[test]
    fn all_that_does_not_go_together_is_told_at_once() {
        let both = faults(&[("listen", "0.0.0.0:8080"), ("codec_timeout", "3min")]);
        assert!(
            ["3 things", "WAREROOM_AUTH", "WAREROOM_PUBLIC_URL", "codec_timeout"]
                .iter()
                .all(|part| both.contains(part))
        );
    }
}

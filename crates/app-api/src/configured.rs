//! The edge's settings, as the configuration of a process has them, and its readiness, as the health of the process is.

use crate::server::ServerSettings;
use crate::{ApiSettings, LostPart, Readiness};
use futures::FutureExt;
use wareroom_bootstrap::Config;
use wareroom_process::health::{Health, Part};

/// How connections are taken with this configuration.
pub fn server_settings(config: &Config) -> ServerSettings {
    ServerSettings {
        listen: config.listen,
        max_connections: config.max_connections,
        backlog: config.listen_backlog,
        header_timeout: config.header_timeout,
        max_header_bytes: config.header_max_bytes,
        idle_timeout: config.idle_timeout,
        body_idle_timeout: config.body_idle_timeout,
        drain: config.drain,
    }
}

/// What the edge does with this configuration, and links that begin with `public_url`.
pub fn api_settings(config: &Config, public_url: &str) -> ApiSettings {
    ApiSettings {
        public_url: public_url.to_owned(),
        media_url: config.media_url.clone().unwrap_or_else(|| public_url.to_owned()),
        cors_origins: config.cors_origins.clone(),
        near_cache_entries: config.near_cache,
        near_cache_ttl: config.cache_ttl,
        json_max_bytes: config.json_max_bytes,
        base64_max_bytes: config.base64_max_bytes,
        multipart_max_bytes: config.multipart_max_bytes,
        upload_memory_bytes: config.upload_memory,
        body_idle_timeout: config.body_idle_timeout,
    }
}

/// From now on `/healthz/ready` says what the health of the process is.
pub fn watch_health(readiness: &Readiness, health: &Health) {
    let health = health.clone();
    readiness.watch_parts(move || {
        let health = health.clone();
        async move { health.lost().await.iter().map(|part| lost_part(*part)).collect() }.boxed()
    });
}

const fn lost_part(part: Part) -> LostPart {
    match part {
        Part::Store => LostPart::Store,
        Part::Blobs => LostPart::Blobs,
        Part::Queue => LostPart::Queue,
        Part::Cache => LostPart::Cache,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_bootstrap::Sources;

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_edge() {
        let config = Config::from_sources(&Sources::new()).unwrap();
        // A whole process may take longer to stop than a server by itself.
        let server = ServerSettings { drain: config.drain, ..ServerSettings::default() };
        assert_eq!(server_settings(&config), server);
        let api = ApiSettings::at("http://127.0.0.1:8080");
        assert_eq!(format!("{:?}", api_settings(&config, "http://127.0.0.1:8080")), format!("{api:?}"));
    }

    #[tokio::test]
    async fn what_makes_a_process_unready_is_the_same_at_both_of_its_listeners() {
        for part in [Part::Store, Part::Blobs, Part::Queue, Part::Cache] {
            assert_eq!(lost_part(part).is_needed(), part.is_needed(), "{part:?}");
        }
    }
}

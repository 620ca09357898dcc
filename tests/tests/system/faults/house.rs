//! The servers of one test, and Wareroom's processes over them.

use super::load::PICTURES;
use crate::rows::Rows;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use wareroom_test_kit::{Origin, PostgresServer, RedisServer, RunningBinary, binary_under_test};

/// How long the job of a process that died is kept from others.
pub(super) const LEASE: Duration = Duration::from_secs(9);

/// Everything is over soon, and fits together: a download and two times of the codec into a job, a job into its lease. What a
/// fault of ours cuts off is tried again at once and often enough. A job that went missing is not made up for: it is to be seen.
const SHORT: [(&str, &str); 10] = [
    ("WAREROOM_DATABASE_STATEMENT_TIME", "4s"),
    ("WAREROOM_DOWNLOAD_TIMEOUT", "2s"),
    ("WAREROOM_CODEC_TIMEOUT", "3s"),
    ("WAREROOM_JOB_DEADLINE", "8500ms"),
    ("WAREROOM_JOB_LEASE", "9s"),
    ("WAREROOM_IDEMPOTENCY_LEASE", "3s"),
    ("WAREROOM_BACK_OFF", "20ms,40ms,80ms,160ms,320ms,320ms,320ms,320ms,320ms"),
    ("WAREROOM_STORE_RETRY_MAX", "500ms"),
    ("WAREROOM_RESCUE_AFTER", "1h"),
    ("WAREROOM_IMAGE_SOURCE_ALLOW", "127.0.0.1/32"),
];

/// Servers of a test's own, a folder of blobs, and where pictures come from.
pub(super) struct House {
    pub(super) postgres: PostgresServer,
    pub(super) redis: RedisServer,
    pub(super) origin: Origin,
    folder: TempDir,
}

impl House {
    /// Starts the servers, with the schema of today.
    pub(super) async fn open() -> Self {
        let (postgres, redis) = (PostgresServer::start().await, RedisServer::start());
        let origin = Origin::start().await;
        let house = Self { postgres, redis, origin, folder: tempfile::tempdir().unwrap() };
        let mut migrate = Command::new(binary_under_test());
        migrate.args(["migrate", "up"]).env_clear().env("WAREROOM_DATABASE_URL", house.postgres.url());
        let migrated = migrate.output().await.unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        house
    }

    /// Where the blobs of all processes are.
    pub(super) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    pub(super) async fn rows(&self) -> Rows {
        Rows::over(self.postgres.connect().await)
    }

    /// Starts a process that serves requests and does jobs, beside those that run: the one place that says what such a process
    /// is.
    pub(super) async fn process(&self, name: &str, arguments: &[&str]) -> RunningBinary {
        let mut settings: Vec<(&str, String)> = SHORT.map(|(variable, value)| (variable, value.to_owned())).into();
        settings.push(("WAREROOM_ADMIN_LISTEN", "off".to_owned()));
        settings.push(("WAREROOM_DATABASE_URL", self.postgres.url()));
        settings.push(("WAREROOM_CACHE_URL", self.redis.url()));
        settings.push(("WAREROOM_BLOB_URL", format!("file:{}", self.blobs().display())));
        RunningBinary::start_with(&settings, &self.folder.path().join(name), arguments).await
    }

    /// Where the picture of a seed is fetched from; it fails as often as is said before it is given.
    pub(super) fn url(&self, seed: u64) -> String {
        self.origin.url(&format!("/{seed}.{}", PICTURES.extension()))
    }
}

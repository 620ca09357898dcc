//! A worker's settings, as the configuration of a process has them.

use crate::WorkerSettings;
use wareroom_bootstrap::Config;

/// The numbers and times of a worker with this configuration.
pub fn worker_settings(config: &Config) -> WorkerSettings {
    WorkerSettings {
        concurrency: config.worker_concurrency,
        downloads: config.download_concurrency,
        job_deadline: config.job_deadline,
        drain: config.drain,
        store_wait: config.store_retry,
        store_wait_max: config.store_retry_max,
        poll: config.poll_every,
        prune_every: config.prune_every,
        rescue_every: config.rescue_every,
        replay_every: config.replay_every,
        replay_pause: config.replay_pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_bootstrap::Sources;

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_worker() {
        let config = Config::from_sources(&Sources::new()).unwrap();
        let worker = WorkerSettings { concurrency: config.worker_concurrency, ..WorkerSettings::default() };
        assert_eq!(format!("{:?}", worker_settings(&config)), format!("{worker:?}"));
    }
}

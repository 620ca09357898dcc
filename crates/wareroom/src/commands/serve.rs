//! Serves: API, delivery and worker in one process, until a signal asks it to stop.

use crate::command_line::{every_setting, with_examples};
use crate::ended::Ended;
use crate::logging::Lines;
use crate::{banner, configuration, logging};
use clap::{ArgMatches, Command};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{Server, ServerSettings};
use wareroom_app_api::{Api, ApiSettings};
use wareroom_app_worker::{Worker, WorkerSettings};
use wareroom_application::Application;
use wareroom_bootstrap::{Config, wire};

const EXAMPLES: &str = "\
Examples:
  wareroom serve                                 on http://127.0.0.1:8080, data in ./wareroom-data
  wareroom serve --listen 127.0.0.1:9000 --data-dir /srv/wareroom
  WAREROOM_LOG=debug wareroom serve              every setting is a variable, too

Each setting is a flag (--data-dir), a variable (WAREROOM_DATA_DIR) and a key of
wareroom.toml (data_dir). A flag wins over the variable, the variable over the file.";

pub(crate) fn define(command: Command) -> Command {
    let about = "Serve the API and process images, as `wareroom` alone does";
    with_examples(command.about(about), EXAMPLES).args(every_setting())
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = Config::from_sources(&configuration::sources(arguments))?;
    let _log = logging::start(&config, arguments, Lines::HandedOver)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let wired = runtime.block_on(wire(&config))?;
    let ended = runtime.block_on(serve(&config, wired.application));
    // A decoder that is still at it does not hold up the end: nothing of what it makes was promised yet.
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Not before: until then something of ours may still be written.
    drop(wired.locks);
    ended
}

async fn serve(config: &Config, application: Arc<Application>) -> Ended {
    let server = Server::bind(server_settings(config))?;
    let address = server.local_address();
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let api = Api::new(Arc::clone(&application), api_settings(config, &public_url));
    let worker = Worker::new(Arc::clone(&application), worker_settings(config));
    let (readiness, stop) = (api.readiness(), CancellationToken::new());
    let breaker = worker.breaker();
    readiness.watch_worker(move || breaker.is_open());
    let mut working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let mut serving = tokio::spawn(server.run(api.endpoint(), stop.clone()));
    banner::show(&public_url, config, logging::is_pretty(config));

    tokio::select! {
        signal = wait_for_signal() => signal?,
        // Neither ends by itself. Half a Wareroom would accept what it never processes: whoever watches it starts it anew.
        ended = &mut working => return Err(unexpected("worker", ended.err())),
        ended = &mut serving => return Err(unexpected("API", ended.err())),
    }
    tracing::info!("stopping: finishing what runs; a second signal ends it at once");
    readiness.stop();
    let finished = async {
        tokio::time::sleep(config.stop_delay).await;
        stop.cancel();
        (serving.await, working.await)
    };
    tokio::select! {
        (connections, jobs) = finished => {
            let (connections, jobs) = (connections?, jobs?);
            let (cut, acknowledged, released) = (connections.cut, jobs.acknowledged, jobs.released);
            tracing::info!(cut, acknowledged, released, "stopped");
            Ok(())
        }
        signal = wait_for_signal() => {
            signal?;
            Err("ended by a second signal; what was accepted is kept and goes on at the next start".into())
        }
    }
}

fn server_settings(config: &Config) -> ServerSettings {
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

fn api_settings(config: &Config, public_url: &str) -> ApiSettings {
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

fn worker_settings(config: &Config) -> WorkerSettings {
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

fn unexpected(part: &str, error: Option<tokio::task::JoinError>) -> Box<dyn std::error::Error> {
    let why = error.map(|error| format!(": {error}")).unwrap_or_default();
    format!("the {part} ended unexpectedly{why}; what was accepted is kept and goes on at the next start").into()
}

async fn wait_for_signal() -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_bootstrap::Sources;

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_edges() {
        let config = Config::from_sources(&Sources::new()).unwrap();
        // A whole process may take longer to stop than a server by itself.
        let server = ServerSettings { drain: config.drain, ..ServerSettings::default() };
        assert_eq!(server_settings(&config), server);
        let api = ApiSettings::at("http://127.0.0.1:8080");
        assert_eq!(format!("{:?}", api_settings(&config, "http://127.0.0.1:8080")), format!("{api:?}"));
        let worker = WorkerSettings { concurrency: config.worker_concurrency, ..WorkerSettings::default() };
        assert_eq!(format!("{:?}", worker_settings(&config)), format!("{worker:?}"));
    }
}

//! Serves: API, delivery and worker in one process, until a signal asks it to stop.

use super::Ended;
use crate::{banner, command_line, logging};
use clap::ArgMatches;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{Server, ServerSettings};
use wareroom_app_api::{Api, ApiSettings};
use wareroom_app_worker::{Worker, WorkerSettings};
use wareroom_application::Application;
use wareroom_bootstrap::{Config, Sources, wire};

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = Config::from_sources(&Sources::of_process(command_line::given(arguments))?)?;
    logging::start(&config, arguments)?;
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
    let server = Server::bind(ServerSettings {
        listen: config.listen,
        max_connections: config.max_connections,
        drain: config.drain,
        ..ServerSettings::default()
    })?;
    let address = server.local_address();
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let api = Api::new(
        Arc::clone(&application),
        ApiSettings {
            media_url: config.media_url.clone().unwrap_or_else(|| public_url.clone()),
            public_url: public_url.clone(),
            cors_origins: config.cors_origins.clone(),
            near_cache_entries: config.near_cache,
            near_cache_ttl: config.cache_ttl,
            upload_memory_bytes: config.upload_memory,
            ..ApiSettings::default()
        },
    );
    let worker = Worker::new(
        Arc::clone(&application),
        WorkerSettings {
            concurrency: config.worker_concurrency,
            downloads: config.download_concurrency,
            job_deadline: config.job_deadline,
            drain: config.drain,
            prune_every: config.prune_every,
            ..WorkerSettings::default()
        },
    );
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

//! Serves: API, delivery and worker in one process, until a signal asks it to stop.

use crate::banner;
use crate::command_line::{every_setting, with_examples};
use crate::ended::Ended;
use clap::{ArgMatches, Command};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::Server;
use wareroom_app_api::{Api, api_settings, server_settings, watch_health};
use wareroom_app_worker::{Worker, worker_settings};
use wareroom_application::Application;
use wareroom_bootstrap::{CacheUrl, Config, Connection, wire};
use wareroom_process::admin::{Admin, Watched};
use wareroom_process::configuration::{of_server, server_runtime};
use wareroom_process::figures::Samples;
use wareroom_process::health::{Health, Parts};
use wareroom_process::running::{Signals, part, until_stopped};
use wareroom_process::{logging, measured};

const EXAMPLES: &str = "\
Examples:
  wareroom serve                                 on http://127.0.0.1:8080, data in ./wareroom-data
  wareroom serve --listen 127.0.0.1:9000 --data-dir /srv/wareroom
  WAREROOM_LOG=debug wareroom serve              every setting is a variable, too

Each setting is a flag (--data-dir), a variable (WAREROOM_DATA_DIR) and a key of
wareroom.toml (data_dir). A flag wins over the variable, the variable over the file.";

pub(crate) fn define(command: Command) -> Command {
    let about = "Serve the API and process images, as `wareroom` alone does";
    with_examples(command.about(about), EXAMPLES).args(every_setting(&[]))
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let (config, _log) = of_server(arguments)?;
    let runtime = server_runtime()?;
    let admin = runtime.block_on(Admin::bind(&config))?;
    let wired = runtime.block_on(wire(&config))?;
    let ended = runtime.block_on(serve(&config, &wired.application, wired.connections, admin));
    // A decoder that is still at it does not hold up the end: nothing of what it makes was promised yet.
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Not before: until then something of ours may still be written.
    drop(wired.locks);
    ended
}

async fn serve(
    config: &Config,
    application: &Application,
    connections: Vec<Connection>,
    admin: Option<Admin>,
) -> Ended {
    let mut signals = Signals::receive()?;
    let application = measured::application(application, config.cache != CacheUrl::None);
    let server = Server::bind(server_settings(config))?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", server.local_address()));
    let api = Api::new(Arc::clone(&application), api_settings(config, &public_url));
    let worker = Worker::new(Arc::clone(&application), worker_settings(config));
    let (readiness, stop) = (api.readiness(), CancellationToken::new());
    let health = Health::new(Parts::of(&application).with_connections(connections));
    watch_health(&readiness, &health);
    let breaker = worker.breaker();
    let (holds, held) = (breaker.clone(), breaker.clone());
    readiness.watch_worker(move || breaker.is_open());
    health.watch_worker(move || holds.is_open());
    let samples = Samples::new(application, health.clone()).with_breaker("worker", move || held.is_open());
    let _watching = health.watch();
    let _admin = admin.map(|admin| admin.serve(Watched { health: health.clone(), samples }));
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let serving = tokio::spawn(server.run(api.endpoint(), stop.clone()));
    banner::show(&public_url, config, logging::is_pretty(config));

    let parts = async {
        let (working, serving) = (part("worker", working, stop.clone()), part("API", serving, stop.clone()));
        tokio::try_join!(working, serving)
    };
    let say_stopping = || {
        readiness.stop();
        health.stop();
    };
    let (jobs, connections) =
        until_stopped(async || signals.next().await, parts, say_stopping, config.stop_delay, &stop).await?;
    let (cut, acknowledged, released) = (connections.cut, jobs.acknowledged, jobs.released);
    tracing::info!(cut, acknowledged, released, "stopped");
    Ok(())
}

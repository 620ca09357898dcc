//! `app-api`: the REST edge as a process of its own. Any number of them share the servers that the configuration names, with
//! each other and with any number of `app-worker`; none of them leads.

use clap::ArgMatches;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::Server;
use wareroom_app_api::{Api, api_settings, server_settings, watch_health};
use wareroom_app_worker::{Steps, run_steps, worker_settings};
use wareroom_bootstrap::{CacheUrl, Config, wire};
use wareroom_process::admin::{Admin, Watched};
use wareroom_process::configuration::{of_one_of_several, server_runtime};
use wareroom_process::ended::Ended;
use wareroom_process::figures::Samples;
use wareroom_process::health::{Health, Parts};
use wareroom_process::measured;
use wareroom_process::program::Program;
use wareroom_process::running::{Signals, part, until_stopped};
use wareroom_process::version::VERSION;

const PROGRAM: Program = Program {
    name: "app-api",
    about: "Serve the API of a catalogue that several processes share",
    examples: "\
Examples:
  app-api --database-url postgres://wareroom@db/wareroom --blob-url s3://wareroom
  app-api --listen 127.0.0.1:8081 --admin-listen 127.0.0.1:9091
  WAREROOM_LOG=debug app-api             every setting is a variable, too

What several processes share must be on servers: sqlite: and memory: are refused here.
`wareroom` alone is API and worker in one process, and has the operator's commands.",
    version_examples: "\
Examples:
  app-api version
  app-api version --json                 for programs",
    // Balancers notice before the listener is gone, and all of it is over within 30 s.
    defaults: &[("stop_delay", "5s"), ("drain", "20s")],
    serve,
};

fn main() -> ExitCode {
    PROGRAM.main()
}

fn serve(arguments: &ArgMatches) -> Ended {
    let (config, _log) = of_one_of_several(arguments, PROGRAM.defaults)?;
    let runtime = server_runtime()?;
    let ended = runtime.block_on(answer(&config));
    // A decoder that still looks at an upload does not hold up the end: it was not accepted yet.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn answer(config: &Config) -> Ended {
    let admin = Admin::bind(config).await?;
    let server = Server::bind(server_settings(config))?;
    let cached = config.cache != CacheUrl::None;
    let wired = wire(config).await?;
    let application = measured::application(&wired.application, cached);
    // Until here a signal ends it at once: there is nothing to finish.
    let mut signals = Signals::receive()?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", server.local_address()));
    let api = Api::new(Arc::clone(&application), api_settings(config, &public_url));
    let (readiness, stop) = (api.readiness(), CancellationToken::new());
    let health = Health::new(Parts::of(&application).with_connections(wired.connections));
    watch_health(&readiness, &health);
    let samples = Samples::new(Arc::clone(&application), health.clone());
    let _watching = health.watch();
    let _admin = admin.map(|admin| admin.serve(Watched { health: health.clone(), samples }));
    let steps = if cached { Steps::API_TOLD } else { Steps::API };
    let following = tokio::spawn(run_steps(application, worker_settings(config), steps, stop.clone()));
    let serving = tokio::spawn(server.run(api.endpoint(), stop.clone()));
    tracing::info!(version = VERSION, url = public_url, "serving");
    let parts = async {
        let (following, serving) = (part("event log", following, stop.clone()), part("API", serving, stop.clone()));
        tokio::try_join!(following, serving)
    };
    let say_stopping = || {
        readiness.stop();
        health.stop();
    };
    let ((), connections) =
        until_stopped(async || signals.next().await, parts, say_stopping, config.stop_delay, &stop).await?;
    tracing::info!(cut = connections.cut, "stopped");
    Ok(())
}

//! `app-worker`: the worker and the steps that follow a commit, as a process of its own. Any number of them share the servers
//! that the configuration names, with each other and with any number of `app-api`; none of them leads.

use clap::ArgMatches;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Steps, Worker, WorkerReport, worker_settings};
use wareroom_bootstrap::{Config, wire};
use wareroom_process::admin::{Admin, Watched};
use wareroom_process::configuration::{of_one_of_several, server_runtime};
use wareroom_process::ended::Ended;
use wareroom_process::figures::Samples;
use wareroom_process::health::{Health, Parts};
use wareroom_process::program::Program;
use wareroom_process::running::{Signals, part, until_stopped};
use wareroom_process::{measured, version::VERSION};

const PROGRAM: Program = Program {
    name: "app-worker",
    about: "Process the images of a catalogue that several processes share: the worker by itself",
    examples: "\
Examples:
  app-worker --database-url postgres://wareroom@db/wareroom --blob-url s3://wareroom
  app-worker --worker-concurrency 2 --admin-listen 127.0.0.1:9091
  WAREROOM_LOG=debug app-worker          every setting is a variable, too

What several processes share must be on servers: sqlite: and memory: are refused here.
`wareroom` alone is API and worker in one process, and has the operator's commands.",
    version_examples: "\
Examples:
  app-worker version
  app-worker version --json              for programs",
    defaults: &[],
    serve,
};

fn main() -> ExitCode {
    PROGRAM.main()
}

fn serve(arguments: &ArgMatches) -> Ended {
    let (config, _log) = of_one_of_several(arguments, PROGRAM.defaults)?;
    let runtime = server_runtime()?;
    let ended = runtime.block_on(work(&config));
    // A decoder that is still at it does not hold up the end: nothing of what it makes was promised yet.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn work(config: &Config) -> Ended {
    let admin = Admin::bind(config).await?;
    let wired = wire(config).await?;
    let application = measured::application(&wired.application, false);
    // Until here a signal ends it at once: there is nothing to finish.
    let mut signals = Signals::receive()?;
    let worker = Worker::new(Arc::clone(&application), worker_settings(config)).with_steps(Steps::WORKER);
    let (health, breaker, stop) = (
        Health::new(Parts::of(&application).with_connections(wired.connections)),
        worker.breaker(),
        CancellationToken::new(),
    );
    let (holds, held) = (breaker.clone(), breaker);
    health.watch_worker(move || holds.is_open());
    let samples = Samples::new(application, health.clone()).with_breaker("worker", move || held.is_open());
    let _watching = health.watch();
    let _admin = admin.map(|admin| admin.serve(Watched { health: health.clone(), samples }));
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    tracing::info!(version = VERSION, "working");
    let working = part("worker", working, stop.clone());
    // Nobody sends a worker anything: it stops at once.
    let report = until_stopped(async || signals.next().await, working, || health.stop(), Duration::ZERO, &stop).await?;
    let WorkerReport { acknowledged, released } = report;
    tracing::info!(acknowledged, released, "stopped");
    Ok(())
}

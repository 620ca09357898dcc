//! From the command line to a configuration, and to the application that a command works with.

use crate::ended::Usage;
use crate::logging::Lines;
use crate::{command_line, logging};
use clap::ArgMatches;
use std::error::Error;
use std::sync::Arc;
use tokio::runtime::Runtime;
use wareroom_application::Application;
use wareroom_bootstrap::{Config, Sources, wire_beside};

/// What file, environment and flags say.
pub(crate) fn sources(arguments: &ArgMatches) -> Sources {
    Sources::of_process(command_line::given(arguments))
}

/// The settings that every command beside `serve` takes as flags. It takes all of them from file and environment.
pub(crate) const BESIDE: [&str; 5] = ["data_dir", "database_url", "blob_url", "log", "log_format"];

/// What a command logs unless told otherwise: it says itself what it does.
pub(crate) const QUIET: &str = "warn";

/// The configuration of a command that does its work and ends, with its log begun.
pub(crate) fn of_command(arguments: &ArgMatches) -> Result<Config, Box<dyn Error>> {
    let sources = sources(arguments);
    let mut config = Config::from_sources(&sources)?;
    if sources.origin("log").is_none() {
        QUIET.clone_into(&mut config.log);
    }
    // Without a thread of its own there is nothing to wait for at the end.
    let _log = logging::start(&config, arguments, Lines::AtOnce)?;
    Ok(config)
}

/// What a command works with beside a process that serves.
pub(crate) struct Beside {
    pub(crate) runtime: Runtime,
    pub(crate) application: Arc<Application>,
}

impl Beside {
    /// Opens what the configuration names, which must be there and up to date.
    pub(crate) fn open(arguments: &ArgMatches) -> Result<Self, Box<dyn Error>> {
        let config = of_command(arguments)?;
        durable(&config)?;
        let runtime = runtime()?;
        let application = runtime.block_on(wire_beside(&config))?;
        Ok(Self { runtime, application })
    }
}

/// Refuses a database in memory: nobody but the process that holds it can see it.
pub(crate) fn durable(config: &Config) -> Result<(), Usage> {
    if config.is_durable() {
        return Ok(());
    }
    Err(Usage("database_url is memory:, which no other process can look into".to_owned()))
}

/// One thread is enough for a command: what is heavy has threads of its own.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

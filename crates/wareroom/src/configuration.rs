//! What commands beside `serve` work with.

use crate::ended::Usage;
use clap::ArgMatches;
use std::error::Error;
use std::sync::Arc;
use tokio::runtime::Runtime;
use wareroom_application::Application;
use wareroom_bootstrap::{Config, wire_beside};
pub(crate) use wareroom_process::configuration::{command_runtime as runtime, of_command};

/// The settings that every command beside `serve` takes as flags. It takes all of them from file and environment.
pub(crate) const BESIDE: [&str; 5] = ["data_dir", "database_url", "blob_url", "log", "log_format"];

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

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_bootstrap::settings::Setting;

    #[test]
    fn the_settings_of_the_commands_exist() {
        assert!(BESIDE.iter().all(|key| Setting::find(key).is_some()));
    }
}

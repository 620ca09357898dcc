//! The log, on stderr.

use crate::commands::Ended;
use clap::ArgMatches;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};
use wareroom_bootstrap::{Config, LogFormat};

pub(crate) fn start(config: &Config, arguments: &ArgMatches) -> Ended {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("log is {:?}: {error}", config.log))?;
    let (terminal, pretty) = (std::io::stderr().is_terminal(), is_pretty(config));
    let output = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let output: Box<dyn Layer<Registry> + Send + Sync> = if pretty {
        output.with_ansi(terminal).with_target(false).with_filter(filter).boxed()
    } else {
        output.json().flatten_event(true).with_filter(filter).boxed()
    };
    let registry = tracing_subscriber::registry().with(output);
    #[cfg(debug_assertions)]
    let registry = registry.with(crate::stop_point::layer(arguments)?);
    #[cfg(not(debug_assertions))]
    let _ = arguments;
    registry.try_init()?;
    Ok(())
}

/// Whether people read the log, rather than programs.
pub(crate) fn is_pretty(config: &Config) -> bool {
    config.log_format.map_or_else(|| std::io::stderr().is_terminal(), |format| format == LogFormat::Pretty)
}

//! The log, on stderr.
//!
//! People see each line at once, and so does whoever starts a command. Lines of `serve` for programs are handed to a thread
//! that writes all there are with one call to the system: what is logged by every request costs a request little. A process
//! that is killed may take the last of them along, those of less than a millisecond usually.

use crate::ended::Usage;
use clap::ArgMatches;
use std::error::Error;
use std::io::{BufWriter, IsTerminal};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::writer::BoxMakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};
use wareroom_bootstrap::{Config, LogFormat};

/// Lines that were handed over are written before this is dropped.
#[must_use]
pub(crate) struct Log {
    _writing: Option<WorkerGuard>,
}

/// How lines get to stderr.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// By whoever logs them.
    AtOnce,
    /// By a thread of their own, when they are for programs.
    HandedOver,
}

pub(crate) fn start(config: &Config, arguments: &ArgMatches, lines: Lines) -> Result<Log, Box<dyn Error>> {
    let filter = filter(config)?;
    let (writer, writing) = if lines == Lines::HandedOver && !is_pretty(config) {
        // Nothing is left out when it cannot be written as fast as it comes: whoever logs waits.
        let (lines, writing) = NonBlockingBuilder::default().lossy(false).finish(BufWriter::new(std::io::stderr()));
        (BoxMakeWriter::new(lines), Some(writing))
    } else {
        (BoxMakeWriter::new(std::io::stderr), None)
    };
    let mut output = tracing_subscriber::fmt::layer().with_writer(writer);
    // On a terminal it has colours unless `NO_COLOR` is set, which the layer looks for itself.
    if !std::io::stderr().is_terminal() {
        output = output.with_ansi(false);
    }
    let output: Box<dyn Layer<Registry> + Send + Sync> = if is_pretty(config) {
        output.with_target(false).with_filter(filter).boxed()
    } else {
        output.json().flatten_event(true).with_filter(filter).boxed()
    };
    let registry = tracing_subscriber::registry().with(output);
    #[cfg(debug_assertions)]
    let registry = registry.with(crate::stop_point::layer(arguments)?);
    #[cfg(not(debug_assertions))]
    let _ = arguments;
    registry.try_init()?;
    Ok(Log { _writing: writing })
}

/// What is logged. The directives are read here and not with the other settings: what logs is not known there.
pub(crate) fn filter(config: &Config) -> Result<EnvFilter, Usage> {
    EnvFilter::try_new(&config.log).map_err(|error| Usage(format!("log is {:?}: {error}", config.log)))
}

/// Whether people read the log, rather than programs.
pub(crate) fn is_pretty(config: &Config) -> bool {
    config.log_format.map_or_else(|| std::io::stderr().is_terminal(), |format| format == LogFormat::Pretty)
}

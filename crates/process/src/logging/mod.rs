//! The log, on stderr.
//!
//! People see each line at once, and so does whoever starts a command. Lines of `serve` for programs are handed to a thread
//! that writes all there are with one call to the system: what is logged by every request costs a request little. A process
//! that is killed may take the last of them along, those of a millisecond or two.

mod hand_over;
mod json;

use crate::ended::Usage;
use clap::ArgMatches;
use hand_over::HandOver;
use json::Json;
use std::error::Error;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};
use wareroom_bootstrap::{Config, LogFormat};

/// Lines that were handed over are written when this is dropped.
#[must_use]
pub struct Log {
    handed_over: Option<Arc<HandOver>>,
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(lines) = &self.handed_over {
            lines.finish();
        }
    }
}

/// How lines get to stderr.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// By whoever logs them.
    AtOnce,
    /// By a thread of their own, when they are for programs.
    HandedOver,
}

/// Begins the log. Where the lines of `Lines::HandedOver` go is told by what this answers: they are written when it is dropped.
pub fn start(config: &Config, arguments: &ArgMatches, lines: Lines) -> Result<Log, Box<dyn Error>> {
    let filter = filter(config)?;
    let mut handed_over = None;
    let output = if is_pretty(config) {
        let mut output = fmt::layer().with_writer(io::stderr).with_target(false);
        // On a terminal it has colours unless `NO_COLOR` is set, which the layer looks for itself.
        if !io::stderr().is_terminal() {
            output = output.with_ansi(false);
        }
        output.with_filter(filter).boxed()
    } else if lines == Lines::AtOnce {
        for_programs(io::stderr).with_filter(filter).boxed()
    } else {
        let lines = HandOver::start(io::stderr())?;
        handed_over = Some(Arc::clone(&lines));
        for_programs(lines).with_filter(filter).boxed()
    };
    let registry = tracing_subscriber::registry().with(output);
    #[cfg(debug_assertions)]
    let registry = registry.with(crate::stop_point::layer(arguments)?);
    #[cfg(not(debug_assertions))]
    let _ = arguments;
    registry.try_init()?;
    Ok(Log { handed_over })
}

/// One JSON object a line.
fn for_programs<W>(writer: W) -> impl Layer<Registry>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    fmt::layer().json().event_format(Json).with_writer(writer)
}

/// What is logged. The directives are read here and not with the other settings: what logs is not known there.
pub fn filter(config: &Config) -> Result<EnvFilter, Usage> {
    // A line for each request that is tried again: what it comes to is said once, by whoever asked.
    let quiet = if config.log.contains("object_store") { "" } else { ",object_store=warn" };
    EnvFilter::try_new(format!("{}{quiet}", config.log))
        .map_err(|error| Usage(format!("log is {:?}: {error}", config.log)))
}

/// Whether people read the log, rather than programs.
pub fn is_pretty(config: &Config) -> bool {
    config.log_format.map_or_else(|| io::stderr().is_terminal(), |format| format == LogFormat::Pretty)
}

//! The crash test's stop point: `--stop-at STAGE:N` halts whoever passes a stage for the Nth time, says so on stdout, and waits
//! to be killed. Exists in debug builds only; the stages are log events that are there anyway.

use crate::flags::STOP_AT;
use clap::ArgMatches;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;
use wareroom_application::STAGE;

struct StopPoint {
    stage: String,
    passings: AtomicU64,
}

/// The layer that stops, when the command line asks for one.
pub(crate) fn layer<S>(arguments: &ArgMatches) -> Result<Option<impl Layer<S>>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let Ok(Some(point)) = arguments.try_get_one::<String>(STOP_AT) else { return Ok(None) };
    let parsed = point.split_once(':').and_then(|(stage, passing)| Some((stage, passing.parse().ok()?)));
    let Some((stage, passing)) = parsed else { return Err(format!("--{STOP_AT} is {point:?}; allowed: STAGE:N")) };
    let point = StopPoint { stage: stage.to_owned(), passings: AtomicU64::new(passing) };
    Ok(Some(point.with_filter(Targets::new().with_target(STAGE, LevelFilter::DEBUG))))
}

impl<S: Subscriber> Layer<S> for StopPoint {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut stage = Stage(None);
        event.record(&mut stage);
        if stage.0.as_deref() != Some(&self.stage) || self.passings.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        let mut out = std::io::stdout();
        let _ = writeln!(out, "stopped at {}", self.stage).and_then(|()| out.flush());
        loop {
            std::thread::sleep(Duration::from_mins(1));
        }
    }
}

struct Stage(Option<String>);

impl Visit for Stage {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "stage" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}

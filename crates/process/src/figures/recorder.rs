//! Where all metrics of the process go, and the text that Prometheus reads. Knows nothing of what is recorded but the table.

use super::{Kind, METRICS};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// The upper bounds of the histograms, in seconds: from what is at hand to what a job may take.
const BUCKETS: [f64; 17] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];

/// How often what was recorded is put into its buckets, so that it does not pile up while nobody asks.
const UPKEEP: Duration = Duration::from_secs(1);

/// Why metrics cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The buckets are wrong.
    #[error("the histograms have no buckets")]
    Buckets(#[source] BuildError),
    /// The process records to somebody else's recorder already.
    #[error("metrics are recorded elsewhere already")]
    Taken,
}

/// Everything that the process records. Clones show the same.
#[derive(Clone)]
pub struct Figures(PrometheusHandle);

/// What the process records to: there can be only one.
static INSTALLED: Mutex<Option<Figures>> = Mutex::new(None);

impl Figures {
    /// From now on the process records; whoever calls it again gets the same. What was made before, and records nothing, stays
    /// so: call it first.
    pub fn install() -> Result<Self, RecorderError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(figures) = &*installed {
            return Ok(figures.clone());
        }
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(RecorderError::Buckets)?;
        let recorder = builder.build_recorder();
        let figures = Self(recorder.handle());
        metrics::set_global_recorder(recorder).map_err(|_| RecorderError::Taken)?;
        for metric in METRICS {
            match metric.kind {
                Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
                Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
                Kind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
            }
        }
        *installed = Some(figures.clone());
        Ok(figures)
    }

    /// All of it, in Prometheus's text format 0.0.4.
    pub fn text(&self) -> String {
        self.0.render()
    }

    /// Keeps what is recorded small, for as long as it is polled.
    pub async fn keep_small(&self) {
        loop {
            sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

//! Every metric there is, in one table, and what is made of it: the recorder that all of them go to, and a page for readers.
//!
//! Names begin with `wareroom_` and end with their unit, seconds or bytes; what only grows ends with `_total`. Labels have few
//! values: a route is a template, never a path. Whoever records names the metric where it happens; a test holds those names to
//! this table.

mod recorder;
mod samples;

pub use recorder::{Figures, RecorderError};
pub use samples::Samples;

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from the start of the process.
    Counter,
    /// Goes up and down; not a number while it cannot be told.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

const fn row(name: &'static str, kind: Kind, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind, labels, help }
}

/// How the page begins.
const PAGE: &str = "\
# Metrics

Each process that serves answers `GET /metrics` at `admin_listen` (`127.0.0.1:9090` unless it is set, `off` for none) with these,
in the text format that Prometheus reads. `/healthz/live` and `/healthz/ready` are there, too. What must be asked of a store is
asked with a time limit, and at most once a second; it is not a number while it cannot be told.
";

/// The table.
pub const METRICS: &[Metric] = &[
    row("wareroom_build_info", Kind::Gauge, &["version", "schema", "features"], "Which build this is; always 1"),
    row(
        "wareroom_part_up",
        Kind::Gauge,
        &["part"],
        "Whether a part that the process needs answers: 1, or 0 while it is lost",
    ),
    row(
        "wareroom_breaker_open",
        Kind::Gauge,
        &["breaker"],
        "Whether something holds back because what it needs is in trouble: 1, or 0",
    ),
    row("wareroom_space_free_bytes", Kind::Gauge, &[], "Bytes free where data is kept; not there when that has no end"),
    row("wareroom_http_connections", Kind::Gauge, &[], "Connections that clients have open"),
    row(
        "wareroom_http_requests_total",
        Kind::Counter,
        &["method", "route", "status"],
        "Requests by the template of their path and the status of their answer; 499 is a client that left before",
    ),
    row(
        "wareroom_http_request_seconds",
        Kind::Histogram,
        &["method", "route", "status"],
        "How long requests took until the status of their answer was known; those that an answer was at hand for take \
         microseconds and are counted only",
    ),
    row(
        "wareroom_near_cache_total",
        Kind::Counter,
        &["result"],
        "Reads of one product that an answer kept in this process was looked for: hit or miss",
    ),
    row(
        "wareroom_shared_cache_total",
        Kind::Counter,
        &["result"],
        "Reads of one product that the shared cache was asked for: hit or miss",
    ),
    row(
        "wareroom_jobs_total",
        Kind::Counter,
        &["outcome"],
        "Deliveries by how they were settled: acknowledged, or released to the queue",
    ),
    row(
        "wareroom_job_age_seconds",
        Kind::Histogram,
        &[],
        "How old jobs were when the worker took them, counted from when they were written",
    ),
    row(
        "wareroom_job_stage_seconds",
        Kind::Histogram,
        &["stage"],
        "How long the stages of a job took: fetch, wait for a turn to render, begin, make, settle",
    ),
    row(
        "wareroom_attempts_total",
        Kind::Counter,
        &["outcome"],
        "Attempts at images by how they ended: ready, failed, postponed, overtaken, poisoned, overrun, handed_back",
    ),
    row(
        "wareroom_step_failures_total",
        Kind::Counter,
        &["step"],
        "Failures of the steps that follow a commit: relay, sequence, announce and others",
    ),
    row(
        "wareroom_port_call_seconds",
        Kind::Histogram,
        &["port", "call"],
        "How long calls of what work is done with took: fetching, decoding, encoding, putting, beginning and committing units of work",
    ),
    row("wareroom_port_errors_total", Kind::Counter, &["port", "call"], "Such calls that failed"),
    row(
        "wareroom_store_units",
        Kind::Gauge,
        &[],
        "Units of work that are open: connections of the store's pool in use for writing",
    ),
    row(
        "wareroom_outbox_rows",
        Kind::Gauge,
        &[],
        "Jobs that wait in the store, those that are not due yet included; with the database as the queue, its depth",
    ),
    row(
        "wareroom_outbox_oldest_seconds",
        Kind::Gauge,
        &[],
        "How long the oldest job has waited in the store beyond its due time: the lag of the outbox",
    ),
    row("wareroom_dead_letters", Kind::Gauge, &["reason"], "Dead letters that are kept, by why the work was given up"),
    row(
        "wareroom_sample_failures_total",
        Kind::Counter,
        &["sample"],
        "Figures that could not be told in time when they were asked for",
    ),
];

/// The table as a page in Markdown.
pub fn page() -> String {
    let row = |Metric { name, kind, labels, help }: &Metric| {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let kind = format!("{kind:?}").to_lowercase();
        format!("| `{name}` | {kind} | {} | {help} |\n", labels.join(", "))
    };
    let rows: String = METRICS.iter().map(row).collect();
    format!("{PAGE}\n| metric | kind | labels | tells |\n|---|---|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_say_their_unit() {
        for (index, metric) in METRICS.iter().enumerate() {
            let name = metric.name;
            assert!(METRICS.iter().take(index).all(|earlier| earlier.name != name), "{name} is there twice");
            assert!(name.starts_with("wareroom_"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            assert!(metric.kind != Kind::Histogram || name.ends_with("_seconds"), "{name}: the buckets are of seconds");
        }
    }

    #[test]
    fn texts_fit_into_a_table() {
        for metric in METRICS {
            assert!(!metric.help.contains(['|', '\n', '"']) && !metric.help.ends_with('.'), "{}", metric.name);
        }
    }

    #[test]
    fn the_page_in_the_documents_is_that_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(there == page(), "docs/metrics.md is not what the table says. It should be:\n{}", page());
    }
}

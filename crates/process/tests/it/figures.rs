//! What is recorded is in the table, and what is in the table is recorded.
#![expect(clippy::unwrap_used, reason = "what a test needs and cannot have fails it")]

use crate::walk::{Process, ask};
use std::collections::{BTreeMap, BTreeSet};
use wareroom_process::figures::{Kind, METRICS};

/// The kind that each metric says it is of.
fn kinds(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect()
}

/// The labels that a metric has anywhere.
fn labels<'a>(text: &'a str, name: &str) -> BTreeSet<&'a str> {
    let of = |line: &'a str| {
        let rest = line.strip_prefix(name)?;
        let rest = ["_bucket", "_sum", "_count"].iter().find_map(|part| rest.strip_prefix(part)).unwrap_or(rest);
        rest.strip_prefix('{')?.split_once('}').map(|(labels, _)| labels)
    };
    let pairs = text.lines().filter_map(of).flat_map(|labels| labels.split("\","));
    pairs.filter_map(|pair| pair.split_once('=')).map(|(label, _)| label).filter(|label| *label != "le").collect()
}

/// The value of the first line that begins like this.
fn value(text: &str, start: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(start));
    let line = line.unwrap_or_else(|| panic!("nothing begins with {start}:\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_at_work_records_the_table_and_nothing_else() {
    let process = Process::start().await;
    let product = process.one_good_and_one_bad_image().await;
    for _ in 0..3 {
        assert_eq!(ask(process.api, "GET", &format!("/products/{product}")).await.status, 200);
    }
    assert_eq!(ask(process.api, "GET", "/products/999").await.status, 404);
    assert_eq!(ask(process.api, "GET", "/nowhere?secret=1").await.status, 404);

    let scraped = ask(process.admin, "GET", "/metrics").await;
    assert_eq!(scraped.status, 200);
    assert!(scraped.head.contains("content-type: text/plain; version=0.0.4"), "{}", scraped.head);
    let text = &scraped.body;
    let kinds = kinds(text);
    for metric in METRICS {
        let expected = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        assert_eq!(kinds.get(metric.name), Some(&expected), "{}:\n{text}", metric.name);
        assert_eq!(labels(text, metric.name), metric.labels.iter().copied().collect(), "{}", metric.name);
        assert!(text.contains(&format!("# HELP {} {}\n", metric.name, metric.help)), "{}", metric.name);
    }
    for name in kinds.keys() {
        assert!(METRICS.iter().any(|metric| metric.name == *name), "{name} is in no row of the table");
    }

    let request = |status: u16| {
        format!("wareroom_http_requests_total{{method=\"GET\",route=\"/products/{{id}}\",status=\"{status}\"}}")
    };
    assert!(value(text, &request(200)) >= 3.0);
    assert!(value(text, &request(404)) >= 1.0);
    assert!(!text.contains("secret") && !text.contains("nowhere"), "what clients write is in no label");
    assert!(value(text, "wareroom_near_cache_total{result=\"hit\"}") >= 2.0);
    assert!(value(text, "wareroom_near_cache_total{result=\"miss\"}") >= 1.0);
    assert!(value(text, "wareroom_attempts_total{outcome=\"ready\"}") >= 1.0);
    assert!(value(text, "wareroom_dead_letters{reason=") >= 1.0);
    assert!(value(text, "wareroom_port_call_seconds_count{port=\"store\",call=\"commit\"}") >= 3.0);
    assert_eq!(value(text, "wareroom_part_up{part=\"store\"}").to_string(), "1");
    assert_eq!(value(text, "wareroom_space_free_bytes").to_string(), "7000000000");
    assert_eq!(value(text, "wareroom_outbox_rows").to_string(), "0");
}

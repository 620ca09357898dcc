//! Lines are compared with those that tracing-subscriber writes of the same events: whoever reads them finds what was always
//! there.

use super::TIME;
use crate::logging::for_programs;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Empty, display};
use tracing_subscriber::layer::{Layer, SubscriberExt};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn writer(&self) -> impl Fn() -> Self + use<> {
        let written = self.clone();
        move || written.clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written of events, by us and by the library.
fn written(log: impl FnOnce()) -> (String, String) {
    let (ours, theirs) = (Written::default(), Written::default());
    let layers = vec![
        for_programs(ours.writer()).boxed(),
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(theirs.writer()).boxed(),
    ];
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layers), log);
    (ours.text(), theirs.text())
}

/// A line without its time: what comes before that is the same in each.
fn without_time(line: &str) -> &str {
    let start = r#"{"timestamp":""#;
    assert!(line.starts_with(start), "{line}");
    &line[start.len() + "2026-01-31T12:00:00.000000Z".len()..]
}

/// The lines of events, which must be the library's byte by byte but for their time.
fn lines(log: impl FnOnce()) -> Vec<Value> {
    let (ours, theirs) = written(log);
    let (ours, theirs): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
    assert_eq!(ours.len(), theirs.len(), "{ours:#?}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(without_time(ours), without_time(theirs));
    }
    ours.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(log: impl FnOnce()) -> Value {
    let lines = lines(log);
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    line.clone()
}

/// Says half of what it has to say.
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn every_kind_of_value_is_written_as_its_own_kind() {
    let error = io::Error::other("the disk is \"full\"");
    let error: &(dyn std::error::Error + 'static) = &error;
    let line = line(|| {
        tracing::warn!(
            yes = true,
            text = "a lamp",
            count = 7_u64,
            less = -7_i64,
            status = 200_u16,
            half = 0.5,
            whole = 1.0,
            small = 1e-300,
            huge = u128::MAX,
            below = i128::MIN,
            error,
            shown = %"plain",
            looked_at = ?Some("x"),
            bytes = &b"\0\xff"[..],
            nothing = None::<u64>,
            r#type = "raw",
            "dotted.name" = 1,
            "odd \"name\"\n" = 2,
            "an event of {}",
            "many"
        );
    });
    let expected = serde_json::json!({
        "timestamp": line["timestamp"], "level": "WARN", "message": "an event of many", "yes": true, "text": "a lamp",
        "count": 7, "less": -7, "status": 200, "half": 0.5, "whole": 1.0, "small": 1e-300, "huge": u128::MAX.to_string(),
        "below": i128::MIN.to_string(), "error": "the disk is \"full\"", "shown": "plain", "looked_at": "Some(\"x\")",
        "bytes": "[00 ff]", "type": "raw", "dotted.name": 1, "odd \"name\"\n": 2, "target": module_path!(),
    });
    assert_eq!(line, expected);
}

#[test]
fn every_level_has_its_name() {
    let lines = lines(|| {
        tracing::error!("1");
        tracing::warn!("2");
        tracing::info!("3");
        tracing::debug!("4");
        tracing::trace!("5");
    });
    let levels: Vec<_> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]);
}

#[test]
fn numbers_that_json_does_not_have_are_null() {
    let line = line(|| tracing::info!(nan = f64::NAN, up = f64::INFINITY, down = f64::NEG_INFINITY));
    assert!(line["nan"].is_null() && line["up"].is_null() && line["down"].is_null(), "{line:#}");
}

#[test]
fn text_is_the_same_when_it_is_read_again() {
    let text: String =
        (0..=0x2f_u8).map(char::from).chain("\u{7f}\u{80}\u{2028}\u{2029}\u{feff}é🪔\\/".chars()).collect();
    let line = line(|| tracing::info!(plain = text, shown = %text, looked_at = ?text, "{text}"));
    for member in ["plain", "shown", "message"] {
        assert_eq!(line[member], text, "{member}");
    }
    assert_eq!(line["looked_at"], format!("{text:?}"));
}

#[test]
fn an_event_that_says_nothing_is_a_line_too() {
    let line = line(|| tracing::info!(target: "elsewhere", nothing = None::<bool>));
    assert_eq!((line["target"].as_str(), line.as_object().unwrap().len()), (Some("elsewhere"), 3), "{line:#}");
}

#[test]
fn fields_that_are_named_like_other_members_are_written_beside_them() {
    let (ours, _) = written(|| tracing::info!(level = "mine", timestamp = 1, span = 2, "text"));
    assert!(ours.contains(r#""level":"INFO","#) && ours.contains(r#""level":"mine","#), "{ours}");
    let line = line(|| tracing::info!(level = "mine", timestamp = 1, target = true, span = 2, spans = 3, "text"));
    assert_eq!((&line["level"], &line["span"], &line["message"]), (&"mine".into(), &2.into(), &"text".into()));
}

#[test]
fn spans_are_written_with_their_fields() {
    let lines = lines(|| {
        let outer = tracing::info_span!("outer", user = 7, text = "\"quoted\"", later = Empty);
        let _outer = outer.enter();
        tracing::info!("in one");
        outer.record("later", display("now"));
        let inner = tracing::debug_span!("inner");
        inner.in_scope(|| tracing::info!(field = ?"x", "in two"));
        tracing::info!("in one again");
    });
    let outer = |later: Option<&str>| {
        let mut span = serde_json::json!({"name": "outer", "user": 7, "text": "\"quoted\""});
        if let Some(later) = later {
            span["later"] = later.into();
        }
        span
    };
    let inner = serde_json::json!({"name": "inner"});
    assert_eq!((&lines[0]["span"], &lines[0]["spans"]), (&outer(None), &serde_json::json!([outer(None)])));
    assert_eq!((&lines[1]["span"], &lines[1]["spans"]), (&inner, &serde_json::json!([outer(Some("now")), inner])));
    assert_eq!(lines[2]["span"], outer(Some("now")));
}

#[test]
fn a_value_that_cannot_say_all_of_itself_is_written_as_far_as_it_came() {
    let ours = Written::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(for_programs(ours.writer())), || {
        tracing::info!(broken = %Broken, then = 1, "{Broken}");
        tracing::info!("another");
    });
    let lines: Vec<Value> = ours.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["broken"], &lines[0]["then"]), (&"half".into(), &1.into()), "{lines:#?}");
    assert_eq!((&lines[0]["message"], &lines[1]["message"]), (&"half".into(), &"another".into()));
}

#[test]
fn the_time_is_in_utc_with_microseconds() {
    let (ours, theirs) = written(|| tracing::info!("now"));
    let time = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap()
    };
    assert!(
        time(&ours).duration_until(time(&theirs)).unsigned_abs() < std::time::Duration::from_mins(1),
        "{ours}{theirs}"
    );
    for (nanoseconds, text) in [(0, "000000"), (1_999, "000001"), (30_000_000, "030000"), (999_999_999, "999999")] {
        let time = Timestamp::new(1_700_000_000, nanoseconds).unwrap();
        assert_eq!(TIME.timestamp_to_string(&time), format!("2023-11-14T22:13:20.{text}Z"));
    }
}

proptest! {
    #[test]
    fn whatever_is_logged_can_be_read(
        text in any::<String>(),
        message in "\\PC*[\\x00-\\x20\"\\\\]*",
        number in any::<f64>(),
        count in any::<u64>(),
        signed in any::<i64>(),
        large in any::<u128>(),
    ) {
        let line = line(|| tracing::info!(text, shown = %text, looked_at = ?text, number, count, signed, large, "{message}"));
        prop_assert_eq!((&line["text"], &line["shown"]), (&text.as_str().into(), &text.as_str().into()));
        prop_assert_eq!(&line["looked_at"], &format!("{text:?}"));
        prop_assert_eq!(&line["message"], &message);
        prop_assert_eq!(line["number"].as_f64(), number.is_finite().then_some(number));
        prop_assert_eq!((line["count"].as_u64(), line["signed"].as_i64()), (Some(count), Some(signed)));
        prop_assert_eq!(&line["large"], &large.to_string());
    }
}

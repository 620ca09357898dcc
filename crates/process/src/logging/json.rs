//! A line of the log for programs: one JSON object with the members that tracing-subscriber's own format has, its fields laid
//! flat, written several times as fast (ADR 14).
//!
//! Each value is written where it is visited, into memory that a thread keeps for its next line. Knows nothing of where a
//! line goes.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serialize;
use std::cell::Cell;
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Microseconds, in UTC.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

thread_local! {
    /// Taken out while a line is made: a value that logs something itself while it is written begins another.
    static LINE: Cell<Line> = const { Cell::new(Line { json: Vec::new(), text: String::new() }) };
}

/// The format of an event.
pub(super) struct Json;

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = LINE.take();
        line.begin(event);
        event.record(&mut line);
        line.member("target", event.metadata().target());
        if let Some(innermost) = context.event_scope().and_then(|mut spans| spans.next()) {
            line.spans(&innermost);
        }
        line.json.extend_from_slice(b"}\n");
        let written = str::from_utf8(&line.json).map_err(|_| fmt::Error).and_then(|line| writer.write_str(line));
        line.json.clear();
        LINE.set(line);
        written
    }
}

#[derive(Default)]
struct Line {
    json: Vec<u8>,
    /// A value that has to be asked for its text.
    text: String,
}

impl Line {
    fn begin(&mut self, event: &Event<'_>) {
        #[expect(clippy::disallowed_methods, reason = "when it was logged, whatever the time is that users see")]
        let now = Timestamp::now();
        self.json.extend_from_slice(br#"{"timestamp":""#);
        // Nothing that is written to memory here can fail, nor below.
        let _ = TIME.print_timestamp(&now, &mut self.json);
        self.json.extend_from_slice(br#"","level":""#);
        self.json.extend_from_slice(event.metadata().level().as_str().as_bytes());
        self.json.push(b'"');
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        member(&mut self.json, name, value);
    }

    /// The span that it is in, and all that this one is in, the outermost first.
    fn spans<S>(&mut self, innermost: &SpanRef<'_, S>)
    where
        S: for<'span> LookupSpan<'span>,
    {
        self.json.extend_from_slice(br#","span":"#);
        self.span(innermost);
        self.json.extend_from_slice(br#","spans":"#);
        for (index, span) in innermost.scope().from_root().enumerate() {
            self.json.push(if index == 0 { b'[' } else { b',' });
            self.span(&span);
        }
        self.json.push(b']');
    }

    fn span<S>(&mut self, span: &SpanRef<'_, S>)
    where
        S: for<'span> LookupSpan<'span>,
    {
        // The layer made a JSON object of its fields when it was opened.
        let kept = span.extensions();
        let kept = kept.get::<FormattedFields<JsonFields>>().map_or("", |kept| kept.fields.as_str());
        let fields = kept.strip_prefix('{').and_then(|kept| kept.strip_suffix('}')).unwrap_or("");
        self.json.push(b'{');
        self.json.extend_from_slice(fields.as_bytes());
        self.json.extend_from_slice(if fields.is_empty() { br#""name":"# } else { br#","name":"# });
        value(&mut self.json, span.name());
        self.json.push(b'}');
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name(), value);
    }

    /// Everything else too, by its text: errors, bytes, and integers that programs may not be able to hold.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text.clear();
        // What fails while it is written is there as far as it came.
        let _ = write!(self.text, "{value:?}");
        member(&mut self.json, field.name(), &self.text);
    }
}

fn member<T: Serialize + ?Sized>(json: &mut Vec<u8>, name: &str, content: &T) {
    json.push(b',');
    value(json, name);
    json.push(b':');
    value(json, content);
}

fn value<T: Serialize + ?Sized>(json: &mut Vec<u8>, content: &T) {
    let _ = serde_json::to_writer(json, content);
}

#[cfg(test)]
mod tests;

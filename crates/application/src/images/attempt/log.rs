//! The log of an image's way: one line a stage. Each names the image, its product and the attempt, so that the lines of one
//! image can be put together; none has the query of a URL, which may hold a credential.

use super::ImageAttempt;
use crate::Application;
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::{Failure, Image, ImageUrl, ProductId, Reason, Rendition, Trace};
use wareroom_ports::{Fetched, Rendering};

/// A line about a stage of an attempt.
macro_rules! line {
    ($level:ident, $held:expr, $stage:literal, $($field:tt)*) => {{
        let held: &ImageAttempt = $held;
        tracing::$level!(
            stage = $stage,
            image_id = %held.image.id,
            product_id = held.image.owner.product().map(ProductId::get),
            attempt = held.attempt.number.0,
            request_id = held.trace.request_id.as_deref(),
            $($field)*
        );
    }};
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The time since a moment, by the clock that users see.
fn since(app: &Application, moment: Timestamp) -> u64 {
    milliseconds(Duration::try_from(app.ports.clock.now().duration_since(moment)).unwrap_or_default())
}

fn bytes_of(renditions: &[Rendition]) -> u64 {
    renditions.iter().map(|rendition| rendition.bytes).sum()
}

/// For the attempt that is about to begin.
pub(super) fn fetched(
    app: &Application,
    image: &Image,
    trace: &Trace,
    url: &ImageUrl,
    began: Timestamp,
    fetched: &Fetched,
) {
    let (image_id, product_id) = (image.id, image.owner.product().map(ProductId::get));
    let (attempt, request_id) = (image.attempts.next().0, trace.request_id.as_deref());
    let (duration_ms, bytes, url) = (since(app, began), fetched.bytes.len(), url.without_query());
    let stage = "fetched";
    tracing::info!(stage, %image_id, product_id, attempt, request_id, duration_ms, bytes, url, "image fetched");
}

/// What rendering took: bytes are those of the source, then those of all renditions.
pub(super) fn rendered(held: &ImageAttempt, source: u64, rendering: &Rendering) {
    let duration_ms = milliseconds(rendering.spent.decoding);
    line!(info, held, "decoded", duration_ms, bytes = source, "image decoded");
    let duration_ms = milliseconds(rendering.spent.encoding);
    let bytes: usize = rendering.renditions.iter().map(|rendition| rendition.bytes.len()).sum();
    line!(info, held, "encoded", duration_ms, bytes, "image encoded");
}

pub(super) fn stored(app: &Application, held: &ImageAttempt, began: Timestamp, bytes: u64) {
    line!(info, held, "stored", duration_ms = since(app, began), bytes, "image stored");
}

pub(super) fn ready(app: &Application, held: &ImageAttempt, renditions: &[Rendition]) {
    let (duration_ms, bytes) = (since(app, held.begun_at), bytes_of(renditions));
    line!(info, held, "ready", duration_ms, bytes, "image ready");
}

pub(super) fn retried(app: &Application, held: &ImageAttempt, failure: &Failure, wait: Duration) {
    let (duration_ms, wait_ms, reason) = (since(app, held.begun_at), milliseconds(wait), failure.reason.code());
    line!(warn, held, "retried", duration_ms, reason, wait_ms, "image to be tried again");
}

/// Two lines, because two things happened: the image failed, and there is a dead letter for its job.
pub(super) fn failed(app: &Application, held: &ImageAttempt, failure: &Failure) {
    let (duration_ms, reason) = (since(app, held.begun_at), failure.reason.code());
    line!(warn, held, "failed", duration_ms, reason, "image failed");
    line!(warn, held, "dead_lettered", duration_ms, reason, "job given up");
}

pub(super) fn poisoned(image: &Image, trace: &Trace) {
    let (image_id, product_id) = (image.id, image.owner.product().map(ProductId::get));
    let (attempt, reason, request_id) = (image.attempts.0, Reason::Poison.code(), trace.request_id.as_deref());
    for (stage, what) in [("failed", "image failed"), ("dead_lettered", "job given up")] {
        tracing::warn!(stage, %image_id, product_id, attempt, reason, request_id, "{what}, every attempt was cut off");
    }
}

pub(super) fn overtaken(app: &Application, held: &ImageAttempt) {
    line!(info, held, "overtaken", duration_ms = since(app, held.begun_at), "attempt overtaken, nothing changed");
}

pub(super) fn handed_back(app: &Application, held: &ImageAttempt) {
    line!(info, held, "handed_back", duration_ms = since(app, held.begun_at), "attempt handed back");
}

/// The words of a decoder or of a client, which only operators see.
pub(super) fn refused(image: &Image, error: &dyn std::error::Error) {
    let source = error.source().map(ToString::to_string);
    tracing::debug!(image_id = %image.id, %error, source, "an attempt failed");
}

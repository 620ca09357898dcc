//! What a run came to: a line for whoever reads, and one for the table of `docs/faults.md`.

use super::Run;
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_test_kit::report;

/// What a run came to, when nothing was wrong: whatever is lost, double or stuck ends it before.
pub(super) struct Figures {
    pub(super) images: usize,
    /// What else there is to know.
    pub(super) note: String,
    pub(super) begun: Instant,
}

impl Figures {
    /// Tells them; `WAREROOM_FAULT_FIGURES` names the file that `scripts/faults` reads them from.
    pub(super) fn tell(&self, run: &Run) {
        let Self { images, note, begun } = self;
        let (Run { row, rounds, seed, .. }, seconds) = (run, begun.elapsed().as_secs());
        let bound = (300.0 / f64::from(u32::try_from(*rounds).unwrap_or(u32::MAX))).min(100.0);
        report(&format!(
            "fault {row}: seed {seed}, {rounds} rounds, {images} images in {seconds} s: 0 lost, 0 double, 0 stuck (in less than \
             {bound:.1} % of rounds with 95 % confidence); {note}"
        ));
        #[expect(clippy::disallowed_methods, reason = "how scripts/faults hands its file to the test")]
        let Some(path) = std::env::var_os("WAREROOM_FAULT_FIGURES") else { return };
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{rounds}\t{images}\t{seed}\t{seconds}\t{note}").unwrap();
    }
}

/// The span below which the given share of them lie; nothing when there are none.
pub(super) fn percentile(spans: &mut [Duration], share: f64) -> Duration {
    spans.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (spans.len().saturating_sub(1) as f64 * share).round() as usize;
    spans.get(index).copied().unwrap_or_default()
}

/// In milliseconds, to a tenth.
pub(super) fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

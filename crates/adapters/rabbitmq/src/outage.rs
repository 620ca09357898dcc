//! Says once that the broker is lost, and once that it is back, however many connections were lost together.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// How many of the connections are not there.
#[derive(Default)]
pub(crate) struct Outages(Mutex<usize>);

impl Outages {
    pub(crate) fn lost(&self, why: &dyn Display) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *lost += 1;
        if *lost == 1 {
            tracing::warn!(reason = %why, "RabbitMQ is lost; it is tried again until it is back");
        }
    }

    pub(crate) fn back(&self) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *lost = lost.saturating_sub(1);
        if *lost == 0 {
            tracing::info!("RabbitMQ is back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_outage_is_told_once_when_it_begins_and_once_when_it_is_over() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let outages = Outages::default();
            for why in ["one", "two"] {
                outages.lost(&why);
                outages.lost(&"the other connection, too");
                outages.back();
                outages.back();
            }
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 4, "{log}");
        for (line, said) in lines.iter().zip(["reason=one", "is back", "reason=two", "is back"]) {
            assert!(line.contains(said), "{line}");
        }
    }
}

//! The way of lines to a thread that writes them.
//!
//! Whoever logs adds its line to those that wait, and goes on. The thread takes all of them, has the system write them at
//! once, and rests for a moment before it looks again: while lines come quickly none of them has to wake it. Knows nothing
//! of what a line says.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the thread rests after it wrote.
const REST: Duration = Duration::from_millis(1);

/// How many bytes may wait. Whoever logs more waits too, so that nothing is left out.
const ROOM: usize = 4 << 20;

/// How long the end waits for lines that cannot be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes lines for as long as the process runs.
#[derive(Default)]
pub(super) struct HandOver {
    waiting: Mutex<Waiting>,
    /// Heard by the thread while it sleeps.
    came: Condvar,
    /// Heard by whoever waits for room, or for the end.
    went: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Whether the thread has to be woken.
    sleeps: bool,
    /// Whether lines were taken that are not written yet.
    writes: bool,
}

impl HandOver {
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Arc<Self>> {
        let lines = Arc::new(Self::default());
        let theirs = Arc::clone(&lines);
        thread::Builder::new().name("log".to_owned()).spawn(move || theirs.write_on(out))?;
        Ok(lines)
    }

    /// Waits until everything that was handed over is written, though not for ever.
    pub(super) fn finish(&self) {
        let unwritten = |waiting: &mut Waiting| waiting.writes || !waiting.lines.is_empty();
        drop(self.went.wait_timeout_while(self.waiting(), PATIENCE, unwritten));
    }

    fn add(&self, line: &[u8]) {
        let full = |waiting: &mut Waiting| waiting.lines.len() >= ROOM;
        let mut waiting = self.went.wait_while(self.waiting(), full).unwrap_or_else(PoisonError::into_inner);
        waiting.lines.extend_from_slice(line);
        let sleeps = mem::take(&mut waiting.sleeps);
        drop(waiting);
        if sleeps {
            self.came.notify_one();
        }
    }

    fn write_on(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            self.take(&mut lines);
            write(&mut out, &lines);
            lines.clear();
            self.waiting().writes = false;
            self.went.notify_all();
            thread::sleep(REST);
        }
    }

    /// Exchanges what was written for what waits, once there is something.
    fn take(&self, lines: &mut Vec<u8>) {
        let nothing = |waiting: &mut Waiting| {
            waiting.sleeps = waiting.lines.is_empty();
            waiting.sleeps
        };
        let mut waiting = self.came.wait_while(self.waiting(), nothing).unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.lines, lines);
        waiting.writes = true;
        drop(waiting);
        self.went.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each write is a line of its own, or several.
impl Write for &HandOver {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What cannot be written is lost, since there is nobody to tell. A reader who is only slow is waited for, also when
/// somebody else made the file one that does not wait.
fn write(out: &mut impl Write, mut lines: &[u8]) {
    while !lines.is_empty() {
        match out.write(lines) {
            Ok(0) => return,
            Ok(written) => lines = &lines[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(REST),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests;

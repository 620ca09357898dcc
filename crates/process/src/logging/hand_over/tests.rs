//! What becomes of lines when they come from many threads, when nobody reads them, and when they cannot be written.

use super::{HandOver, PATIENCE, ROOM};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long something may take that is sure to come.
const LIMIT: Duration = Duration::from_secs(30);

/// A file that takes what is written when the other end receives it.
struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pipe() -> (Arc<HandOver>, Receiver<Vec<u8>>) {
    let (pipe, reader) = sync_channel(0);
    (HandOver::start(Pipe(pipe)).unwrap(), reader)
}

/// A file that answers in turn as it was told, then takes everything.
#[derive(Clone, Default)]
struct Moody {
    answers: Arc<Mutex<VecDeque<io::Result<usize>>>>,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Write for Moody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(bytes.len()))?;
        self.taken.lock().unwrap().extend_from_slice(&bytes[..answer]);
        Ok(answer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written of two lines, of which the second comes when the first is done with.
fn written(answers: impl IntoIterator<Item = io::Result<usize>>) -> String {
    let file = Moody::default();
    file.answers.lock().unwrap().extend(answers);
    let lines = HandOver::start(file.clone()).unwrap();
    for line in ["first\n", "second\n"] {
        (&*lines).write_all(line.as_bytes()).unwrap();
        lines.finish();
    }
    let taken = file.taken.lock().unwrap();
    String::from_utf8(taken.clone()).unwrap()
}

#[test]
fn lines_of_many_threads_are_written_whole_and_each_threads_in_their_order() {
    let file = Moody::default();
    let lines = HandOver::start(file.clone()).unwrap();
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let mut lines = &*lines;
            scope.spawn(move || {
                (0..2_000).for_each(|number| lines.write_all(format!("{name} {number}\n").as_bytes()).unwrap());
            });
        }
    });
    lines.finish();
    let taken = String::from_utf8(file.taken.lock().unwrap().clone()).unwrap();
    for name in ["a", "b", "c", "d"] {
        let of_thread = taken.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse::<usize>().ok());
        assert!(of_thread.eq(0..2_000), "{name}");
    }
    assert_eq!(taken.lines().count(), 8_000);
}

#[test]
fn what_came_in_the_meantime_is_written_at_once() {
    let (lines, reader) = pipe();
    let all: Vec<u8> = (0..100).flat_map(|number| format!("{number}\n").into_bytes()).collect();
    all.split_inclusive(|byte| *byte == b'\n').for_each(|line| (&*lines).write_all(line).unwrap());
    // The thread has taken the first of them, or more.
    let mut taken = reader.recv_timeout(LIMIT).unwrap();
    if taken.len() < all.len() {
        taken.extend(reader.recv_timeout(LIMIT).unwrap());
    }
    assert_eq!(taken, all);
}

#[test]
fn whoever_logs_more_than_may_wait_waits_too() {
    let (lines, reader) = pipe();
    let line = vec![b'x'; ROOM / 4];
    let writer = thread::spawn({
        let line = line.clone();
        move || (0..16).for_each(|_| (&*lines).write_all(&line).unwrap())
    });
    thread::sleep(Duration::from_millis(100));
    assert!(!writer.is_finished(), "nobody has read a line");
    let mut taken = 0;
    while taken < line.len() * 16 {
        let read = reader.recv_timeout(LIMIT).unwrap().len();
        assert!(read <= ROOM, "{read} bytes waited");
        taken += read;
    }
    writer.join().unwrap();
}

#[test]
fn the_end_does_not_wait_for_ever_for_a_reader_who_does_not_read() {
    let (lines, _reader) = pipe();
    (&*lines).write_all(b"unread\n").unwrap();
    let (ended, end) = sync_channel(1);
    thread::spawn(move || {
        lines.finish();
        ended.send(()).unwrap();
    });
    assert!(end.recv_timeout(PATIENCE / 2).is_err(), "the line is not written");
    end.recv_timeout(LIMIT).unwrap();
}

#[test]
fn a_file_that_fails_is_tried_again_with_the_next_line() {
    assert_eq!(written([]), "first\nsecond\n");
    assert_eq!(written([Err(ErrorKind::BrokenPipe.into())]), "second\n");
    assert_eq!(written([Err(ErrorKind::StorageFull.into())]), "second\n");
    assert_eq!(written([Ok(0)]), "second\n");
}

#[test]
fn a_file_that_takes_little_or_wants_to_be_asked_again_gets_everything() {
    assert_eq!(written([Ok(2), Ok(1)]), "first\nsecond\n");
    assert_eq!(written([Err(ErrorKind::Interrupted.into()), Ok(3)]), "first\nsecond\n");
    assert_eq!(
        written([Ok(2), Err(ErrorKind::WouldBlock.into()), Err(ErrorKind::WouldBlock.into())]),
        "first\nsecond\n"
    );
}

//! What people see at a terminal: colours, questions, the banner. The terminal is the system's own, without a screen.

use super::Place;
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_test_kit::Client;

const LIMIT: Duration = Duration::from_mins(1);

/// A command at a terminal, its stdout excepted, which is read.
struct Watched {
    child: Child,
    keyboard: File,
    screen: Receiver<String>,
    seen: String,
}

impl Watched {
    fn start(command: &mut Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, vec![]).unwrap().into_string().unwrap();
        let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
        let child = command.stdin(theirs.try_clone().unwrap()).stderr(theirs).stdout(Stdio::piped()).spawn().unwrap();
        // Else the terminal never ends: the command would keep it open in this process.
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let keyboard = File::from(ours);
        let (mut eye, (send, screen)) = (keyboard.try_clone().unwrap(), channel());
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(read @ 1..) = eye.read(&mut bytes) {
                let _ = send.send(String::from_utf8_lossy(&bytes[..read]).into_owned());
            }
        });
        Self { child, keyboard, screen, seen: String::new() }
    }

    /// Everything on the screen, once this is there.
    fn until(&mut self, text: &str) -> &str {
        let begun = Instant::now();
        while !self.seen.contains(text) {
            let left = LIMIT.saturating_sub(begun.elapsed());
            let more = self.screen.recv_timeout(left);
            self.seen.push_str(&more.unwrap_or_else(|_| panic!("{text:?} is not in {:?}", self.seen)));
        }
        &self.seen
    }

    fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    fn interrupt(&self) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, Signal::INT).unwrap();
    }

    /// How it ended: its code, or the signal; what it wrote to stdout; what was on the screen.
    fn ended(mut self) -> (Result<i32, i32>, String, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.seen.extend(self.screen.iter());
        (status.code().ok_or_else(|| status.signal().unwrap()), stdout, self.seen)
    }
}

/// A place with a dead letter.
fn with_a_dead_letter() -> Place {
    let place = Place::new();
    place.run(&["migrate", "up"]).expect(0);
    let letter = "INSERT INTO dead_letters (id, lane, kind, schema, body, image_id, reason, detail, attempts, at)
                  VALUES (zeroblob(16), 'images', 'process_image', 1, x'', zeroblob(16), 'damaged', 'x', 1, ?1)";
    Connection::open(place.database()).unwrap().execute(letter, ["2026-01-31T12:00:00.000000000Z"]).unwrap();
    place
}

fn letters(place: &Place) -> i64 {
    let count = "SELECT count(*) FROM dead_letters";
    Connection::open(place.database()).unwrap().query_one(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn whoever_sits_at_a_terminal_is_asked_with_the_count() {
    let place = with_a_dead_letter();
    let discard = || Watched::start(&mut place.command(&["dead-letters", "discard", "--all"]));
    for no in ["n\n", "\n", "\u{4}"] {
        let mut watched = discard();
        watched.until("Discard 1 dead letter? Nothing brings them back. [y/N] ");
        watched.types(no);
        let (code, stdout, seen) = watched.ended();
        assert_eq!((code, stdout.as_str(), letters(&place)), (Ok(1), "", 1), "{seen}");
        assert!(seen.contains("nothing was discarded"), "{seen}");
    }
    let mut watched = discard();
    watched.until("[y/N] ");
    watched.types("y\n");
    assert_eq!((watched.ended().1.as_str(), letters(&place)), ("1 dead letter discarded\n", 0));
}

#[test]
fn ctrl_c_ends_a_command_and_says_no_more() {
    let place = with_a_dead_letter();
    let mut watched = Watched::start(&mut place.command(&["dead-letters", "discard", "--all"]));
    watched.until("[y/N] ");
    watched.interrupt();
    let (ended, stdout, seen) = watched.ended();
    assert_eq!((ended, stdout.as_str(), letters(&place)), (Err(Signal::INT.as_raw()), "", 1));
    assert!(seen.trim_end().ends_with("[y/N]"), "{seen:?}");
}

/// What `migrate` logs at a terminal.
fn logged(variables: &[(&str, &str)]) -> String {
    let place = Place::new();
    let mut command = place.command(&["migrate", "up", "--log", "info"]);
    let (code, stdout, seen) = Watched::start(command.envs(variables.iter().copied())).ended();
    assert_eq!(code, Ok(0), "{seen}");
    assert!(stdout.contains("catalogue") && !stdout.contains('\u{1b}'), "{stdout:?}");
    assert!(seen.contains("migration applied"), "{seen}");
    seen
}

#[test]
fn a_terminal_has_colours_unless_they_are_not_wanted() {
    assert!(logged(&[]).contains('\u{1b}'));
    assert!(logged(&[("NO_COLOR", "")]).contains('\u{1b}'), "an empty NO_COLOR counts as none");
    assert!(!logged(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    // Away from a terminal there are none anyway, and the log is for programs.
    let away = Place::new().run(&["migrate", "up", "--log", "info"]);
    assert!(!away.stderr.contains('\u{1b}'), "{away:?}");
    let line = away.stderr.lines().next().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["message"], "migration applied");
}

#[test]
fn mistakes_are_told_in_colour_only_where_that_is_wanted() {
    let said = |variables: &[(&str, &str)]| {
        let place = Place::new();
        let mut command = place.command(&["servr"]);
        command.env("TERM", "xterm").envs(variables.iter().copied());
        let (code, _, seen) = Watched::start(&mut command).ended();
        assert_eq!(code, Ok(2));
        assert!(seen.contains("serve"), "{seen}");
        seen
    };
    assert!(said(&[]).contains('\u{1b}'));
    assert!(!said(&[("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_banner_says_where_everything_is_and_how_to_stop() {
    let place = Place::new();
    let mut watched = Watched::start(&mut place.command(&["--listen", "127.0.0.1:0"]));
    let banner = watched.until("Ctrl-C stops it").to_owned();
    let line = |name: &str| {
        let line = banner.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} is not in {banner}")).trim().to_owned()
    };
    assert_eq!(line("Data"), place.data().canonicalize().unwrap().display().to_string());
    for name in ["Page", "API", "Docs", "Health"] {
        let url = line(name);
        assert_eq!(Client::new("").bytes(&url).await.unwrap().0, 200, "{name}: {url}");
    }
    watched.interrupt();
    let (ended, stdout, seen) = watched.ended();
    assert_eq!((ended, stdout.as_str()), (Ok(0), ""), "{seen}");
}

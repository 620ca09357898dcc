//! The operator's commands as real processes: what they say to people and to programs, how they end, and that they work beside
//! a process that serves.

mod dead_letters;
mod healthcheck;
mod help;
mod import_demo;
mod manners;
mod migrate;
mod output;
mod terminal;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use wareroom_test_kit::binary_under_test;

/// A folder to run commands in, and the data directory in it, which is not there at first.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn database(&self) -> PathBuf {
        self.data().join("wareroom.sqlite")
    }

    /// A command of this place, which nothing but its arguments tells what to do.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary_under_test());
        command.args(arguments).env_clear().current_dir(self.path()).stdin(Stdio::null());
        command.env("WAREROOM_DATA_DIR", self.data());
        command
    }

    /// Runs a command here, away from any terminal.
    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Nothing was made here.
    fn assert_empty(&self) {
        let left: Vec<_> = std::fs::read_dir(self.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A command that ended.
#[derive(Debug)]
struct Ran {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What it wrote, of a command that must end with this code.
    #[track_caller]
    fn expect(&self, code: i32) -> &str {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        &self.stdout
    }

    /// The same as one JSON document.
    #[track_caller]
    fn json(&self, code: i32) -> Value {
        serde_json::from_str(self.expect(code)).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// It must end with this code, say nothing on stdout, and have these words on stderr.
    #[track_caller]
    fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.expect(code), "");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {:?}", self.stderr);
        }
    }
}

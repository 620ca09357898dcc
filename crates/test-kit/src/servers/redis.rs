//! A Redis of a test's own.

use super::process::{ServerProcess, free_port};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

const ADVICE: &str = "install Redis 7 (on Debian: apt-get install redis-server)";

/// How often it is looked whether it answers, each time after a hundredth of a second.
const LOOKS: usize = 3_000;

/// A server of Redis that writes a snapshot whenever something changed within a second, and finds it when it is started
/// again.
pub struct RedisServer {
    port: u16,
    process: Option<ServerProcess>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("wareroom-redis-").expect("a folder can be made");
        let mut server = Self { port: free_port(), process: None, folder };
        server.start_again();
        server
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it over what it has on disk; returns when it answers.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let mut serve = Command::new("redis-server");
        let port = self.port.to_string();
        serve.args(["--bind", "127.0.0.1", "--port", &port, "--save", "1 1", "--appendonly", "no", "--logfile", ""]);
        serve.arg("--dir").arg(self.folder.path()).stdout(Stdio::null());
        let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        assert!(found.is_ok_and(|status| status.success()), "there is no redis-server here: {ADVICE}");
        self.process = Some(ServerProcess::start(&mut serve));
        // One that still loads its snapshot says so.
        let answered = (0..LOOKS).any(|_| self.try_ask("PING").is_some_and(|answer| answer == "+PONG") || pause());
        assert!(answered, "Redis does not answer");
    }

    /// Says a command, and answers the first line of what came back.
    pub fn ask(&self, command: &str) -> String {
        self.try_ask(command).expect("Redis answers")
    }

    fn try_ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    }

    /// Kills it at once, as a failing machine would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it in its tracks: its connections stand, and nothing answers.
    pub fn freeze(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::CONT);
    }

    /// Writes all that it has to disk, and lays a copy aside.
    pub fn lay_snapshot_aside(&self) {
        // One that is being written already is as good as the one that is asked for, a moment later.
        while !self.ask("SAVE").starts_with("+OK") {
            pause();
        }
        std::fs::copy(self.snapshot(), self.aside()).expect("a snapshot can be copied");
    }

    /// Puts the copy back, for the next start to find.
    pub fn bring_snapshot_back(&self) {
        assert!(self.process.is_none(), "it would write over it");
        std::fs::copy(self.aside(), self.snapshot()).expect("a snapshot can be copied");
    }

    fn snapshot(&self) -> PathBuf {
        self.folder.path().join("dump.rdb")
    }

    fn aside(&self) -> PathBuf {
        self.folder.path().join("aside.rdb")
    }
}

/// Lets a little time pass, which by itself is never enough.
fn pause() -> bool {
    sleep(Duration::from_millis(10));
    false
}

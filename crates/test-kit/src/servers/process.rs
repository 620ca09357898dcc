//! A server's process, and what can befall it. Knows no server.

use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// A process that a test started, killed when it is dropped, and also when this process ends without doing that.
pub(super) struct ServerProcess {
    child: Child,
    keeper: Child,
}

/// Waits for the end of its input, which only this process holds open, and kills by number.
const KEEPER: &str = "read -r _; kill -9 \"$1\"";

impl ServerProcess {
    pub(super) fn start(command: &mut Command) -> Self {
        let start = |command: &mut Command| command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let child = start(command.stdin(Stdio::null()));
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper", &child.id().to_string()]).stdin(Stdio::piped());
        Self { child, keeper: start(&mut keeper) }
    }

    /// Whether it ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child can be sent a signal");
    }

    pub(super) fn wait(&mut self) {
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The keeper first: the number may be somebody else's when it is free again.
        for process in [&mut self.keeper, &mut self.child] {
            let _ended_already = process.kill();
            process.wait().expect("a child can be waited for");
        }
    }
}

/// A port that is free now and that no system gives out unasked, so that it is still free when its server comes back.
pub(super) fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

//! Servers for tests: one that all tests of a process share, and ones of their own for those that do harm to it.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;
use wareroom_redis::OpenError;

/// Tests that harm a server want one of their own, whatever is named.
const ADVICE: &str = "install Redis 7 (on Debian: apt-get install redis-server)";

/// The URL of the server that all tests share: the one that `WAREROOM_TEST_REDIS` names, or one that is started when it is
/// asked for the first time and ends with this process.
#[expect(clippy::disallowed_methods, reason = "where a server is comes from whoever runs the tests")]
pub(crate) fn shared() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("WAREROOM_TEST_REDIS") {
        Ok(url) => url,
        Err(_) => format!("redis://127.0.0.1:{}", kept(&[])),
    })
}

/// For whoever cannot open the server that all share.
pub(crate) fn unusable(error: &OpenError) -> ! {
    panic!("{error}: {error:?}; start the Redis that WAREROOM_TEST_REDIS names, or unset it and have one started here")
}

/// The URL of a cluster of three, which all tests share and which ends with this process.
pub(crate) fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let ports = [(); 3].map(|()| kept(&["--cluster-enabled", "yes"]));
        form_cluster(&ports);
        format!("redis-cluster://127.0.0.1:{}?node=127.0.0.1:{}", ports[0], ports[1])
    })
}

/// Makes a cluster of servers that were started as nodes, each with its share of the slots.
pub(crate) fn form_cluster(ports: &[u16]) {
    let share = 16_384_usize.div_ceil(ports.len());
    for (number, port) in ports.iter().enumerate() {
        let (first, last) = (number * share, ((number + 1) * share - 1).min(16_383));
        assert_eq!(ask(*port, &format!("CLUSTER ADDSLOTSRANGE {first} {last}")), "OK");
        ask(*port, &format!("CLUSTER MEET 127.0.0.1 {}", ports[0]));
    }
    let nodes = format!("cluster_known_nodes:{}\r", ports.len());
    for port in ports {
        until("the cluster stands", || {
            let info = ask(*port, "CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains(&nodes)
        });
    }
}

/// Starts a server that ends when this process does, however that is: a shell between the two reads from a pipe that only
/// this process holds open. Answers its port.
fn kept(arguments: &[&str]) -> u16 {
    const KEEPER: &str = "dir=$1; shift; \"$@\" </dev/null >/dev/null 2>&1 & server=$!; \
                          read -r _; kill -9 $server; rm -rf \"$dir\"";
    let (program, port) = (redis_server(), free_port());
    let folder = TempDir::with_prefix("wareroom-redis-").unwrap().keep();
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "sh"]).arg(&folder).arg(program).args(common(port)).arg("--dir").arg(&folder);
    let child = keeper.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    until("the server answers", || answers(port));
    // Not waited for: it outlives this process by a moment.
    std::mem::forget(child);
    port
}

/// A server of one test, on a port and over a folder that it comes back to when it is started again.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut server = Self {
            port: free_port(),
            folder: TempDir::with_prefix("wareroom-redis-").unwrap(),
            arguments,
            child: None,
        };
        server.start_again();
        server
    }

    /// Starts it, over what it had on disk.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new(redis_server());
        command.args(common(self.port)).arg("--dir").arg(self.folder.path()).args(&self.arguments);
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        until("the server answers", || answers(self.port));
    }

    /// Starts a sentinel that watches over a server by the name `main`.
    pub(crate) fn sentinel(of: &Self) -> Self {
        let folder = TempDir::with_prefix("wareroom-redis-").unwrap();
        let settings = format!(
            "sentinel monitor main 127.0.0.1 {} 1\nsentinel down-after-milliseconds main 500\n\
             sentinel failover-timeout main 3000\n",
            of.port
        );
        let file = folder.path().join("sentinel.conf");
        std::fs::write(&file, settings).unwrap();
        let port = free_port();
        let mut command = Command::new(redis_server());
        command.arg(&file).args(common(port)).arg("--sentinel");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        until("the sentinel answers", || answers(port));
        Self { port, folder, arguments: vec![], child: Some(child) }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Says a command, and answers what came back as text.
    pub(crate) fn ask(&self, command: &str) -> String {
        ask(self.port, command)
    }

    /// Ends it at once, as a failing machine would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops it in its tracks: its connections stand, and nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, which must be installed.
fn redis_server() -> &'static str {
    const PROGRAM: &str = "redis-server";
    let found = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "there is no redis-server here: {ADVICE}");
    PROGRAM
}

/// Nothing on disk unless asked for, and nobody from outside.
fn common(port: u16) -> Vec<String> {
    let words = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--logfile", "", "--port"];
    words.map(str::to_owned).into_iter().chain([port.to_string()]).collect()
}

/// Below 32,768, because a node of a cluster has a second port 10,000 above.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok() {
            return port;
        }
    }
}

/// Whether it does, be it that it asks for a password; one that still loads what it had on disk does not.
fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
        && ["PONG", "NOAUTH"].iter().any(|answer| ask(port, "PING").starts_with(answer))
}

/// Asks again until it is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("{what}: not within 30 s");
}

/// Says a command to a server: texts and numbers come back as they are, lists a line for each.
pub(crate) fn ask(port: u16, command: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    answer(&mut BufReader::new(stream))
}

fn answer(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    let (kind, rest) = line.trim_end().split_at(1);
    let length = || usize::try_from(rest.parse::<i64>().unwrap()).unwrap_or_default();
    match kind {
        "$" if rest == "-1" => String::new(),
        "$" => {
            let mut bytes = vec![0; length() + 2];
            from.read_exact(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes[..length()]).into_owned()
        }
        "*" => (0..length()).map(|_| answer(from)).collect::<Vec<_>>().join("\n"),
        _ => rest.to_owned(),
    }
}

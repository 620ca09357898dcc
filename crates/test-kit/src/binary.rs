//! The real binary, started and ended by a test.

use crate::{Client, Stack};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The `wareroom` binary of this checkout. `scripts/test` builds it with everything else and names it; a single test builds it
/// when it is first asked for.
pub fn binary_under_test() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "how scripts/test names the binary that it built")]
        if let Some(named) = std::env::var_os("WAREROOM_TEST_BINARY") {
            return named.into();
        }
        let built = std::process::Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "wareroom", "--bin", "wareroom"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the binary could not be built");
        // A test runs from target/<profile>/deps.
        let test = std::env::current_exe().expect("a test knows where it is");
        test.ancestors().nth(2).expect("a test is two folders below the target").join("wareroom")
    })
}

/// A running `wareroom serve`.
pub struct RunningBinary {
    child: Child,
    /// Where its API answers.
    pub url: String,
    stdout: Lines<BufReader<ChildStdout>>,
    log: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

/// How long a start may take on a busy machine.
const START_LIMIT: Duration = Duration::from_mins(1);

impl RunningBinary {
    /// Starts it on a free port of 127.0.0.1, over the [`Stack`] of the run, with this data directory and further arguments;
    /// returns when it is ready.
    pub async fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(&Stack::of_run().settings(data).await, data, arguments).await
    }

    /// The same over whatever these settings name, which are variables, whichever stack the run is of.
    pub async fn start_with(settings: &[(&str, String)], data: &Path, arguments: &[&str]) -> Self {
        Self::start_by(Command::new(binary_under_test()), settings, data, arguments).await
    }

    /// The same behind another program, such as a tracer, that is given the binary's path and arguments.
    pub async fn start_behind(mut program: Command, data: &Path, arguments: &[&str]) -> Self {
        program.arg(binary_under_test());
        Self::start_by(program, &Stack::of_run().settings(data).await, data, arguments).await
    }

    async fn start_by(mut command: Command, settings: &[(&str, String)], data: &Path, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"])
            .arg(data)
            .args(arguments)
            .env_clear()
            .envs(settings.iter().map(|(variable, value)| (variable, value)))
            .current_dir(data.parent().expect("a data directory lies in a folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let log = std::sync::Arc::default();
        let url =
            tokio::time::timeout(START_LIMIT, url_of(&mut stderr, &log)).await.expect("the binary starts in time");
        tokio::spawn({
            let log = std::sync::Arc::clone(&log);
            async move { while keep_line(&mut stderr, &log).await.is_some() {} }
        });
        let running = Self { child, url, stdout, log };
        running.client().until_ready(START_LIMIT).await;
        running
    }

    /// A client of its API.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The process that was started: the binary itself, or the program it was started behind.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// The most memory that it has held at once since it started, in bytes, as Linux counts it.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the status tells the peak");
        let kibibytes = line.trim().strip_suffix(" kB").expect("it is told in kB");
        kibibytes.parse::<u64>().expect("it is a number") * 1024
    }

    /// What it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it says on stdout that it stopped at its stop point; false when it does not within the limit.
    pub async fn stopped_at_its_stop_point(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.stdout.next_line()).await.is_ok_and(|line| matches!(line, Ok(Some(_))))
    }

    /// Ends it with SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Waits for its end, which something else brought about.
    pub async fn ended(mut self) {
        tokio::time::timeout(START_LIMIT, self.child.wait()).await.expect("it ends in time").expect("its end is known");
    }

    /// Asks it to stop with SIGTERM and waits for its end; answers whether it ended well.
    pub async fn stop(mut self) -> bool {
        let id = i32::try_from(self.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it can be told to stop");
        let ended = tokio::time::timeout(START_LIMIT, self.child.wait()).await.expect("it ends in time");
        ended.expect("its end is known").success()
    }
}

/// Reads the log until it names the API's address.
async fn url_of<R: AsyncRead + Unpin>(lines: &mut Lines<BufReader<R>>, log: &std::sync::Mutex<Vec<String>>) -> String {
    loop {
        let Some(line) = keep_line(lines, log).await else {
            panic!("the binary ended at start: {:#?}", log.lock().unwrap());
        };
        let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if line["message"] == "serving" {
            return line["url"].as_str().expect("an address is text").to_owned();
        }
    }
}

async fn keep_line<R: AsyncRead + Unpin>(
    lines: &mut Lines<BufReader<R>>,
    log: &std::sync::Mutex<Vec<String>>,
) -> Option<String> {
    let line = lines.next_line().await.ok()??;
    log.lock().unwrap().push(line.clone());
    Some(line)
}

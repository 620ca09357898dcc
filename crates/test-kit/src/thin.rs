//! The thin binaries, started and ended by a test: processes that share a stack of servers.

use crate::{Client, Stack, binary_under_test};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a start or an end may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

/// A running `app-api` or `app-worker`.
pub struct ThinBinary {
    child: Child,
    /// Where its API answers; nowhere, for a worker.
    pub url: String,
    /// Where it answers its operator.
    pub admin_url: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl ThinBinary {
    /// Starts an `app-api` over what that stack keeps for this data directory.
    pub async fn api(stack: Stack, data: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
        Self::start("app-api", "serving", stack, data, &arguments).await
    }

    /// Starts an `app-worker` over the same.
    pub async fn worker(stack: Stack, data: &Path, arguments: &[&str]) -> Self {
        Self::start("app-worker", "working", stack, data, arguments).await
    }

    async fn start(name: &str, begun: &str, stack: Stack, data: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program(name))
            .args(["--admin-listen", "127.0.0.1:0", "--log-format", "json"])
            .args(arguments)
            .env_clear()
            .envs(stack.settings(data).await)
            .current_dir(data.parent().expect("a data directory lies in a folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let log = Arc::new(Mutex::new(vec![]));
        let (mut url, mut admin_url) = (String::new(), String::new());
        let starting = async {
            loop {
                let line = lines.next_line().await.expect("the log can be read");
                let line = line.unwrap_or_else(|| panic!("{name} ended at its start: {:#?}", log.lock().unwrap()));
                log.lock().unwrap().push(line.clone());
                let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if line["message"] == "the operator's listener answers" {
                    admin_url = format!("http://{}", line["address"].as_str().expect("an address is text"));
                }
                if line["message"] == begun {
                    line["url"].as_str().unwrap_or_default().clone_into(&mut url);
                    return;
                }
            }
        };
        timeout(LIMIT, starting).await.unwrap_or_else(|_| panic!("{name} did not start in time"));
        tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    log.lock().unwrap().push(line);
                }
            }
        });
        let running = Self { child, url, admin_url, log };
        running.operator().until_ready(LIMIT).await;
        running
    }

    /// A client of its API.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// A client of its operator's listener.
    pub fn operator(&self) -> Client {
        Client::new(&self.admin_url)
    }

    /// What it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Ends it with SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Asks it to stop with SIGTERM and waits for its end; answers whether it ended well.
    pub async fn stop(mut self) -> bool {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.expect("it runs"), rustix::process::Signal::TERM).expect("it can be told");
        timeout(LIMIT, self.child.wait()).await.expect("it ends in time").expect("its end is known").success()
    }
}

/// A thin binary of this checkout, beside the one under test. `scripts/test` builds all of them; a single test builds them when
/// it asks for the first.
fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "how scripts/test names the binary that it built")]
        if std::env::var_os("WAREROOM_TEST_BINARY").is_some() {
            return;
        }
        for package in ["wareroom-app-api", "wareroom-app-worker"] {
            let built = std::process::Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--package", package, "--features", "binary"])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status()
                .expect("cargo runs");
            assert!(built.success(), "{package} could not be built");
        }
    });
    binary_under_test().with_file_name(name)
}

//! A PostgreSQL of a test's own.

use super::process::{ServerProcess, free_port};
use rustix::process::{Signal, geteuid};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

const ADVICE: &str = "install PostgreSQL (on Debian: apt-get install postgresql)";

/// How long a start may take on a busy machine, repairs after a kill included.
const LIMIT: Duration = Duration::from_mins(1);

const USER: &str = "wareroom";
const PASSWORD: &str = "a-test-s-own";

/// A server of PostgreSQL.
pub struct PostgresServer {
    port: u16,
    process: Option<ServerProcess>,
    folder: TempDir,
}

impl PostgresServer {
    /// Makes one and starts it, with settings as usual: what it has acknowledged is on disk.
    pub async fn start() -> Self {
        // Not the user's own folder, which the server's user may not look into.
        let folder = TempDir::with_prefix_in("wareroom-postgres-", "/tmp").expect("a folder can be made");
        let secret = folder.path().join("password");
        std::fs::write(&secret, PASSWORD).expect("a file can be written");
        if geteuid().is_root() {
            run(Command::new("chown").args(["-R", "postgres:"]).arg(folder.path()));
        }
        let mut create = program("initdb");
        create.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username", USER]);
        run(create.arg("--pwfile").arg(&secret).arg("-D").arg(folder.path().join("data")));
        let mut server = Self { port: free_port(), process: None, folder };
        server.start_again().await;
        server
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// A connection to its database, beside whoever uses it.
    pub async fn connect(&self) -> Client {
        self.try_connect().await.expect("the server answers")
    }

    async fn try_connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Starts it over what it has on disk; returns when it takes connections.
    pub async fn start_again(&mut self) {
        let begun = Instant::now();
        loop {
            // What a killed one leaves behind has to go before the next one starts.
            if self.process.as_mut().is_none_or(ServerProcess::has_ended) {
                self.process = Some(self.launch());
            }
            if self.try_connect().await.is_ok() {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "PostgreSQL does not start: {}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn launch(&self) -> ServerProcess {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).expect("a log opens");
        let mut serve = program("postgres");
        serve.args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k", ""]);
        serve.arg("-D").arg(self.folder.path().join("data"));
        ServerProcess::start(serve.stdout(log.try_clone().expect("a log can be shared")).stderr(log))
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Kills it at once, as a failing machine would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Tells it to end now, whoever is connected, and waits for its end.
    pub fn shut_down(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::INT);
            process.wait();
        }
    }
}

/// A program of the server's, as the user that may run it: the server refuses to be run by root.
fn program(name: &str) -> Command {
    let program = programs().unwrap_or_else(|| panic!("there is no PostgreSQL server here: {ADVICE}")).join(name);
    if !geteuid().is_root() {
        return Command::new(program);
    }
    // Becomes the program, so that its number is the program's.
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"]).arg(program);
    command
}

/// Where they are, the newest first.
fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    let has = |folder: &Path, name: &str| folder.join(name).is_file();
    folders.into_iter().find(|folder| has(folder, "initdb") && has(folder, "postgres"))
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {ADVICE}"));
    assert!(done.status.success(), "{command:?}: {}; {ADVICE}", String::from_utf8_lossy(&done.stderr));
}

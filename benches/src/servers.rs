//! The programs that are measured: started on a port that was free, ended when dropped.

use crate::Outcome;
use crate::stand::Stand;
use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Duration, Instant, sleep};

/// All settings as they are by default.
pub(crate) const PLAIN: &[&str] = &[];

/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that answers.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    /// From the start of the process to its first good answer.
    pub(crate) started_in: Duration,
}

impl Running {
    /// `wareroom serve` in this folder, with the settings that differ from the defaults. The log goes to a file.
    pub(crate) async fn wareroom(stand: &Stand, folder: &Path, settings: &[impl AsRef<OsStr>]) -> Outcome<Self> {
        let mut command = Command::new(&stand.binary);
        command.arg("serve").arg("--data-dir").arg(folder.join("data")).args(settings);
        command.current_dir(folder);
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        Self::start(command, log, "/healthz/ready").await
    }

    /// One of the bare programs.
    pub(crate) async fn bare(
        stand: &Stand,
        folder: &Path,
        arguments: &[impl AsRef<OsStr>],
        path: &str,
    ) -> Outcome<Self> {
        let mut command = Command::new(&stand.own);
        command.args(arguments);
        let log = File::options().create(true).append(true).open(folder.join("bare.log"))?;
        Self::start(command, log, path).await
    }

    async fn start(mut command: Command, log: File, path: &str) -> Outcome<Self> {
        // Nobody else takes it in the moment between.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        command.args(["--listen", &address]).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let begun = Instant::now();
        let mut child = command.kill_on_drop(true).spawn()?;
        while !is_good(&address, path).await {
            if let Some(status) = child.try_wait()? {
                return Err(format!("{command:?} ended at its start: {status}").into());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{command:?} did not answer in time").into());
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(Self { child, url: format!("http://{address}"), started_in: begun.elapsed() })
    }

    /// A line of the process's status, such as `VmRSS`, in MB.
    pub(crate) fn memory(&self, name: &str) -> Outcome<f64> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(kibibytes.ok_or_else(|| format!("the system does not tell {name}"))? * 1024.0 / 1e6)
    }

    /// Ends it at once.
    pub(crate) async fn end(mut self) -> Outcome {
        Ok(self.child.kill().await?)
    }
}

/// Whether a GET is answered with 200, asked as plainly as possible, because how soon that is is measured, too.
async fn is_good(address: &str, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.ok()?;
        Some(status.ends_with(b" 200"))
    };
    ask.await.unwrap_or(false)
}

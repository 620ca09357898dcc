//! Load, by wrk: one thread, 32 connections. A run counts only if every answer was a success.

use crate::Outcome;
use std::path::PathBuf;
use tokio::process::Command;

const CONNECTIONS: u16 = 32;

/// How load is made.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) seconds: u64,
    /// The folder of wrk's scripts.
    pub(crate) scripts: PathBuf,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    /// The script that makes the requests, and what it is told; plain GET without one.
    pub(crate) script: Option<(&'static str, Vec<String>)>,
}

impl Target {
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), script: None }
    }
}

impl Load {
    /// Answers a second, over the time set.
    pub(crate) async fn run(&self, target: &Target) -> Outcome<f64> {
        self.run_for(target, self.seconds).await
    }

    /// A short run that is not counted: what is made once is made now.
    pub(crate) async fn warm_up(&self, target: &Target) -> Outcome {
        self.run_for(target, 1).await.map(drop)
    }

    async fn run_for(&self, target: &Target, seconds: u64) -> Outcome<f64> {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--timeout", "30s"]);
        command.args(["--duration", &format!("{seconds}s")]);
        if let Some((script, _)) = &target.script {
            let script = self.scripts.join(script);
            // wrk goes on without a script that it cannot read.
            std::fs::metadata(&script).map_err(|error| format!("{}: {error}", script.display()))?;
            command.arg("--script").arg(script);
        }
        command.arg(&target.url);
        if let Some((_, arguments)) = &target.script {
            command.arg("--").args(arguments);
        }
        let output = command.kill_on_drop(true).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("wrk failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        rate(&text).map_err(|error| format!("{error}, at {}", target.url).into())
    }
}

/// The rate that wrk's report tells, if nothing in it tells of trouble.
fn rate(report: &str) -> Result<f64, String> {
    let line = |start: &str| report.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::trim);
    for trouble in ["Non-2xx or 3xx responses:", "Socket errors:"] {
        if let Some(count) = line(trouble) {
            return Err(format!("wrk tells of trouble: {trouble} {count}"));
        }
    }
    let rate = line("Requests/sec:").and_then(|rate| rate.parse().ok());
    rate.filter(|rate| *rate > 0.0).ok_or_else(|| format!("wrk counted nothing: {report}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Running 1s test\n  1 threads and 32 connections\n  100 requests in 1.00s, 1MB read\n\
                        Requests/sec:  12345.67\nTransfer/sec:      1.00MB\n";

    #[test]
    fn the_rate_is_read() {
        assert_eq!(rate(GOOD), Ok(12345.67));
    }

    #[test]
    fn a_run_with_errors_or_without_answers_does_not_count() {
        for trouble in ["  Non-2xx or 3xx responses: 3", "  Socket errors: connect 0, read 1, write 0, timeout 0"] {
            assert!(rate(&format!("{trouble}\n{GOOD}")).unwrap_err().contains(trouble.trim()), "{trouble}");
        }
        assert!(rate("Requests/sec:      0.00\n").is_err());
        assert!(rate("").is_err());
    }
}

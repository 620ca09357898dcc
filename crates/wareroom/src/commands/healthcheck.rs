//! Asks a running server whether it is ready: for containers, which look at the exit code and bring no other client.

use crate::command_line::{settings, with_examples};
use crate::configuration::{of_command, runtime};
use crate::ended::{Ended, Told, Usage};
use crate::output::{json_flag, message, show};
use clap::{Arg, ArgMatches, Command, value_parser};
use serde::Serialize;
use serde_json::Value;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use wareroom_app_api::probe::{Probed, probe};
use wareroom_bootstrap::Config;

const EXAMPLES: &str = "\
Examples:
  wareroom healthcheck                                 the server at the configured listen address
  wareroom healthcheck --url http://10.0.0.7:8080
  HEALTHCHECK CMD [\"wareroom\", \"healthcheck\"]          in a Dockerfile";

const AFTER: &str = "Exit codes: 0 ready, 1 not ready or not reached, 2 wrong usage or configuration.";

const URL: &str = "url";
const TIMEOUT: &str = "timeout";

pub(crate) fn define(command: Command) -> Command {
    let url = Arg::new(URL).long(URL).value_name("URL");
    let url = url.help("The server's http URL [default: the listen address, on this machine]");
    let timeout = Arg::new(TIMEOUT).long(TIMEOUT).value_name("SECONDS").default_value("3");
    let timeout = timeout.value_parser(value_parser!(u64).range(1..=300)).help("How long to wait for the answer");
    with_examples(command.about("Ask a running server whether it is ready, by the exit code"), EXAMPLES)
        .args([url, timeout, json_flag()])
        .args(settings(&["listen", "log", "log_format"]))
        .after_long_help(AFTER)
}

/// What came of asking, for programs.
#[derive(Serialize)]
struct Health {
    ready: bool,
    url: String,
    /// Null when there was no answer.
    status: Option<u16>,
    /// Why it is not ready.
    detail: Option<String>,
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let url = match arguments.get_one::<String>(URL) {
        Some(url) => url.clone(),
        None => own_url(&of_command(arguments)?)?,
    };
    let limit = Duration::from_secs(arguments.get_one(TIMEOUT).copied().unwrap_or(3));
    let asked = runtime()?.block_on(probe(&url, limit));
    let health = match asked {
        Err(error) if error.is_usage() => return Err(Usage(error.to_string()).into()),
        Err(error) => Health { ready: false, url, status: None, detail: Some(reasons(&error)) },
        Ok(Probed { status, body }) => {
            let ready = status == 200;
            Health { ready, url, status: Some(status), detail: (!ready).then(|| detail(status, &body)) }
        }
    };
    if !health.ready {
        message(&format!("wareroom: not ready: {}", health.detail.as_deref().unwrap_or("no reason was given")));
    }
    show(arguments, &health, || if health.ready { "ready\n".to_owned() } else { String::new() })?;
    if health.ready { Ok(()) } else { Err(Told.into()) }
}

/// Where a server of this configuration answers on this machine.
fn own_url(config: &Config) -> Result<String, Usage> {
    let mut address: SocketAddr = config.listen;
    if address.port() == 0 {
        return Err(Usage("listen leaves the port to the system; name the server by --url".to_owned()));
    }
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::V6(Ipv6Addr::LOCALHOST)
        });
    }
    Ok(format!("http://{address}"))
}

/// What the answer says itself, or its status.
fn detail(status: u16, body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    problem["detail"].as_str().map_or_else(|| format!("it answers {status}"), str::to_owned)
}

/// An error and what caused it, in a line.
fn reasons(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts.join(": ")
}

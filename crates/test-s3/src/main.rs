//! The server as a program: `scripts/services up s3` starts it, and so do tests that need one of its own.

use clap::{Arg, Command, value_parser};
use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};
use wareroom_test_s3::{S3Server, ServerConfig};

#[tokio::main]
async fn main() -> ExitCode {
    let option = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help).required(true);
    let matches = Command::new("wareroom-test-s3")
        .about("An S3 server for tests: objects in a folder, signatures checked, nothing synced to disk")
        .args([
            option("listen", "where to listen; port 0 takes a free one").value_parser(value_parser!(SocketAddr)),
            option("folder", "where the buckets are").value_parser(value_parser!(PathBuf)),
            option("bucket", "a bucket to make, if it is not there"),
            option("access-key", "the key that it knows"),
            option("secret-key", "what requests are signed with"),
        ])
        .get_matches();
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let (Some(listen), Some(folder)) = (matches.get_one::<SocketAddr>("listen"), matches.get_one::<PathBuf>("folder"))
    else {
        return ExitCode::FAILURE;
    };
    let config = ServerConfig {
        listen: *listen,
        buckets: vec![text("bucket")],
        access_key: text("access-key"),
        secret_key: text("secret-key"),
        ..ServerConfig::at(folder)
    };
    let outcome = async {
        let server = S3Server::start(config).await?;
        writeln!(std::io::stdout(), "http://{}", server.address())?;
        server.run().await
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "wareroom-test-s3: {error}");
            ExitCode::FAILURE
        }
    }
}

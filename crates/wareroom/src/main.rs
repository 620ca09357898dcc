//! Wareroom: a self-hosted product catalogue with an image pipeline.
//!
//! `wareroom` alone means `wareroom serve`: API, relay and worker in one process. Results go to stdout, messages and the log to
//! stderr. Knows no adapter: `bootstrap` wires them.

mod banner;
mod command_line;
mod commands;
mod logging;
#[cfg(debug_assertions)]
mod stop_point;

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = command_line::command().get_matches();
    let ended = match matches.subcommand() {
        Some(("openapi", arguments)) => commands::openapi::run(arguments),
        Some(("prune", arguments)) => commands::prune::run(arguments),
        Some((_, arguments)) => commands::serve::run(arguments),
        None => commands::serve::run(&matches),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

/// The error and what caused it, one line each, on stderr.
fn report(error: &dyn std::error::Error) {
    eprintln!("wareroom: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}

//! Wareroom: a self-hosted product catalogue with an image pipeline.
//!
//! `wareroom` alone means `wareroom serve`: API, relay and worker in one process. Results go to stdout, messages and the log to
//! stderr. Knows no adapter: `bootstrap` wires them.

mod banner;
mod command_line;
mod commands;
mod configuration;
mod ended;
mod logging;
mod output;
#[cfg(debug_assertions)]
mod stop_point;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = command_line::command().get_matches();
    ended::exit_code(commands::run(&matches))
}

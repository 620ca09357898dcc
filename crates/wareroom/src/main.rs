//! Wareroom: a self-hosted product catalogue with an image pipeline.
//!
//! `wareroom` alone means `wareroom serve`: API, relay and worker in one process. Results go to stdout, messages and the log to
//! stderr. Knows no adapter: `bootstrap` wires them.

mod banner;
mod command_line;
mod commands;
mod configuration;
mod terminal;

use std::process::ExitCode;
use wareroom_process::{ended, output};

fn main() -> ExitCode {
    let matches = command_line::command().get_matches();
    ended::exit_code("wareroom", commands::run(&matches))
}

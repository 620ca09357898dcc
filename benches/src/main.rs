//! Benchmarks: the real `wareroom` binary against the barest programs that give the same answers. `scripts/bench` builds
//! both and starts this; `run` measures, the other commands are the bare programs that it starts.
//!
//! | module | holds |
//! |---|---|
//! | `stand`, `servers`, `stack`, `load`, `pairs`, `processor` | what measuring needs: processes, databases, wrk, alternating pairs, seconds of CPU |
//! | `rows` | one file for each kind of row of the table |
//! | `report`, `notes`, `figures` | the tables, in words and numbers |
//! | `bare`, `origin`, `renditions` | the programs that are measured against, or called by those that are measured |
//!
//! Knows Wareroom from outside, through its API, except where that would take hours: 200,000 products are written
//! through the store's adapter or by a statement, and the codec is called without a server; and what only rows tell is read
//! there, such as how long they wait.

mod bare;
mod client;
mod command_line;
mod figures;
mod load;
mod notes;
mod origin;
mod pairs;
mod pictures;
mod processor;
mod renditions;
mod report;
mod rows;
mod servers;
mod stack;
mod stand;

use std::process::ExitCode;

/// What anything here ends with: a benchmark that cannot be run ends with what went wrong.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    match command_line::run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

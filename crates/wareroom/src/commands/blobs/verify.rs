//! Reads every blob and holds it against its name, and the list of blobs against the rows that name them.

use crate::command_line::{settings, with_examples};
use crate::commands::progress::found;
use crate::configuration::{BESIDE, durable, of_command, runtime};
use crate::ended::{EXIT_CODES, Ended, Told};
use crate::output::{json_flag, message, show, write};
use crate::terminal::waiting;
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use wareroom_application::transfer::{CollectingPaused, Finding, Verified, verify_blobs};
use wareroom_bootstrap::{Config, transfer, wire_beside};

const EXAMPLES: &str = "\
Examples:
  wareroom blobs verify
  wareroom blobs verify --json

An orphan is a file that no row names and that is older than twice --blob-claim. It takes room
and does no harm. While this runs, no file is deleted.";

/// So many findings are kept for a document; the counts are of all.
const KEPT: usize = 10_000;

pub(super) fn define(command: Command) -> Command {
    let about = "Find image files that are missing, damaged or nobody's, by reading all of them";
    with_examples(command.about(about), EXAMPLES)
        .after_long_help(format!("Fails when any is missing or damaged.\n\n{EXIT_CODES}"))
        .arg(json_flag())
        .args(settings(&[&["blob_claim"][..], &BESIDE].concat()))
}

/// What was found, for programs.
#[derive(Serialize)]
struct Outcome {
    /// The first ten thousand.
    data: Vec<Found>,
    sound: u64,
    bytes: u64,
    missing: u64,
    damaged: u64,
    orphaned: u64,
    orphaned_bytes: u64,
}

#[derive(Serialize)]
struct Found {
    finding: &'static str,
    name: String,
}

pub(super) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let json = arguments.get_flag("json");
    let kept = Mutex::new(Vec::new());
    let keep = |finding| {
        let (finding, name) = found(finding);
        if !json {
            // Whoever stopped to read is told so at the end.
            drop(write(format!("{finding:<8}  {name}\n").as_bytes()));
            return;
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(Found { finding, name });
        }
    };
    let Verified { sound, bytes, missing, damaged, orphaned, orphaned_bytes } =
        runtime()?.block_on(waiting("reading every image file", verified(&config, &keep)))?;
    let data = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let outcome = Outcome { data, sound, bytes, missing, damaged, orphaned, orphaned_bytes };
    show(arguments, &outcome, || text(&outcome))?;
    if missing + damaged == 0 {
        return Ok(());
    }
    message("image files are missing or damaged: put them back from a backup; their names say what they must be");
    Err(Told.into())
}

async fn verified(config: &Config, found: &(dyn Fn(Finding) + Send + Sync)) -> Result<Verified, Box<dyn Error>> {
    let application = wire_beside(config).await?;
    let (ports, rows) = (application.ports(), transfer::export(config)?);
    let mut pause = CollectingPaused::begin(Arc::clone(&ports.store), Arc::clone(&ports.clock)).await?;
    let verified = pause.during(verify_blobs(&*rows, &*ports.blobs, config.blob_claim * 2, found)).await;
    pause.end().await?;
    verified?.map_err(|error| -> Box<dyn Error> { error })
}

fn text(outcome: &Outcome) -> String {
    let counts = [
        (outcome.sound, "sound"),
        (outcome.missing, "missing: rows name them, and they are not there"),
        (outcome.damaged, "damaged: their bytes are not what their names say"),
        (outcome.orphaned, "orphaned: no row names them"),
    ];
    counts.map(|(count, what)| format!("{count:>8}  {what}\n")).concat()
}

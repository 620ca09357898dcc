//! Removes what was kept long enough, now instead of when `serve` would; works beside it. There is nothing to confirm: it
//! takes only what is past its time, which `serve` would remove within minutes, unasked.

use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, Beside};
use crate::ended::Ended;
use crate::output::{json_flag, show};
use crate::terminal::waiting;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use wareroom_application::Pruned;

const EXAMPLES: &str = "\
Examples:
  wareroom prune --dry-run               say what would be removed
  wareroom prune --keep-events 1d        keep less than usual, this once";

const DRY_RUN: &str = "dry-run";

/// How long things are kept.
const KEPT: [&str; 5] = ["keep_idempotency_keys", "keep_events", "keep_dead_letters", "keep_leftovers", "blob_claim"];

pub(crate) fn define(command: Command) -> Command {
    let about = "Remove what was kept long enough, as `serve` does from time to time; works beside it";
    let dry_run = Arg::new(DRY_RUN).long(DRY_RUN).action(ArgAction::SetTrue).help("Only say what would be removed");
    with_examples(command.about(about), EXAMPLES)
        .args([dry_run, json_flag()])
        .args(settings(&[&KEPT[..], &BESIDE].concat()))
}

/// How many of each, for programs.
#[derive(Serialize)]
struct Counts {
    dry_run: bool,
    idempotency_keys: u64,
    events: u64,
    dead_letters: u64,
    leftovers: u64,
    blobs: u64,
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let Beside { runtime, application } = Beside::open(arguments)?;
    let dry_run = arguments.get_flag(DRY_RUN);
    let pruned = runtime.block_on(waiting("looking for what was kept long enough", application.prune(dry_run)))?;
    let Pruned { idempotency_keys, events, dead_letters, leftovers, blobs } = pruned;
    let counts = Counts { dry_run, idempotency_keys, events, dead_letters, leftovers, blobs };
    show(arguments, &counts, || text(&counts))
}

fn text(counts: &Counts) -> String {
    let title = if counts.dry_run { "Would be removed:\n" } else { "Removed:\n" };
    let counts = [
        (counts.idempotency_keys, "idempotency keys"),
        (counts.events, "events"),
        (counts.dead_letters, "dead letters"),
        (counts.leftovers, "files of uploads that never ended"),
        (counts.blobs, "image files that nothing names"),
    ];
    let lines = counts.map(|(count, what)| format!("{count:>8}  {what}\n"));
    format!("{title}{}", lines.concat())
}

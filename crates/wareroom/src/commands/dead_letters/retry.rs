//! Does again what was given up: some at once, or all of a filter by and by.

use super::filter::{filter, ids, reasons, which};
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, Beside};
use crate::ended::{EXIT_CODES, Ended, Told};
use crate::output::{counted, json_flag, message, show};
use clap::{ArgMatches, Command};
use serde::Serialize;
use wareroom_application::{Application, Context, Error, ErrorCode};
use wareroom_domain::DeadLetterId;

const EXAMPLES: &str = "\
Examples:
  wareroom dead-letters retry 01890a5d-ac96-774b-bcce-b302099a8057
  wareroom dead-letters retry --host images.example --reason unreachable
  wareroom dead-letters retry --all

An image starts again without attempts, and its dead letter is gone. Those of a filter, or all,
are retried one after the other, some dozens a second, by whoever serves.";

pub(super) fn define(command: Command) -> Command {
    let command = with_examples(command.about("Process images again that were given up"), EXAMPLES);
    which(command).after_long_help(format!("{}\n\n{EXIT_CODES}", reasons())).arg(json_flag()).args(settings(&BESIDE))
}

/// What came of it, for programs.
#[derive(Default, Serialize)]
struct Outcome {
    /// How many images are processed again, or will be.
    retried: u64,
    /// How many dead letters were only removed: their images are gone, or have not failed.
    removed: u64,
    /// Those that are not there.
    not_found: Vec<String>,
}

pub(super) fn run(arguments: &ArgMatches) -> Ended {
    let (filter, ids) = (filter(arguments)?, ids(arguments));
    let Beside { runtime, application } = Beside::open(arguments)?;
    if ids.is_empty() {
        let retried = runtime.block_on(application.retry_dead_letters(&Context::operator(), &filter))?.result;
        let retried = Outcome { retried, ..Outcome::default() };
        return show(arguments, &retried, || {
            format!("{} will be retried by whoever serves\n", counted(retried.retried, "dead letter"))
        });
    }
    let retried = runtime.block_on(one_by_one(&application, &ids))?;
    for id in &retried.not_found {
        message(&format!("wareroom: {id}: there is no such dead letter"));
    }
    show(arguments, &retried, || text(&retried))?;
    if retried.not_found.is_empty() { Ok(()) } else { Err(Told.into()) }
}

async fn one_by_one(application: &Application, ids: &[DeadLetterId]) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    for id in ids {
        match application.retry_dead_letter(&Context::operator(), *id).await {
            Ok(answered) if answered.result == 0 => outcome.removed += 1,
            Ok(_) => outcome.retried += 1,
            Err(error) if error.code == ErrorCode::NotFound => outcome.not_found.push(id.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

fn text(outcome: &Outcome) -> String {
    let retried = format!("{} processed again\n", counted(outcome.retried, "image"));
    match outcome.removed {
        0 => retried,
        removed => {
            let removed = counted(removed, "dead letter");
            format!("{retried}{removed} only removed: the image is gone or has not failed\n")
        }
    }
}

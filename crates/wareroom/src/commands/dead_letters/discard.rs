//! Removes dead letters. Their images stay failed, and can still be retried at their products.

use super::filter::{filter, ids, reasons, which};
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, Beside};
use crate::ended::{EXIT_CODES, Ended, Told};
use crate::output::{counted, json_flag, message, show};
use crate::terminal::{confirmed, waiting, yes_flag};
use clap::{ArgMatches, Command};
use serde::Serialize;
use wareroom_application::{Application, Context, Error, ErrorCode};
use wareroom_domain::DeadLetterId;
use wareroom_ports::DeadLetterFilter;

const EXAMPLES: &str = "\
Examples:
  wareroom dead-letters discard 01890a5d-ac96-774b-bcce-b302099a8057
  wareroom dead-letters discard --reason not_an_image --yes
  wareroom dead-letters discard --all --yes

Their images stay as they are: failed, and still to be retried at their products.";

pub(super) fn define(command: Command) -> Command {
    let command = with_examples(command.about("Remove dead letters; asks before it does"), EXAMPLES);
    which(command)
        .after_long_help(format!("{}\n\n{EXIT_CODES}", reasons()))
        .args([yes_flag(), json_flag()])
        .args(settings(&BESIDE))
}

/// What came of it, for programs.
#[derive(Default, Serialize)]
struct Discarded {
    discarded: u64,
    /// Those that are not there.
    not_found: Vec<String>,
}

pub(super) fn run(arguments: &ArgMatches) -> Ended {
    let (filter, ids) = (filter(arguments)?, ids(arguments));
    let Beside { runtime, application } = Beside::open(arguments)?;
    let count = match u64::try_from(ids.len())? {
        0 => runtime.block_on(waiting("counting", count(&application, &filter)))?,
        ids => ids,
    };
    let question = format!("Discard {}? Nothing brings them back.", counted(count, "dead letter"));
    // Where there is nothing, nothing is destroyed.
    if count > 0 && !confirmed(arguments, &question)? {
        message("nothing was discarded");
        return Err(Told.into());
    }
    let discarded = runtime.block_on(waiting("discarding", async {
        if ids.is_empty() { all_of(&application, &filter).await } else { one_by_one(&application, &ids).await }
    }))?;
    for id in &discarded.not_found {
        message(&format!("wareroom: {id}: there is no such dead letter"));
    }
    show(arguments, &discarded, || format!("{} discarded\n", counted(discarded.discarded, "dead letter")))?;
    if discarded.not_found.is_empty() { Ok(()) } else { Err(Told.into()) }
}

async fn count(application: &Application, filter: &DeadLetterFilter) -> Result<u64, Error> {
    let counts = application.summarise_dead_letters(&Context::operator(), filter).await?;
    Ok(counts.iter().map(|counted| counted.count).sum())
}

async fn all_of(application: &Application, filter: &DeadLetterFilter) -> Result<Discarded, Error> {
    let discarded = application.discard_dead_letters(&Context::operator(), filter).await?.result;
    Ok(Discarded { discarded, ..Discarded::default() })
}

async fn one_by_one(application: &Application, ids: &[DeadLetterId]) -> Result<Discarded, Error> {
    let mut outcome = Discarded::default();
    for id in ids {
        match application.discard_dead_letter(&Context::operator(), *id).await {
            Ok(()) => outcome.discarded += 1,
            Err(error) if error.code == ErrorCode::NotFound => outcome.not_found.push(id.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

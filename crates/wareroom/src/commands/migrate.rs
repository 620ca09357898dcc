//! Brings the database to the newest schema, or says how far it is. With the embedded database `serve` does the former by
//! itself when it starts; one that several processes share is migrated by this command alone.

use crate::command_line::{settings, with_examples};
use crate::configuration::{durable, of_command, runtime};
use crate::ended::{Ended, Usage};
use crate::output::{columns, json_flag, message, show};
use crate::terminal::waiting;
use clap::{ArgMatches, Command};
use serde::Serialize;
use wareroom_bootstrap::{SchemaStep, migrate, schema};

const EXAMPLES: &str = "\
Examples:
  wareroom migrate up                    make the database, or bring it up to date
  wareroom migrate status                which migrations were applied, which are pending

All pending migrations are applied, or none. `wareroom serve` does the same to its own file
when it starts. With PostgreSQL nothing starts while some are pending: run `migrate up` before
the newer program. Older ones go on beside it as long as no pending one is breaking.";

const UP: &str = "up";
const STATUS: &str = "status";

pub(crate) fn define(command: Command) -> Command {
    let about = "Bring the database to the newest schema, or say how far it is; works beside `serve`";
    let flags = || settings(&["data_dir", "database_url", "start_wait", "store_wait", "log", "log_format"]);
    let child = |name, about| with_examples(Command::new(name).about(about), EXAMPLES).arg(json_flag()).args(flags());
    with_examples(command.about(about), EXAMPLES).subcommand_required(true).arg_required_else_help(true).subcommands([
        child(UP, "Apply every migration that is pending; safe to run from several places at once"),
        child(STATUS, "Only list the migrations, those that were applied and those that are pending"),
    ])
}

/// Migrations, for programs.
#[derive(Serialize)]
struct Steps {
    data: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    version: u32,
    name: String,
    /// Whether programs that do not know it must not start beside it.
    breaking: bool,
    /// False for one of a newer program.
    known: bool,
    /// Null while it is pending.
    applied_at: Option<String>,
}

impl From<Vec<SchemaStep>> for Steps {
    fn from(steps: Vec<SchemaStep>) -> Self {
        let step = |step: SchemaStep| Step {
            version: step.version,
            name: step.name,
            breaking: step.breaking,
            known: step.known,
            applied_at: step.applied_at.map(|at| at.to_string()),
        };
        Self { data: steps.into_iter().map(step).collect() }
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let (status, arguments) = match arguments.subcommand() {
        Some((STATUS, arguments)) => (true, arguments),
        Some((_, arguments)) => (false, arguments),
        None => return Err(Usage("say `migrate up` or `migrate status`".to_owned()).into()),
    };
    let config = of_command(arguments)?;
    durable(&config)?;
    let steps = runtime()?.block_on(async {
        if status { schema(&config).await } else { waiting("migrating", migrate(&config)).await }
    })?;
    if steps.is_empty() {
        message("the database is up to date");
    }
    let steps = Steps::from(steps);
    show(arguments, &steps, || text(&steps))
}

fn text(steps: &Steps) -> String {
    let row = |step: &Step| {
        let state = step.applied_at.as_ref().map_or_else(|| "pending".to_owned(), |at| format!("applied {at}"));
        let newer = if step.known { "" } else { ", of a newer program" };
        vec![step.version.to_string(), step.name.clone(), format!("{state}{newer}")]
    };
    columns(&steps.data.iter().map(row).collect::<Vec<_>>())
}

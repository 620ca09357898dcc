//! Brings the database to the newest schema, or says how far it is. `serve` does the former by itself when it starts; this is
//! for whoever wants it done, or to know, before.

use crate::command_line::{settings, with_examples};
use crate::configuration::{durable, of_command, runtime};
use crate::ended::Ended;
use crate::output::{columns, json_flag, message, show};
use crate::terminal::waiting;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use wareroom_bootstrap::{SchemaStep, migrate, schema};

const EXAMPLES: &str = "\
Examples:
  wareroom migrate                       make the database, or bring it up to date
  wareroom migrate --status              which migrations were applied, which are pending

`wareroom serve` does the same when it starts. All pending migrations are applied, or none.";

const STATUS: &str = "status";

pub(crate) fn define(command: Command) -> Command {
    let about = "Bring the database to the newest schema, or say how far it is; works beside `serve`";
    let status = Arg::new(STATUS)
        .long(STATUS)
        .action(ArgAction::SetTrue)
        .help("Only list the migrations, those that were applied and those that are pending");
    with_examples(command.about(about), EXAMPLES).args([status, json_flag()]).args(settings(&[
        "data_dir",
        "database_url",
        "store_wait",
        "log",
        "log_format",
    ]))
}

/// Migrations, for programs.
#[derive(Serialize)]
struct Steps {
    data: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    version: u32,
    name: &'static str,
    /// Null while it is pending.
    applied_at: Option<String>,
}

impl From<Vec<SchemaStep>> for Steps {
    fn from(steps: Vec<SchemaStep>) -> Self {
        let step = |step: SchemaStep| Step {
            version: step.version,
            name: step.name,
            applied_at: step.applied_at.map(|at| at.to_string()),
        };
        Self { data: steps.into_iter().map(step).collect() }
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let (runtime, status) = (runtime()?, arguments.get_flag(STATUS));
    let steps = runtime.block_on(async {
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
        vec![step.version.to_string(), step.name.to_owned(), state]
    };
    columns(&steps.data.iter().map(row).collect::<Vec<_>>())
}

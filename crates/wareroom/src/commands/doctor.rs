//! Looks at every part that the settings name, and says what is wrong and what to do about it.

use crate::command_line::{settings, with_examples};
use crate::configuration::{of_command, runtime};
use crate::ended::{Ended, Told};
use crate::output::{columns, json_flag, show};
use crate::terminal::waiting;
use clap::{ArgMatches, Command};
use serde::Serialize;
use wareroom_bootstrap::{Finding, Health, examine};

const EXAMPLES: &str = "\
Examples:
  wareroom doctor                        look at database, queue, cache, images and disk
  wareroom doctor --json                 for programs; the exit code says it all, too

Changes nothing that stays, and works beside whoever serves. Exit code 1 means that something
is bad; what is only doubtful leaves it 0.";

pub(crate) fn define(command: Command) -> Command {
    let about = "Look whether database, queue, cache, images and disk are as they must be";
    let keys = ["data_dir", "database_url", "queue_url", "cache_url", "blob_url", "log", "log_format"];
    with_examples(command.about(about), EXAMPLES).arg(json_flag()).args(settings(&keys))
}

/// What was found, for programs.
#[derive(Serialize)]
struct Findings {
    data: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    setting: &'static str,
    value: String,
    check: &'static str,
    /// `good`, `doubtful` or `bad`.
    health: &'static str,
    detail: String,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        let Finding { setting, value, check, health, detail } = finding;
        Self { setting, value, check, health: name(health), detail }
    }
}

const fn name(health: Health) -> &'static str {
    match health {
        Health::Good => "good",
        Health::Doubtful => "doubtful",
        Health::Bad => "bad",
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    let findings = runtime()?.block_on(waiting("looking at every part", examine(&config)));
    let worst = findings.iter().map(|finding| finding.health).max();
    let findings = Findings { data: findings.into_iter().map(Found::from).collect() };
    show(arguments, &findings, || text(&findings))?;
    if worst == Some(Health::Bad) { Err(Told.into()) } else { Ok(()) }
}

fn text(findings: &Findings) -> String {
    let row = |found: &Found| {
        vec![found.health.to_owned(), found.setting.to_owned(), found.check.to_owned(), found.detail.clone()]
    };
    columns(&findings.data.iter().map(row).collect::<Vec<_>>())
}

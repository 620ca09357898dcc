//! Moves everything into an empty database and an empty blob store, of whatever kind. Whoever serves is stopped before.

use super::progress::Telling;
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, durable, of_command, runtime};
use crate::ended::{Ended, Told};
use crate::output::{columns, json_flag, message, show};
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;
use wareroom_application::transfer::{Carried, Copied, copy};
use wareroom_bootstrap::Config;
use wareroom_bootstrap::transfer::{elsewhere, open_source, open_target};
use wareroom_ports::Table;

const EXAMPLES: &str = "\
Examples:
  wareroom copy --to-database postgres://wareroom@db.example/wareroom --to-blob s3://shop/images
  wareroom copy --database-url postgres://wareroom@db.example/wareroom --blob-url s3://shop/images \\
      --to-database sqlite:/srv/back/wareroom.sqlite --to-blob file:/srv/back/blobs

Stop whoever serves first, on both sides. A copy that was broken off goes on where it was when
the same command is given again. Until it is finished, nobody can serve from the target.";

const TO_DATABASE: &str = "to-database";
const TO_BLOB: &str = "to-blob";

pub(crate) fn define(command: Command) -> Command {
    let about = "Copy everything into an empty database and blob store of any kind";
    let url =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("URL").required(true).help(help);
    with_examples(command.about(about), EXAMPLES)
        .args([
            url(TO_DATABASE, "Where products are copied to, written as database_url is"),
            url(TO_BLOB, "Where image files are copied to, written as blob_url is"),
            json_flag(),
        ])
        .args(settings(&[&BESIDE[..], &["store_wait"]].concat()))
}

/// What came of it, for programs.
#[derive(Serialize)]
struct Outcome {
    complete: bool,
    rows: BTreeMap<&'static str, Counts>,
    blobs: Blobs,
}

#[derive(Serialize)]
struct Counts {
    source: u64,
    target: u64,
}

#[derive(Serialize)]
struct Blobs {
    copied: u64,
    /// In the target before, each with the right hash.
    there: u64,
    bytes: u64,
    missing: u64,
    damaged: u64,
}

impl From<&Copied> for Outcome {
    fn from(copied: &Copied) -> Self {
        let counts = |table: Table| {
            let counts = Counts { source: copied.source.of(table), target: copied.target.of(table) };
            (table.name(), counts)
        };
        let Carried { new, there, bytes, missing, damaged } = copied.blobs;
        Self {
            complete: copied.complete(),
            rows: Table::ALL.into_iter().map(counts).collect(),
            blobs: Blobs { copied: new, there, bytes, missing, damaged },
        }
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let url = |name| arguments.get_one::<String>(name).map_or("", String::as_str);
    let target = elsewhere(&config, url(TO_DATABASE), url(TO_BLOB))?;
    durable(&target)?;
    let copied = runtime()?.block_on(copied(&config, &target))?;
    let outcome = Outcome::from(&copied);
    show(arguments, &outcome, || text(&copied))?;
    if outcome.complete {
        return Ok(());
    }
    message("the copy is not finished: repair the blobs named above, or restore them, and run the same command again");
    Err(Told.into())
}

async fn copied(config: &Config, target: &Config) -> Result<Copied, Box<dyn Error>> {
    let source = open_source(config).await?;
    let target = open_target(target).await?;
    let telling = Telling::new();
    Ok(copy(&source.source, &target.target, &|progress| telling.tell(progress)).await?)
}

fn text(copied: &Copied) -> String {
    let mut rows = vec![["", "SOURCE", "TARGET"].map(str::to_owned).to_vec()];
    rows.extend(Table::ALL.map(|table| {
        vec![table.name().to_owned(), copied.source.of(table).to_string(), copied.target.of(table).to_string()]
    }));
    let Carried { new, there, missing, damaged, .. } = copied.blobs;
    let target = new + there;
    rows.push(vec!["blobs".to_owned(), (target + missing + damaged).to_string(), target.to_string()]);
    columns(&rows)
}

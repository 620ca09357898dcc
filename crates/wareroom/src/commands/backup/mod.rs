//! Backs everything up beside `serve`: the database first, then the blobs that it names, while none is deleted.

pub(super) mod manifest;

use super::progress::Telling;
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, durable, of_command, runtime};
use crate::ended::{Ended, Told, Usage};
use crate::output::{json_flag, message, show};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use manifest::{BLOBS, BlobsPart, DatabasePart, LIST, Manifest, publish};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;
use wareroom_application::transfer::{BackedUp, Progress, back_up};
use wareroom_bootstrap::transfer::{back_up_database, export, export_file, open_blob_folder};
use wareroom_bootstrap::{Config, DatabaseUrl, schema, wire_beside};
use wareroom_ports::{BlobStore, BoxError, Clock, Export, Table};

const EXAMPLES: &str = "\
Examples:
  wareroom backup /srv/backup
  wareroom backup /srv/backup --copy-blobs -- \\
      pg_dump --format=custom --file=/srv/backup/database.dump \"$WAREROOM_DATABASE_URL\"

A second backup into the same folder copies only the image files that are new. With PostgreSQL
the rows are pg_dump's: give its command after --, and it is run while no image file is deleted,
so that none is missing that the dump names.";

const FOLDER: &str = "folder";
const COPY_BLOBS: &str = "copy-blobs";
const DUMP: &str = "dump";

pub(crate) fn define(command: Command) -> Command {
    let folder = Arg::new(FOLDER).value_name("DIR").required(true).value_parser(value_parser!(PathBuf));
    let blobs = Arg::new(COPY_BLOBS).long(COPY_BLOBS).action(ArgAction::SetTrue);
    let dump = Arg::new(DUMP).value_name("COMMAND").last(true).num_args(0..);
    with_examples(command.about("Back everything up into a folder; works beside `serve`"), EXAMPLES)
        .args([
            folder.help("Where to; made when it is not there"),
            blobs.help("With PostgreSQL: copy the image files too, instead of only listing them"),
            dump.help("With PostgreSQL: what dumps the database"),
            json_flag(),
        ])
        .args(settings(&[&BESIDE[..], &["store_wait"]].concat()))
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let Some(folder) = arguments.get_one::<PathBuf>(FOLDER) else { return Err(Usage("no folder".to_owned()).into()) };
    let dump: Vec<String> = arguments.get_many::<String>(DUMP).unwrap_or_default().cloned().collect();
    let on_server = matches!(config.database, DatabaseUrl::Postgres(_));
    if !on_server && !dump.is_empty() {
        return Err(Usage("a command after -- is for PostgreSQL; a database file needs none".to_owned()).into());
    }
    fs::create_dir_all(folder)?;
    let whole = Whole { keeps_blobs: !on_server || arguments.get_flag(COPY_BLOBS), config, folder, dump };
    let manifest = runtime()?.block_on(whole.made())?;
    let Some(manifest) = manifest else {
        message("there is no new backup: image files are missing or damaged; see `wareroom blobs verify`");
        return Err(Told.into());
    };
    if on_server && whole.dump.is_empty() {
        message(
            "the rows are not in this backup: give the command of pg_dump after --, as `wareroom help backup` shows",
        );
    }
    show(arguments, &manifest, || text(&manifest))
}

/// A backup that is to be made.
struct Whole<'a> {
    config: Config,
    folder: &'a Path,
    keeps_blobs: bool,
    dump: Vec<String>,
}

impl Whole<'_> {
    /// Its manifest, once all of it is there; `None` when blobs are not.
    async fn made(&self) -> Result<Option<Manifest>, Box<dyn Error>> {
        let application = wire_beside(&self.config).await?;
        let ports = application.ports();
        let (made_at, before) = (ports.clock.now(), Manifest::read(self.folder).ok());
        let name = format!("database-{}.sqlite", made_at.as_microsecond());
        let blobs =
            if self.keeps_blobs { Some(open_blob_folder(&self.config, &self.folder.join(BLOBS)).await?) } else { None };
        let (telling, list) = (Telling::new(), Mutex::new(String::new()));
        let watch = |progress: Progress| {
            if let (Progress::Blob { key, bytes, .. }, false) = (&progress, self.keeps_blobs) {
                let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
                // Writing to a text does not fail.
                let _ = writeln!(list, "{bytes} {key}");
            }
            telling.tell(progress);
        };
        let mut part = DatabasePart::Postgres;
        let database = self.rows(&name, &mut part);
        let (store, clock): (_, Arc<dyn Clock>) = (Arc::clone(&ports.store), Arc::clone(&ports.clock));
        let to: Option<&dyn BlobStore> = blobs.as_deref();
        let done = back_up(store, clock, database, &*ports.blobs, to, &watch).await?;
        if !done.blobs.complete() {
            return Ok(None);
        }
        if !self.keeps_blobs {
            let list = list.into_inner().unwrap_or_else(PoisonError::into_inner);
            publish(&self.folder.join(LIST), list.as_bytes())?;
        }
        let steps = schema(&self.config).await?;
        let newest = steps.iter().filter(|step| step.applied_at.is_some()).map(|step| step.version).max();
        let manifest = self.manifest(made_at.to_string(), newest.unwrap_or_default(), part, &done);
        manifest.write(self.folder)?;
        self.remove_old(before.as_ref(), &manifest);
        Ok(Some(manifest))
    }

    /// The rows of one moment: in a file of their own, or by the command that dumps them.
    async fn rows(&self, name: &str, part: &mut DatabasePart) -> Result<Arc<dyn Export>, BoxError> {
        if let DatabaseUrl::Postgres(_) = self.config.database {
            if let Some((program, rest)) = self.dump.split_first() {
                let mut command = std::process::Command::new(program);
                command.args(rest);
                let ended = spawn_blocking(move || command.status()).await??;
                if !ended.success() {
                    return Err(format!("{program} failed: {ended}").into());
                }
            }
            return Ok(export(&self.config)?);
        }
        let file = self.folder.join(name);
        let written = back_up_database(&self.config, &file).await?;
        let (bytes, sha256) = (written.bytes, written.sha256.to_string());
        *part = DatabasePart::Sqlite { file: name.to_owned(), bytes, sha256 };
        Ok(export_file(&self.config, &file)?)
    }

    fn manifest(&self, made_at: String, schema: u32, database: DatabasePart, done: &BackedUp) -> Manifest {
        let BackedUp { rows, blobs } = done;
        let count = |table: Table| (table.name().to_owned(), rows.of(table));
        Manifest {
            form: wareroom_ports::transfer::FORM,
            wareroom: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            schema,
            database,
            rows: Table::ALL.into_iter().map(count).collect(),
            blobs: BlobsPart { kept: self.keeps_blobs, count: blobs.new + blobs.there, bytes: blobs.bytes },
        }
    }

    /// The database of the backup before this one, which nobody needs any more.
    fn remove_old(&self, before: Option<&Manifest>, now: &Manifest) {
        let Some(Manifest { database: DatabasePart::Sqlite { file: old, .. }, .. }) = before else { return };
        let same = matches!(&now.database, DatabasePart::Sqlite { file, .. } if file == old);
        // A name, and no way to somewhere else.
        if !same && Path::new(old).components().count() == 1 {
            drop(fs::remove_file(self.folder.join(old)));
        }
    }
}

fn text(manifest: &Manifest) -> String {
    let mut lines: Vec<String> = manifest.rows.iter().map(|(name, count)| format!("{count:>8}  {name}\n")).collect();
    let (count, bytes) = (manifest.blobs.count, manifest.blobs.bytes);
    let what = if manifest.blobs.kept { "image files" } else { "image files, listed and not copied" };
    lines.push(format!("{count:>8}  {what}, {bytes} bytes\n"));
    format!("Backed up as of {}:\n{}", manifest.made_at, lines.concat())
}

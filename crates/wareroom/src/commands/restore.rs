//! Makes a database and its blobs of a backup, where there is no database. Everything is looked through first, and the database
//! is made last: until then nobody sees anything.

use super::backup::manifest::{BLOBS, DatabasePart, Manifest};
use super::progress::{Telling, found};
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, durable, of_command, runtime};
use crate::ended::{Ended, Told, Usage};
use crate::output::{json_flag, message, show};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wareroom_application::transfer::{Carried, carry_blobs, verify_blobs};
use wareroom_bootstrap::transfer::{
    DatabaseFile, database_exists, export, export_file, hash_database_file, open_blob_folder, open_blobs,
    restore_database,
};
use wareroom_bootstrap::{Config, DatabaseUrl, Locks};
use wareroom_domain::Sha256;
use wareroom_ports::BlobStore;

const EXAMPLES: &str = "\
Examples:
  wareroom restore /srv/backup --data-dir /srv/wareroom
  pg_restore --dbname=\"$WAREROOM_DATABASE_URL\" /srv/backup/database.dump && wareroom restore /srv/backup

The backup is looked through before anything is made. A restore that was broken off is begun
again with the same command. With PostgreSQL restore the rows first, by its own program; this
brings the image files that they name.";

const FOLDER: &str = "folder";

pub(crate) fn define(command: Command) -> Command {
    let folder = Arg::new(FOLDER).value_name("DIR").required(true).value_parser(value_parser!(PathBuf));
    with_examples(command.about("Make an empty place what a backup says; `serve` is stopped"), EXAMPLES)
        .args([folder.help("A folder that `wareroom backup` has written"), json_flag()])
        .args(settings(&BESIDE))
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let Some(folder) = arguments.get_one::<PathBuf>(FOLDER) else { return Err(Usage("no folder".to_owned()).into()) };
    let manifest = Manifest::read(folder)?;
    if !manifest.blobs.kept {
        return Err(
            Usage("the backup has no image files, only their names; put them back by other means".to_owned()).into()
        );
    }
    let restored = runtime()?.block_on(async {
        match (&manifest.database, &config.database) {
            (DatabasePart::Sqlite { file, bytes, sha256 }, DatabaseUrl::Sqlite(_)) => {
                let sha256 = sha256.parse().map_err(|_| Usage("the manifest's hash is none".to_owned()))?;
                let expected = DatabaseFile { bytes: *bytes, sha256 };
                of_file(&config, folder, &name(file)?, expected).await
            }
            (DatabasePart::Postgres, DatabaseUrl::Postgres(_)) => of_server(&config, folder).await,
            (DatabasePart::Sqlite { .. }, _) => Err(Usage(
                "the backup is of a database file: restore it to one (--database-url sqlite:PATH), and `wareroom copy` \
                 it from there"
                    .to_owned(),
            )
            .into()),
            (DatabasePart::Postgres, _) => {
                Err(Usage("the backup is of PostgreSQL, and so is what it is restored to".to_owned()).into())
            }
        }
    })?;
    if !restored {
        message("nothing was restored, or not all of it: image files of the backup are missing or damaged");
        return Err(Told.into());
    }
    show(arguments, &manifest, || format!("Restored as of {}.\n", manifest.made_at))
}

/// A name, and no way to somewhere else.
fn name(file: &str) -> Result<PathBuf, Usage> {
    let name = PathBuf::from(file);
    if name.components().count() == 1 && name.file_name().is_some() {
        return Ok(name);
    }
    Err(Usage("the manifest names a file outside of the backup".to_owned()))
}

/// Whether all of it could be restored.
async fn of_file(config: &Config, folder: &Path, name: &Path, expected: DatabaseFile) -> Result<bool, Box<dyn Error>> {
    let _locks = Locks::take(config)?;
    if database_exists(config) {
        return Err(
            format!("{} is there already, or what is left of it; restore to an empty place", config.database).into()
        );
    }
    let file = folder.join(name);
    message("looking through the backup");
    if hash_database_file(&file).await? != expected {
        return Err(damaged(&file, expected.sha256).into());
    }
    let rows = export_file(config, &file)?;
    let from = open_blob_folder(config, &folder.join(BLOBS)).await?;
    let tell = |finding| {
        let (what, name) = found(finding);
        message(&format!("{what}: {name}"));
    };
    // However old: what the backup has besides does not matter.
    let verified =
        verify_blobs(&*rows, &*from, Duration::MAX, &tell).await.map_err(|error| -> Box<dyn Error> { error })?;
    if !verified.whole() {
        return Ok(false);
    }
    let mut register = rows.snapshot().await?;
    let carried = carry(&mut *register, &*from, &*open_blobs(config).await?).await?;
    drop(register);
    if carried.complete() {
        restore_database(config, &file, expected.sha256).await?;
    }
    Ok(carried.complete())
}

/// The rows are there already; the blobs that they name are brought.
async fn of_server(config: &Config, folder: &Path) -> Result<bool, Box<dyn Error>> {
    let from = open_blob_folder(config, &folder.join(BLOBS)).await?;
    let mut register = export(config)?.snapshot().await?;
    Ok(carry(&mut *register, &*from, &*open_blobs(config).await?).await?.complete())
}

async fn carry(
    register: &mut dyn wareroom_ports::Snapshot,
    from: &dyn BlobStore,
    to: &dyn BlobStore,
) -> Result<Carried, Box<dyn Error>> {
    let telling = Telling::new();
    let carried = carry_blobs(register, from, Some(to), &|progress| telling.tell(progress)).await;
    carried.map_err(|error| -> Box<dyn Error> { error })
}

fn damaged(file: &Path, expected: Sha256) -> String {
    format!("{} is not what the manifest says: its hash should be {expected}", file.display())
}

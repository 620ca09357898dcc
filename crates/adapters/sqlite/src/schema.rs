//! The schema of a database file, looked at or brought up to date without using the file for anything else.

use crate::{
    OpenError, SchemaStep, SqliteConfig, SqliteStore,
    connection::{open_reader, open_writer},
    migrations,
    store::make_folder,
};
use std::{io, path};
use tokio::task::spawn_blocking;

impl SqliteStore {
    /// The number of the newest migration that this program knows.
    pub fn newest_schema() -> u32 {
        migrations::newest()
    }

    /// Every migration, applied to the file or not. Changes nothing, and makes no file.
    pub async fn schema(config: SqliteConfig) -> Result<Vec<SchemaStep>, OpenError> {
        let read = move || {
            let connection = open_reader(&path::absolute(&config.path)?, config.begin_wait)?;
            migrations::history(&connection)
        };
        spawn_blocking(read).await.map_err(io::Error::other)?
    }

    /// Brings the file's schema up to date, beside whoever uses it, and makes the file when there is none (its folder too);
    /// answers which migrations were missing: all are applied now, or the call fails and none is.
    pub async fn migrate(config: SqliteConfig) -> Result<Vec<SchemaStep>, OpenError> {
        let write = move || {
            let path = path::absolute(&config.path)?;
            if let Some(folder) = path.parent() {
                make_folder(folder)?;
            }
            migrations::migrate(&mut open_writer(&path, config.begin_wait)?)
        };
        spawn_blocking(write).await.map_err(io::Error::other)?
    }
}

//! What a newcomer sees first: where everything is, and how to stop. Programs that read the log get the same as a line of it.

use crate::output::message;
use std::path::Path;
use wareroom_bootstrap::{BlobUrl, Config, DatabaseUrl};

pub(crate) fn show(url: &str, config: &Config, for_people: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let data = match (&config.database, &config.blobs) {
        (DatabaseUrl::Sqlite(database), BlobUrl::Files(blobs)) => match (database.parent(), blobs.parent()) {
            (Some(folder), Some(other)) if folder == other => whole(folder),
            _ => format!("{} and {}", whole(database), whole(blobs)),
        },
        (DatabaseUrl::Memory, BlobUrl::Memory) => "in memory, gone when it stops".to_owned(),
        (DatabaseUrl::Memory, blobs) => format!("in memory, gone when it stops, and {blobs}"),
        (database, BlobUrl::Files(blobs)) => format!("{database} and {}", whole(blobs)),
        (database, blobs) => format!("{database} and {blobs}"),
    };
    if for_people {
        let then = if config.is_durable() { "; what was accepted goes on at the next start" } else { "" };
        message(&format!(
            "\nWareroom {version}\n\n  Page     {url}/\n  API      {url}/products\n  Docs     {url}/docs\n  \
             Health   {url}/healthz/ready\n  Data     {data}\n\nCtrl-C stops it{then}.\n"
        ));
    } else {
        tracing::info!(version, url, data, "serving");
    }
}

fn whole(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}

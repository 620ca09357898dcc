//! The rows of the table, one file for each kind.

mod create;
mod footprint;
mod list;
mod read;
mod ready;
mod renditions;
mod servers;

use crate::Outcome;
use crate::report::Line;
use crate::stand::Stand;

/// The longest side of the photo of products that are created, in pixels.
pub(crate) const SMALL: u32 = 160;

/// The rows of one process with its own files, in the order of the table.
pub(crate) const EMBEDDED: [&str; 12] = [
    "read-quiet",
    "read",
    "read-shared",
    "read-uncached",
    "read-store",
    "create",
    "create-keyed",
    "list",
    "renditions",
    "ready",
    "memory",
    "start",
];

/// Those of Wareroom on servers, as `scripts/services` starts them.
pub(crate) const SERVERS: [&str; 8] =
    ["pg-near", "pg-redis", "pg-store", "pg-create", "pg-list", "pg-ready", "pg-lag", "workers"];

/// Measures a row; some have several lines.
pub(crate) async fn measure(row: &str, stand: &Stand) -> Outcome<Vec<Line>> {
    match row {
        "read-quiet" | "read" | "read-shared" | "read-uncached" | "read-store" => {
            Ok(vec![read::measure(row, stand).await?])
        }
        "create" => Ok(vec![create::measure(stand, false).await?]),
        "create-keyed" => Ok(vec![create::measure(stand, true).await?]),
        "list" => Ok(vec![list::measure(stand).await?]),
        "renditions" => renditions::measure(stand).await,
        "ready" => ready::measure(stand).await,
        "memory" => footprint::memory(stand).await,
        "start" => Ok(vec![footprint::start(stand).await?]),
        _ => servers::measure(row, stand).await,
    }
}

//! The rows of Wareroom on servers.

mod create;
mod lag;
mod list;
mod read;
mod ready;
mod workers;

use crate::Outcome;
use crate::report::Line;
use crate::stand::Stand;

pub(super) async fn measure(row: &str, stand: &Stand) -> Outcome<Vec<Line>> {
    match row {
        "pg-near" | "pg-redis" | "pg-store" => Ok(vec![read::measure(row, stand).await?]),
        "pg-create" => Ok(vec![create::measure(stand).await?]),
        "pg-list" => Ok(vec![list::measure(stand).await?]),
        "pg-ready" => ready::measure(stand).await,
        "pg-lag" => lag::measure(stand).await,
        "workers" => workers::measure(stand).await,
        _ => Err(format!("there is no row {row}").into()),
    }
}

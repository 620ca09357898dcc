//! The bare side: what anybody would write first with poem and a driver to give the same answers, and nothing else. No
//! ids, no log, no limits, no errors worth the name.

mod answers;
mod postgres;
mod redis;
mod sqlite;

use crate::Outcome;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use poem::listener::TcpListener;
use poem::web::Data;
use poem::{EndpointExt, IntoResponse, Route, Server, get, handler};
use std::path::{Path, PathBuf};

const JSON: &str = "application/json";

/// The commands that start the bare programs.
pub(crate) fn commands() -> [Command; 6] {
    let file = |name: &'static str| Arg::new(name).long(name).value_parser(value_parser!(PathBuf)).required(true);
    let url = |name: &'static str| Arg::new(name).long(name).required(true);
    let command = |name: &'static str| Command::new(name).arg(url("listen"));
    [
        command("bare-constant").arg(file("body")),
        command("bare-select").arg(file("database")).arg(Arg::new("inline").long("inline").action(ArgAction::SetTrue)),
        command("bare-insert").arg(file("database")),
        command("bare-redis").args([url("redis"), url("product"), file("body")]),
        command("bare-postgres-select").arg(url("postgres")),
        command("bare-postgres-insert").arg(url("postgres")),
    ]
}

/// Runs one of them until it is ended.
pub(crate) async fn run(name: &str, arguments: &ArgMatches) -> Outcome {
    let text = |name: &str| arguments.get_one::<String>(name).cloned().unwrap_or_default();
    let file = |name: &str| arguments.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let listen = text("listen");
    match name {
        "bare-constant" => constant(&listen, &file("body")).await,
        "bare-select" => sqlite::select(&listen, &file("database"), arguments.get_flag("inline")).await,
        "bare-insert" => sqlite::insert(&listen, &file("database")).await,
        "bare-redis" => redis::get_one(&listen, &text("redis"), &text("product"), &file("body")).await,
        "bare-postgres-select" => postgres::select(&listen, &text("postgres")).await,
        _ => postgres::insert(&listen, &text("postgres")).await,
    }
}

/// GET with the same bytes for every id.
async fn constant(listen: &str, body: &Path) -> Outcome {
    let body = bytes::Bytes::from(std::fs::read(body)?);
    serve(listen, Route::new().at("/products/:id", get(answer)).data(body)).await
}

#[handler]
fn answer(Data(body): Data<&bytes::Bytes>) -> impl IntoResponse {
    body.clone().with_content_type(JSON)
}

/// What tells that a program that only takes POST is there.
#[handler]
fn alive() -> &'static str {
    "alive"
}

async fn serve(listen: &str, routes: impl poem::IntoEndpoint<Endpoint: 'static>) -> Outcome {
    Ok(Server::new(TcpListener::bind(listen.to_owned())).run(routes).await?)
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> poem::Error {
    poem::error::InternalServerError(error)
}

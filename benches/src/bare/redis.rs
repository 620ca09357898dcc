//! Over Redis, with one connection that all requests share, as Wareroom has: what is asked for at the same time goes to the
//! server together.

use super::{JSON, internal, serve};
use crate::Outcome;
use bytes::Bytes;
use fred::clients::Client;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::{Config, ConnectionConfig, TcpConfig};
use poem::web::{Data, Path as InPath};
use poem::{EndpointExt, IntoResponse, Route, get, handler, http::StatusCode};
use std::path::Path;

/// GET with what lies under the product's key, which is put there first.
pub(super) async fn get_one(listen: &str, url: &str, product: &str, body: &Path) -> Outcome {
    let tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
    let connection = ConnectionConfig { tcp, ..ConnectionConfig::default() };
    let client = Client::new(Config::from_url(url)?, None, Some(connection), None);
    let _driver = client.init().await?;
    let body = Bytes::from(std::fs::read(body)?);
    client.set::<(), _, _>(key(product.parse()?), body, None, None, false).await?;
    serve(listen, Route::new().at("/products/:id", get(found)).data(client)).await
}

fn key(id: i64) -> String {
    format!("bare:product:{id}")
}

#[handler]
async fn found(InPath(id): InPath<i64>, client: Data<&Client>) -> poem::Result<impl IntoResponse> {
    let body: Option<Bytes> = client.get(key(id)).await.map_err(internal)?;
    let body = body.ok_or_else(|| poem::Error::from_status(StatusCode::NOT_FOUND))?;
    Ok(body.with_content_type(JSON))
}

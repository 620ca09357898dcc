//! A web server that has one small photo at every path, for products whose images come by URL.

use crate::Outcome;
use poem::listener::TcpListener;
use poem::web::Data;
use poem::{EndpointExt, IntoResponse, Route, Server, get, handler};
use std::path::Path;

#[handler]
fn photo(Data(body): Data<&bytes::Bytes>) -> impl IntoResponse {
    body.clone().with_content_type("image/jpeg")
}

pub(crate) async fn serve(listen: &str, body: &Path) -> Outcome {
    let body = bytes::Bytes::from(std::fs::read(body)?);
    let routes = Route::new().at("/*path", get(photo)).data(body);
    Ok(Server::new(TcpListener::bind(listen.to_owned())).run(routes).await?)
}

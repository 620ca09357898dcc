//! A web server that has one small photo at every path, for products whose images come by URL.

use crate::Outcome;
use crate::pictures::Photo;
use bytes::Bytes;
use poem::listener::TcpListener;
use poem::web::{Data, Path as InPath};
use poem::{EndpointExt, IntoResponse, Route, Server, get, handler};
use std::path::Path;

#[derive(Clone)]
struct Shown {
    photo: Photo,
    numbered: bool,
}

#[handler]
fn show(Data(shown): Data<&Shown>, InPath(path): InPath<String>) -> impl IntoResponse {
    let number = if shown.numbered { last_number(&path) } else { None };
    let bytes = number.map_or_else(|| shown.photo.bytes.clone(), |number| shown.photo.numbered(number).bytes);
    bytes.with_content_type("image/jpeg")
}

/// The number that a path ends with, before the name's extension.
fn last_number(path: &str) -> Option<u32> {
    path.rsplit('/').next()?.split('.').next()?.parse().ok()
}

/// `numbered`: a file of its own for each number that a path ends with.
pub(crate) async fn serve(listen: &str, body: &Path, numbered: bool) -> Outcome {
    let photo = Photo { name: body.display().to_string(), bytes: Bytes::from(std::fs::read(body)?) };
    let routes = Route::new().at("/*path", get(show)).data(Shown { photo, numbered });
    Ok(Server::new(TcpListener::bind(listen.to_owned())).run(routes).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_end_with_a_number() {
        assert_eq!(last_number("run/17.jpg"), Some(17));
        assert_eq!(last_number("photo.jpg"), None);
        assert_eq!(last_number(""), None);
    }
}

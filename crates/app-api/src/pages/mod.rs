//! Pages for people, beside the operations: `/`, `/docs`, `/problems`. Made once, when the server starts; they need
//! nothing from outside, and say so to browsers.

mod docs;
mod gzip;
mod home;
mod page;
mod problems;

use crate::problem::{Problem, ProblemCode};
use crate::settings::ApiSettings;
use page::Page;
use poem::{Endpoint, Request, Response, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The paths of the pages, as the routes know them.
pub(crate) const PATHS: [&str; 6] = ["/", "/home/{file}", "/docs", docs::SCRIPT_PATH, "/problems", "/problems/{code}"];

/// Every page, by its path.
pub(crate) struct Pages(BTreeMap<String, Page>);

impl Pages {
    /// `elsewhere` is the origin that clients are sent to for renditions, if they are.
    pub(crate) fn new(settings: &ApiSettings, elsewhere: Option<&str>) -> Self {
        let docs = [("/docs".to_owned(), docs::page()), (docs::SCRIPT_PATH.to_owned(), docs::script())];
        Self(home::pages(&settings.media_url, elsewhere).chain(docs).chain(problems::pages()).collect())
    }
}

/// Answers with a page where there is one.
pub(crate) async fn serve<E>(pages: Arc<Pages>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let path = request.uri().path();
    match pages.0.get(path) {
        Some(page) => Ok(page.answer(request.headers())),
        None if path.starts_with("/problems/") => {
            Err(Problem::new(ProblemCode::NotFound, "there is no problem of this code; /problems lists them").into())
        }
        None if path.starts_with(home::FOLDER) => {
            Err(Problem::new(ProblemCode::NotFound, "the page at / has no such file").into())
        }
        None => next.call(request).await,
    }
}

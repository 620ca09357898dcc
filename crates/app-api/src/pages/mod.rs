//! Pages for people, beside the operations: `/problems`, `/docs`. Made once, when the server starts; they need nothing
//! from outside, and say so to browsers.

mod docs;
mod gzip;
mod page;
mod problems;

use crate::problem::{Problem, ProblemCode};
use page::Page;
use poem::{Endpoint, Request, Response, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The paths of the pages, as the routes know them.
pub(crate) const PATHS: [&str; 4] = ["/docs", docs::SCRIPT_PATH, "/problems", "/problems/{code}"];

/// Every page, by its path.
pub(crate) struct Pages(BTreeMap<String, Page>);

impl Pages {
    pub(crate) fn new() -> Self {
        let docs = [("/docs".to_owned(), docs::page()), (docs::SCRIPT_PATH.to_owned(), docs::script())];
        Self(docs.into_iter().chain(problems::pages()).collect())
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
        None => next.call(request).await,
    }
}

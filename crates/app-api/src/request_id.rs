//! Every request has an id: the client's own, when it is sane, or a new one. It is echoed, logged, shown in problems
//! and carried into jobs and events.

use poem::{Endpoint, Request, Response, Result, http::HeaderValue};
use std::sync::Arc;
use wareroom_ports::Ids;

/// The header that carries it, both ways.
pub(crate) const HEADER: &str = "X-Request-Id";

const LONGEST: usize = 128;

/// The id of a request: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn of(request: &Request, ids: &dyn Ids) -> Self {
        let sane =
            |text: &&str| (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        match request.header(HEADER).filter(sane) {
            Some(own) => Self(own.into()),
            None => Self(ids.uuid().to_string().into()),
        }
    }
}

/// Gives the request its id and the answer the header.
pub(crate) async fn identify<E>(ids: Arc<dyn Ids>, next: Arc<E>, mut request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let id = RequestId::of(&request, &*ids);
    request.set_data(id.clone());
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    Ok(response)
}

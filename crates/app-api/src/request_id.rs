//! Every request has an id: the client's own, when it is sane, or a new one. It is echoed, logged, shown in problems
//! and carried into jobs and events.

use bytes::Bytes;
use poem::http::{HeaderName, HeaderValue};
use poem::{Endpoint, Request, Response, Result};
use std::sync::Arc;
use wareroom_ports::Ids;

/// The header that carries it, both ways.
pub(crate) const HEADER: &str = "X-Request-Id";

/// The same, read once.
const NAME: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 128;

/// The id of a request: 1 to 128 visible ASCII characters, as they stand in the header, so that clones share them.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        // Visible ASCII is always text.
        self.0.to_str().unwrap_or_default()
    }

    fn of(request: &Request, ids: &dyn Ids) -> Self {
        let sane = |value: &&HeaderValue| {
            (1..=LONGEST).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
        };
        match request.headers().get(NAME).filter(sane) {
            Some(own) => Self(own.clone()),
            None => Self(header_of(ids)),
        }
    }
}

/// A new id.
fn header_of(ids: &dyn Ids) -> HeaderValue {
    let mut text = [0; 36];
    let text = ids.uuid().hyphenated().encode_lower(&mut text).as_bytes();
    HeaderValue::from_maybe_shared(Bytes::copy_from_slice(text)).unwrap_or(HeaderValue::from_static("-"))
}

/// Gives the request its id and the answer the header.
pub(crate) async fn identify<E>(ids: Arc<dyn Ids>, next: Arc<E>, mut request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let id = RequestId::of(&request, &*ids);
    request.set_data(id.clone());
    let mut response = next.call(request).await?;
    response.headers_mut().insert(NAME, id.0);
    Ok(response)
}

//! Who asks, and where the request came from: what every use case is told besides its input.

use crate::idempotency;
use crate::request_id::RequestId;
use poem::{FromRequest, Request, RequestBody, Result};
use wareroom_application::{Caller, Context};
use wareroom_domain::Trace;

/// What `Cache-Control` says of answers that are personal and always the store's own: nobody may keep them.
pub(crate) const NO_STORE: &str = "no-store";

/// Who asks. Until accounts exist every caller is the local operator.
pub(crate) const fn caller(_: &Request) -> Caller {
    Caller::Operator
}

/// The context of a request.
pub(crate) struct Asked(pub(crate) Context);

impl<'a> FromRequest<'a> for Asked {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let trace = Trace {
            request_id: request.data::<RequestId>().map(|id| id.as_str().to_owned()),
            traceparent: request.header("traceparent").filter(|text| is_traceparent(text)).map(str::to_owned),
        };
        let caller = caller(request);
        let idempotency_key = idempotency::key(request, caller)?;
        Ok(Self(Context { caller, trace, idempotency_key }))
    }
}

/// Whether the text is a W3C trace context of version 00: `00-<trace>-<parent>-<flags>`, none of the ids all zeros.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else { return false };
    let hex =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = |part: &str, length| hex(part, length) && part.bytes().any(|byte| byte != b'0');
    version == "00" && id(trace, 32) && id(parent, 16) && hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_trace_context_is_carried_on() {
        assert!(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert!(!is_traceparent(text), "{text:?}");
        }
    }
}

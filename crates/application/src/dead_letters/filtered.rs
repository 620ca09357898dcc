//! A filter as a part of what a request asks for.

use crate::idempotency::Fingerprint;
use wareroom_domain::Reason;
use wareroom_ports::DeadLetterFilter;

/// What is asked for by this use case and this filter.
pub(super) fn fingerprint(use_case: &str, filter: &DeadLetterFilter) -> Fingerprint {
    let DeadLetterFilter { product, owner, host, reason, from, to } = filter;
    Fingerprint::of(use_case)
        .optional("product", product.map(|id| id.to_string()))
        .optional("owner", owner.map(|id| id.to_string()))
        .optional("host", host.as_ref())
        .optional("reason", reason.map(Reason::code))
        .optional("from", from.map(|at| at.to_string()))
        .optional("to", to.map(|at| at.to_string()))
}

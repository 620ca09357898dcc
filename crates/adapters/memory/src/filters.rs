//! What fits a filter. A text is looked for as it is: no character of it means anything else.

use wareroom_domain::{Product, User};
use wareroom_ports::{DeadLetter, DeadLetterFilter, ProductFilter, UserFilter};

/// Whether `wanted` is that, or does not matter.
fn is<T: PartialEq>(wanted: Option<&T>, value: Option<&T>) -> bool {
    wanted.is_none() || wanted == value
}

pub(crate) fn product(filter: &ProductFilter, product: &Product) -> bool {
    let ProductFilter { owner, name, min_price, max_price } = filter;
    is(owner.as_ref(), Some(&product.owner))
        && min_price.is_none_or(|min| min <= product.price)
        && max_price.is_none_or(|max| product.price <= max)
        && name.as_ref().is_none_or(|part| product.name.folded().contains(part))
}

pub(crate) fn user(filter: &UserFilter, user: &User) -> bool {
    let UserFilter { first_name, last_name } = filter;
    first_name.as_ref().is_none_or(|start| user.first_name.folded().starts_with(start))
        && last_name.as_ref().is_none_or(|start| user.last_name.folded().starts_with(start))
}

pub(crate) fn dead_letter(filter: &DeadLetterFilter, letter: &DeadLetter) -> bool {
    let DeadLetterFilter { product, owner, host, reason, from, to } = filter;
    is(product.as_ref(), letter.product.as_ref())
        && is(owner.as_ref(), letter.owner.as_ref())
        && is(host.as_ref(), letter.host.as_ref())
        && is(reason.as_ref(), Some(&letter.failure.reason))
        && from.is_none_or(|from| from <= letter.at)
        && to.is_none_or(|to| letter.at < to)
}

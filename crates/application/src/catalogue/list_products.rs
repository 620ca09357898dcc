//! A part of the list of products.

use crate::{Application, Caller, Context, Error, Listed};
use wareroom_ports::{ProductFilter, ProductPage, ProductPlace, ProductView};

/// Which part of which list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListProducts {
    /// Which products.
    pub filter: ProductFilter,
    /// In which order, from where, and how many at most.
    pub page: ProductPage,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: ListProducts,
) -> Result<Listed<ProductView, ProductPlace>, Error> {
    // Whoever else may ask one day is not shown everything: the compiler refuses this from the second caller on.
    let Caller::Operator = context.caller;
    let ListProducts { filter, page } = command;
    let (order, limit) = (page.order, page.limit);
    let one_more = ProductPage { limit: limit.saturating_add(1), ..page };
    let found = app.ports.products.list(&filter, &one_more).await?;
    Ok(Listed::first(limit, found, |view| ProductPlace::of(&view.product, order)))
}

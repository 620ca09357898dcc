//! A product with its images.

use crate::{Application, Context, Error};
use std::sync::Arc;
use wareroom_domain::{ProductId, UserId};
use wareroom_ports::{Origin, ProductView};

/// A product that was found.
#[derive(Clone, Debug)]
pub struct FoundProduct {
    /// The product and its images.
    pub view: Arc<ProductView>,
    /// Where it came from.
    pub origin: Origin,
}

pub(crate) async fn execute(app: &Application, context: &Context, id: ProductId) -> Result<FoundProduct, Error> {
    let (view, origin) = app.ports.products.get(id).await?;
    let view = view.ok_or_else(Error::product_not_found)?;
    authorise(context, view.product.owner)?;
    Ok(FoundProduct { view, origin })
}

/// A product that the caller may not see is one that is not there.
pub(crate) fn authorise(context: &Context, owner: UserId) -> Result<(), Error> {
    if context.caller.may_act_for(owner) { Ok(()) } else { Err(Error::product_not_found()) }
}

//! Deletes a product and its images. Blobs that nobody else uses go with a later prune.

use crate::write::{let_go, write};
use crate::{Application, Context, Error, Precondition};
use wareroom_domain::ProductId;

/// A product to be deleted.
#[derive(Clone, Debug)]
pub struct DeleteProduct {
    /// Which.
    pub product: ProductId,
    /// What it must be for that.
    pub precondition: Precondition,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: DeleteProduct) -> Result<(), Error> {
    let deleted = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, images) = app.open(context, &mut *unit, command.product, &command.precondition).await?;
        let_go(&mut *unit, &images).await?;
        unit.products().delete(product.id).await?;
        let deleted = product.deleted();
        app.tell(&mut *unit, &context.trace, deleted);
        unit.commit().await?;
        Ok(deleted)
    })
    .await?;
    app.announce(deleted.product()).await;
    Ok(())
}

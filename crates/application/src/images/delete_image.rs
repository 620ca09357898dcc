//! Removes an image of a product. The others keep their order, and their numbers in the store.

use crate::write::{self, let_go, write};
use crate::{Application, Context, Error, Precondition};
use wareroom_domain::{Changed, ImageChange, ImageId, ProductId};

/// An image to be removed.
#[derive(Clone, Debug)]
pub struct DeleteImage {
    /// Whose image.
    pub product: ProductId,
    /// Which image.
    pub image: ImageId,
    /// What the product must be for that.
    pub precondition: Precondition,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: DeleteImage) -> Result<(), Error> {
    let DeleteImage { product: id, image, precondition } = command;
    let version = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, mut images) = app.open(context, &mut *unit, id, &precondition).await?;
        let place = write::find(&images, image)?;
        let_go(&mut *unit, &images[place..=place]).await?;
        unit.images().delete(image).await?;
        let product = app.revise(&mut *unit, product).await?;
        let removed = Changed { image: images.swap_remove(place), change: ImageChange::Removed };
        app.tell(&mut *unit, &context.trace, removed.event(id, product.version));
        unit.commit().await?;
        Ok(product.version)
    })
    .await?;
    app.announce(Some((id, version))).await;
    Ok(())
}

//! Changes what is said about an image, or its place among the product's images.

use super::order::moved;
use crate::write::{self, write};
use crate::{Application, Context, Error, Precondition};
use wareroom_domain::{AltText, Image, ImageId, ProductId};
use wareroom_ports::ProductView;

/// An image to be changed.
#[derive(Clone, Debug)]
pub struct EditImage {
    /// Whose image.
    pub product: ProductId,
    /// Which image.
    pub image: ImageId,
    /// What the product must be for that.
    pub precondition: Precondition,
    /// What the image is to be.
    pub edit: ImageEdit,
}

/// What an image is to be; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageEdit {
    /// What it shows, in words; `Some(None)` takes the words away.
    pub alt: Option<Option<AltText>>,
    /// Its place among the product's images, 0 the first; beyond the end is the end. The others move out of its way, and the
    /// store's numbers, which may have gaps, start from 0 again.
    pub position: Option<usize>,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: EditImage) -> Result<ProductView, Error> {
    let EditImage { product: id, image, precondition, edit } = command;
    let view = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, before) = app.open(context, &mut *unit, id, &precondition).await?;
        let mut images = before.clone();
        let place = write::find(&images, image)?;
        if let Some(alt) = &edit.alt {
            images[place].alt.clone_from(alt);
        }
        if let Some(position) = edit.position {
            moved(&mut images, place, position);
        }
        for changed in images.iter().filter(|image| !before.contains(image)) {
            unit.images().save(changed).await?;
        }
        let product = app.revise(&mut *unit, product).await?;
        let changed = images[write::find(&images, image)?].clone().edited();
        app.tell(&mut *unit, &context.trace, changed.event(id, product.version));
        if renumbered(&before, &images, image) {
            app.tell(&mut *unit, &context.trace, product.changed(product.version));
        }
        unit.commit().await?;
        Ok(write::view(product, images))
    })
    .await?;
    app.announce(Some((view.product.id, view.product.version))).await;
    Ok(view)
}

/// Whether other images have other places than before.
fn renumbered(before: &[Image], after: &[Image], image: ImageId) -> bool {
    after.iter().any(|moved| moved.id != image && !before.contains(moved))
}

//! Asks again for an image that failed: its attempts start from none.

use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::write::{self, write};
use crate::{Application, Context, Error, ErrorCode, Precondition};
use wareroom_domain::{ImageId, ProductId};
use wareroom_ports::ProductView;

/// A failed image to be tried again.
#[derive(Clone, Debug)]
pub struct RetryImage {
    /// Whose image.
    pub product: ProductId,
    /// Which image.
    pub image: ImageId,
    /// What the product must be for that.
    pub precondition: Precondition,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: RetryImage,
) -> Result<Answered<ProductView>, Error> {
    let RetryImage { product: id, image, precondition } = command;
    let fingerprint = Fingerprint::of("retry_image").field("product", id.to_string()).field("image", image.to_string());
    let once = app.once(context, fingerprint);
    let outlook = app.outlook().await;
    let retried = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let ours = match once.reserve(&mut *unit).await? {
            Turn::Ours(ours) => ours,
            Turn::Told(told) => return Ok(told),
        };
        outlook.admit()?;
        let (product, mut images) = app.open(context, &mut *unit, id, &precondition).await?;
        let place = write::find(&images, image)?;
        let state = images[place].state.as_str();
        let retried = images[place].clone().retry().map_err(|refused| {
            let detail = format!("only a failed image can be retried; this one is {state}");
            Error::new(ErrorCode::WrongState, detail).caused_by(refused)
        })?;
        unit.dead_letters().remove_of_image(image).await?;
        unit.images().save(&retried.image).await?;
        let product = app.revise(&mut *unit, product).await?;
        app.tell(&mut *unit, &context.trace, retried.event(id, product.version));
        app.ask_for(&mut *unit, &context.trace, image);
        images[place] = retried.image;
        let view = write::view(product, images);
        ours.answer(&mut *unit, &view).await?;
        unit.commit().await?;
        Ok(Answered::now(view))
    })
    .await?;
    app.announce_done(&retried, |view| (view.product.id, view.product.version)).await;
    Ok(retried)
}

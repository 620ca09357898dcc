//! Accepts an image of a product that is to be fetched from a URL.

use super::add_images::{AddedImages, add};
use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::write::write;
use crate::{Application, Context, Error, Precondition};
use wareroom_domain::{ImageUrl, ProductId, Source};

/// An image to be fetched and added to a product.
#[derive(Clone, Debug)]
pub struct AddImageByUrl {
    /// The product.
    pub product: ProductId,
    /// What it must be for that.
    pub precondition: Precondition,
    /// Where the image is.
    pub url: ImageUrl,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: AddImageByUrl,
) -> Result<Answered<AddedImages>, Error> {
    let AddImageByUrl { product, precondition, url } = command;
    let fingerprint =
        Fingerprint::of("add_image_by_url").field("product", product.to_string()).field("url", url.as_str());
    let once = app.once(context, fingerprint);
    let outlook = app.outlook().await;
    let sources = [Source::Url { url, content: None }];
    let added = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let place = match once.reserve(&mut *unit).await? {
            Turn::Ours(place) => place,
            Turn::Told(told) => return Ok(told),
        };
        outlook.admit()?;
        app.require_space()?;
        let added = add(app, context, &mut *unit, product, &precondition, &sources, &[]).await?;
        place.answer(&mut *unit, &added).await?;
        unit.commit().await?;
        Ok(Answered::now(added))
    })
    .await?;
    app.announce_done(&added, |added| (added.view.product.id, added.view.product.version)).await;
    Ok(added)
}

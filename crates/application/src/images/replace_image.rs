//! Gives an image another source; it keeps its id, its place and what is said about it.

use super::upload::{self, UploadedFile};
use crate::write::{self, let_go, write};
use crate::{Application, Context, Error, Precondition};
use jiff::Timestamp;
use wareroom_domain::{BlobKey, ImageId, ImageUrl, ProductId, Source, Via};
use wareroom_ports::ProductView;

/// An image to be given another source.
#[derive(Clone, Debug)]
pub struct ReplaceImage {
    /// Whose image.
    pub product: ProductId,
    /// Which image.
    pub image: ImageId,
    /// What the product must be for that.
    pub precondition: Precondition,
    /// The new source.
    pub source: NewSource,
}

/// Where an image is to come from.
#[derive(Clone, Debug)]
pub enum NewSource {
    /// It is to be fetched.
    Url(ImageUrl),
    /// It was sent.
    Upload {
        /// How.
        via: Via,
        /// The file.
        file: UploadedFile,
    },
}

pub(crate) async fn execute(app: &Application, context: &Context, command: ReplaceImage) -> Result<ProductView, Error> {
    app.outlook().await.admit()?;
    app.require_space()?;
    let (source, claimed) = match &command.source {
        NewSource::Url(url) => (Source::Url { url: url.clone(), content: None }, None),
        NewSource::Upload { via, file } => {
            let (source, claimed) = keep(app, context, &command, *via, file.clone()).await?;
            (source, Some(claimed))
        }
    };
    let ReplaceImage { product: id, image, precondition, .. } = command;
    let view = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, mut images) = app.open(context, &mut *unit, id, &precondition).await?;
        let place = write::find(&images, image)?;
        if let Some(Claimed { keys, at }) = &claimed {
            app.still_claimed(*at)?;
            unit.blobs().hold(keys).await?;
        }
        let_go(&mut *unit, &images[place..=place]).await?;
        let changed = images[place].clone().supersede(source.clone());
        unit.images().save(&changed.image).await?;
        let product = app.revise(&mut *unit, product).await?;
        app.tell(&mut *unit, &context.trace, changed.event(id, product.version));
        app.ask_for(&mut *unit, &context.trace, image);
        unit.commit().await?;
        images[place] = changed.image;
        Ok(write::view(product, images))
    })
    .await?;
    app.announce(Some((view.product.id, view.product.version))).await;
    Ok(view)
}

/// Names that were claimed, and when.
struct Claimed {
    keys: Vec<BlobKey>,
    at: Timestamp,
}

/// Keeps a file that was sent, once it is certain that the image is there to be given it.
async fn keep(
    app: &Application,
    context: &Context,
    command: &ReplaceImage,
    via: Via,
    file: UploadedFile,
) -> Result<(Source, Claimed), Error> {
    let files = [file];
    let mut sources = upload::judge(app, via, &files).await?;
    let keys = upload::keys(&sources);
    let at = app.ports.clock.now();
    write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (_, images) = app.open(context, &mut *unit, command.product, &command.precondition).await?;
        write::find(&images, command.image)?;
        unit.blobs().claim(&keys, app.settings.blob_claim).await?;
        unit.commit().await?;
        Ok(())
    })
    .await?;
    upload::put(app, &keys, &files).await?;
    Ok((sources.remove(0), Claimed { keys, at }))
}

//! Accepts uploaded images of a product: all files of a request, or none.

use super::upload::{self, UploadedFile};
use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::stage::stage;
use crate::write::{self, Halt, write};
use crate::{Application, Context, Error, Fault, Precondition};
use wareroom_domain::{
    BlobKey, Changed, FileName, Image, ImageDraft, ImageId, ImageOwner, Product, ProductId, Source, Via,
};
use wareroom_ports::{ProductView, UnitOfWork};

/// Files to be added to a product.
#[derive(Clone, Debug)]
pub struct AddImages {
    /// The product.
    pub product: ProductId,
    /// What it must be for that.
    pub precondition: Precondition,
    /// How the files were sent.
    pub via: Via,
    /// The files, in the order that the images are to have.
    pub files: Vec<UploadedFile>,
}

impl AddImages {
    /// The files of a form, for a product whatever it is.
    pub fn new(product: ProductId, files: Vec<UploadedFile>) -> Self {
        Self { product, precondition: Precondition::None, via: Via::Form, files }
    }
}

/// What was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedImages {
    /// The product with all its images.
    pub view: ProductView,
    /// The new ones, in the order that they were given in.
    pub added: Vec<ImageId>,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: AddImages,
) -> Result<Answered<AddedImages>, Error> {
    stage!("accept");
    let sources = upload::judge(app, command.via, &command.files).await?;
    let keys = upload::keys(&sources);

    let claimed_at = app.ports.clock.now();
    let once = app.once(context, content(&command, &keys));
    let outlook = app.outlook().await;

    let turn = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let turn = once.reserve::<AddedImages>(&mut *unit).await?;
        if let Turn::Ours(_) = turn {
            outlook.admit()?;
            app.require_space()?;
            let (_, images) = app.open(context, &mut *unit, command.product, &command.precondition).await?;
            admit(app, images.len(), &sources)?;
            unit.blobs().claim(&keys, app.settings.blob_claim).await?;
            unit.commit().await?;
        }
        Ok(turn)
    })
    .await?;
    let held = match turn {
        Turn::Ours(place) => place.hold(),
        Turn::Told(told) => {
            app.announce_done(&told, |added| (added.view.product.id, added.view.product.version)).await;
            return Ok(told);
        }
    };

    let added = async {
        upload::put(app, &keys, &command.files).await?;
        write(async || {
            let mut unit = app.ports.store.begin().await?;
            app.still_claimed(claimed_at)?;
            let added = add(app, context, &mut *unit, command.product, &command.precondition, &sources, &keys).await?;
            held.place().answer(&mut *unit, &added).await?;
            unit.commit().await?;
            Ok(added)
        })
        .await
    };
    let added = added.await;
    let added = held.end(added).await?;
    stage!("answer");
    app.announce(Some((added.view.product.id, added.view.product.version))).await;
    Ok(Answered::now(added))
}

/// What is asked for: the files in order, by their hashes and names, and how they were sent, which their images show.
fn content(command: &AddImages, keys: &[BlobKey]) -> Fingerprint {
    let via = match command.via {
        Via::Form => "form",
        Via::Base64 => "base64",
    };
    let content = Fingerprint::of("add_images").field("product", command.product.to_string()).field("via", via);
    command.files.iter().zip(keys).fold(content, |content, (file, key)| {
        content.field("file", key.to_string()).optional("filename", file.filename.as_ref().map(FileName::as_str))
    })
}

/// Adds images from these sources behind those that are there, holding these blobs.
pub(super) async fn add(
    app: &Application,
    context: &Context,
    unit: &mut dyn UnitOfWork,
    product: ProductId,
    precondition: &Precondition,
    sources: &[Source],
    keys: &[BlobKey],
) -> Result<AddedImages, Halt> {
    let (product, mut images) = app.open(context, unit, product, precondition).await?;
    admit(app, images.len(), sources)?;
    if !keys.is_empty() {
        unit.blobs().hold(keys).await?;
    }
    let accepted = accept(app, &product, &images, sources);
    for changed in &accepted {
        unit.images().insert(&changed.image).await?;
    }
    let product = app.revise(unit, product).await?;
    for changed in &accepted {
        app.tell(unit, &context.trace, changed.event(product.id, product.version));
        app.ask_for(unit, &context.trace, changed.image.id);
    }
    let added = accepted.iter().map(|changed| changed.image.id).collect();
    images.extend(accepted.into_iter().map(|changed| changed.image));
    Ok(AddedImages { view: write::view(product, images), added })
}

/// An error when there is no room for so many images, with a fault for each that is too many.
fn admit(app: &Application, there: usize, sources: &[Source]) -> Result<(), Error> {
    app.admit_images(there, sources.len()).map_err(|error| {
        let room = app.settings.images_per_product.saturating_sub(there);
        let surplus = sources.iter().enumerate().skip(room);
        let faults =
            surplus.map(|(index, source)| Fault { pointer: pointer(source, index), detail: error.detail.clone() });
        let faults = faults.collect();
        error.with_faults(faults)
    })
}

/// Where a source was in what the client sent.
fn pointer(source: &Source, index: usize) -> String {
    match source {
        Source::Url { .. } => "/url".to_owned(),
        Source::Upload { via, .. } => upload::pointer(*via, index),
    }
}

/// The new images, behind those that are there.
fn accept(app: &Application, product: &Product, images: &[Image], sources: &[Source]) -> Vec<Changed> {
    let first = images.iter().map(|image| image.position.saturating_add(1)).max().unwrap_or_default();
    sources
        .iter()
        .zip(first..)
        .map(|(source, position)| {
            Image::accept(ImageDraft {
                id: ImageId(app.ports.ids.uuid()),
                owner: ImageOwner::Product(product.id),
                position,
                source: source.clone(),
                created_at: app.ports.clock.now(),
            })
        })
        .collect()
}

//! Accepts uploaded images of a product: all files of a request, or none.

use crate::stage::stage;
use crate::{Application, Context, Error, ErrorCode, Fault, unit::retry_conflicts};
use bytes::Bytes;
use sha2::Digest;
use std::time::Duration;
use wareroom_domain::{
    BlobKey, Changed, Content, FileName, Image, ImageDraft, ImageId, ImageOwner, Job, Product, ProductId, Sha256,
    Source,
};
use wareroom_ports::{ProductView, StoreError, UnitOfWork};

/// Files to be added to a product.
#[derive(Clone, Debug)]
pub struct AddImages {
    /// The product.
    pub product: ProductId,
    /// The files, in the order that the images are to have.
    pub files: Vec<UploadedFile>,
}

/// A file as it came.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Its name on the client's side.
    pub filename: Option<FileName>,
    /// Its content.
    pub bytes: Bytes,
}

/// What was accepted.
#[derive(Clone, Debug)]
pub struct AddedImages {
    /// The product with all its images.
    pub view: ProductView,
    /// The new ones, in the order of the files.
    pub added: Vec<ImageId>,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: AddImages) -> Result<AddedImages, Error> {
    stage!("accept");
    app.require_space()?;
    let sources = judge(app, &command.files).await?;
    let keys: Vec<BlobKey> = sources.iter().filter_map(Source::sha256).map(BlobKey::Source).collect();

    let claimed_at = app.ports.clock.now();
    retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let admitted = admit(app, context, &mut *unit, command.product, sources.len()).await?;
        if admitted.is_ok() {
            unit.blobs().claim(&keys, app.settings.blob_claim).await?;
            unit.commit().await?;
        }
        Ok(admitted)
    })
    .await??;

    for (key, file) in keys.iter().zip(&command.files) {
        app.ports.blobs.put(key, file.bytes.clone()).await?;
    }
    stage!("store");

    let added = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, mut images) = match admit(app, context, &mut *unit, command.product, sources.len()).await? {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(Err(refused)),
        };
        app.still_claimed(claimed_at)?;
        unit.blobs().hold(&keys).await?;
        let accepted = accept(app, &product, &images, &sources);
        for changed in &accepted {
            unit.images().insert(&changed.image).await?;
        }
        let mut product = product.revised(app.ports.clock.now());
        product.version = unit.products().save(&product).await?;
        for changed in &accepted {
            app.tell(&mut *unit, &context.trace, changed.event(product.id, product.version));
            let job = app.stamp(&context.trace, Job::ProcessImage(changed.image.id));
            unit.outbox().job(job, Duration::ZERO);
        }
        unit.commit().await?;
        let added = accepted.iter().map(|changed| changed.image.id).collect();
        images.extend(accepted.into_iter().map(|changed| changed.image));
        Ok(Ok(AddedImages { view: ProductView { product, images }, added }))
    })
    .await??;
    stage!("answer");
    app.announce(Some((added.view.product.id, added.view.product.version))).await;
    Ok(added)
}

/// Looks at the first bytes of every file: what is certain to fail is refused now, with every file's fault.
async fn judge(app: &Application, files: &[UploadedFile]) -> Result<Vec<Source>, Error> {
    let limit = app.settings.image_max_bytes;
    let (mut sources, mut refused) = (vec![], vec![]);
    for (index, file) in files.iter().enumerate() {
        let judged = if file.bytes.len() as u64 > limit {
            Err(Error::new(ErrorCode::TooLarge, format!("at most {limit} bytes are allowed")))
        } else {
            app.ports.codec.inspect(file.bytes.clone(), &app.settings.codec).await.map_err(Error::from)
        };
        match judged {
            Ok(inspected) => sources.push(Source::Upload {
                filename: file.filename.clone(),
                content: Content {
                    content_type: inspected.media_type.to_owned(),
                    bytes: file.bytes.len() as u64,
                    sha256: Sha256(sha2::Sha256::digest(&file.bytes).into()),
                },
            }),
            Err(error) => refused.push((index, error)),
        }
    }
    let faults = refused
        .iter()
        .map(|(index, error)| Fault { pointer: format!("/file/{index}"), detail: error.detail.clone() })
        .collect();
    match refused.into_iter().next() {
        None if sources.is_empty() => {
            let fault = Fault { pointer: "/file".to_owned(), detail: "at least one file is needed".to_owned() };
            Err(Error::new(ErrorCode::Invalid, "no file was sent").with_faults(vec![fault]))
        }
        None => Ok(sources),
        Some((_, first)) => Err(first.with_faults(faults)),
    }
}

/// The product and its images, when the caller may add so many more.
async fn admit(
    app: &Application,
    context: &Context,
    unit: &mut dyn UnitOfWork,
    id: ProductId,
    more: usize,
) -> Result<Result<(Product, Vec<Image>), Error>, StoreError> {
    let Some(product) = unit.products().load(id).await? else { return Ok(Err(Error::product_not_found())) };
    if !context.caller.may_act_for(product.owner) {
        return Ok(Err(Error::product_not_found()));
    }
    let images = unit.images().of_owner(ImageOwner::Product(id)).await?;
    let limit = app.settings.images_per_product;
    if images.len() + more > limit {
        let detail = format!("a product has at most {limit} images; this one has {}", images.len());
        return Ok(Err(Error::new(ErrorCode::TooManyImages, detail)));
    }
    Ok(Ok((product, images)))
}

/// The new images, behind those that are there.
fn accept(app: &Application, product: &Product, images: &[Image], sources: &[Source]) -> Vec<Changed> {
    let first = images.iter().map(|image| image.position + 1).max().unwrap_or_default();
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

//! What every write of a client to a product, or to one of its images, has in common: who may write, what the product must
//! be, what is counted, what is let go.

use crate::{Application, Context, Error, ErrorCode, Precondition, unit::retry_conflicts};
use std::time::Duration;
use wareroom_domain::{Image, ImageId, ImageOwner, Job, Product, ProductId, Trace};
use wareroom_ports::{ProductView, StoreError, UnitOfWork};

/// Why a write was not stored.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It may not be.
    Refused(Error),
    /// It could not be.
    Failed(StoreError),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Runs a write again when its unit of work met a conflict, its precondition included: so an edit loses to another client's,
/// never to a worker. The closure must have no other effect than its unit.
pub(crate) async fn write<T, F, Answer>(mut attempt: F) -> Result<T, Error>
where
    F: FnMut() -> Answer,
    Answer: Future<Output = Result<T, Halt>>,
{
    let written = retry_conflicts(|| {
        let attempt = attempt();
        async {
            match attempt.await {
                Ok(written) => Ok(Ok(written)),
                Err(Halt::Refused(refused)) => Ok(Err(refused)),
                Err(Halt::Failed(failed)) => Err(failed),
            }
        }
    });
    written.await?
}

impl Application {
    /// A product and its images, by position, that are about to be written to: when the caller may do so, and the product is
    /// what the caller says it must be.
    pub(crate) async fn open(
        &self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        id: ProductId,
        precondition: &Precondition,
    ) -> Result<(Product, Vec<Image>), Halt> {
        let product = unit.products().load(id).await?.ok_or_else(Error::product_not_found)?;
        if !context.caller.may_act_for(product.owner) {
            return Err(Error::product_not_found().into());
        }
        precondition.check(&product)?;
        let images = unit.images().of_owner(ImageOwner::Product(id)).await?;
        Ok((product, images))
    }

    /// Counts the write: once, whatever it wrote. Answers the product as it is stored then.
    pub(crate) async fn revise(&self, unit: &mut dyn UnitOfWork, product: Product) -> Result<Product, StoreError> {
        let mut product = product.revised(self.ports.clock.now());
        product.version = unit.products().save(&product).await?;
        Ok(product)
    }

    /// An error when a product would have more images than one may have.
    pub(crate) fn admit_images(&self, there: usize, more: usize) -> Result<(), Error> {
        let limit = self.settings.images_per_product;
        if more == 0 || there + more <= limit {
            return Ok(());
        }
        let detail = format!("a product has at most {limit} images; this one has {there}");
        Err(Error::new(ErrorCode::TooManyImages, detail))
    }

    /// Leaves the job that makes an image's renditions.
    pub(crate) fn ask_for(&self, unit: &mut dyn UnitOfWork, trace: &Trace, image: ImageId) {
        unit.outbox().job(self.stamp(trace, Job::ProcessImage(image)), Duration::ZERO);
    }
}

/// Lets go of what is kept of images that are about to be something else, or gone: their blobs, and what was given up.
pub(crate) async fn let_go(unit: &mut dyn UnitOfWork, images: &[Image]) -> Result<(), StoreError> {
    let blobs: Vec<_> = images.iter().flat_map(Image::blobs).collect();
    if !blobs.is_empty() {
        unit.blobs().drop_references(&blobs).await?;
    }
    for image in images {
        unit.dead_letters().remove_of_image(image.id).await?;
    }
    Ok(())
}

/// One of these images, by its place among them.
pub(crate) fn find(images: &[Image], id: ImageId) -> Result<usize, Error> {
    images
        .iter()
        .position(|image| image.id == id)
        .ok_or_else(|| Error::new(ErrorCode::NotFound, "the product has no such image"))
}

/// What readers see of a product whose images are these.
pub(crate) fn view(product: Product, mut images: Vec<Image>) -> ProductView {
    images.sort_by_key(|image| (image.position, image.id));
    ProductView { product, images }
}

//! One image of a product.

use crate::catalogue::get_product;
use crate::{Application, Context, Error, write};
use std::sync::Arc;
use wareroom_domain::{Image, ImageId, ProductId};
use wareroom_ports::{Origin, ProductView};

/// An image that was found.
#[derive(Clone, Debug)]
pub struct FoundImage {
    /// The product that it belongs to, with all its images.
    pub view: Arc<ProductView>,
    /// The image.
    pub image: Image,
    /// Its place among the product's images, 0 the first.
    pub place: usize,
    /// Where it came from.
    pub origin: Origin,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    product: ProductId,
    id: ImageId,
) -> Result<FoundImage, Error> {
    let found = get_product::execute(app, context, product).await?;
    let place = write::find(&found.view.images, id)?;
    let image = found.view.images[place].clone();
    Ok(FoundImage { view: found.view, image, place, origin: found.origin })
}

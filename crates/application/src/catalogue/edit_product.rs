//! Changes what a product is, all of it or a part, and which images it has from URLs.

use crate::images::order::{Arrangement, arranged};
use crate::pressure::Outlook;
use crate::write::{self, Halt, let_go, write};
use crate::{Application, Context, Error, ErrorCode, Fault, Precondition};
use wareroom_domain::{
    Changed, Description, Image, ImageChange, ImageDraft, ImageId, ImageOwner, ImageUrl, Price, Product, ProductId,
    ProductName, Source, UserId,
};
use wareroom_ports::{ProductView, UnitOfWork};

/// A product to be changed.
#[derive(Clone, Debug)]
pub struct EditProduct {
    /// Which.
    pub product: ProductId,
    /// What it must be for that.
    pub precondition: Precondition,
    /// What it is to be.
    pub edit: ProductEdit,
}

/// What a product is to be; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductEdit {
    /// Who it belongs to: nobody else than before.
    pub owner: Option<UserId>,
    /// What it is called.
    pub name: Option<ProductName>,
    /// What it is.
    pub description: Option<Description>,
    /// What it costs.
    pub price: Option<Price>,
    /// Where the images are that come by URL, in their order. One that is there stays what it is. One that is named again
    /// counts once, unless several images have it: each mention is one of them then, in their order.
    pub images: Option<Vec<ImageUrl>>,
}

impl ProductEdit {
    fn apply(&self, product: Product) -> Result<Product, Error> {
        if self.owner.is_some_and(|owner| owner != product.owner) {
            let fault = Fault { pointer: "/user_id".to_owned(), detail: "a product stays its user's".to_owned() };
            let detail = "a product cannot be given to another user; create it anew for that user";
            return Err(Error::new(ErrorCode::Invalid, detail).with_faults(vec![fault]));
        }
        Ok(Product {
            name: self.name.clone().unwrap_or(product.name),
            description: self.description.clone().unwrap_or(product.description),
            price: self.price.unwrap_or(product.price),
            ..product
        })
    }
}

pub(crate) async fn execute(app: &Application, context: &Context, command: EditProduct) -> Result<ProductView, Error> {
    let EditProduct { product: id, precondition, edit } = command;
    let follows = match &edit.images {
        None => None,
        Some(urls) => Some((urls, app.outlook().await)),
    };
    let view = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let (product, images) = app.open(context, &mut *unit, id, &precondition).await?;
        let product = edit.apply(product)?;
        let (images, changes) = match follows {
            None => (images, vec![]),
            Some((urls, outlook)) => follow(app, &mut *unit, id, arranged(images, urls), outlook).await?,
        };
        let product = app.revise(&mut *unit, product).await?;
        app.tell(&mut *unit, &context.trace, product.changed(product.version));
        for changed in changes {
            app.tell(&mut *unit, &context.trace, changed.event(id, product.version));
            if changed.change == ImageChange::Added {
                app.ask_for(&mut *unit, &context.trace, changed.image.id);
            }
        }
        unit.commit().await?;
        Ok(write::view(product, images))
    })
    .await?;
    app.announce(Some((view.product.id, view.product.version))).await;
    Ok(view)
}

/// Writes what a list of URLs makes of the images; answers those that are there then, and what came and went.
async fn follow(
    app: &Application,
    unit: &mut dyn UnitOfWork,
    product: ProductId,
    arranged: Arrangement,
    outlook: Outlook,
) -> Result<(Vec<Image>, Vec<Changed>), Halt> {
    let Arrangement { stay: mut images, moved, come, go } = arranged;
    app.admit_images(images.len(), come.len()).map_err(|error| {
        let fault = Fault { pointer: "/product_images".to_owned(), detail: error.detail.clone() };
        error.with_faults(vec![fault])
    })?;
    if !come.is_empty() {
        outlook.admit()?;
        app.require_space()?;
    }
    let_go(unit, &go).await?;
    for image in &go {
        unit.images().delete(image.id).await?;
    }
    for image in images.iter().filter(|image| moved.contains(&image.id)) {
        unit.images().save(image).await?;
    }
    let removed = |image| Changed { image, change: ImageChange::Removed };
    let mut changes: Vec<Changed> = go.into_iter().map(removed).collect();
    for (url, position) in come {
        let accepted = Image::accept(ImageDraft {
            id: ImageId(app.ports.ids.uuid()),
            owner: ImageOwner::Product(product),
            position,
            source: Source::Url { url, content: None },
            created_at: app.ports.clock.now(),
        });
        unit.images().insert(&accepted.image).await?;
        images.push(accepted.image.clone());
        changes.push(accepted);
    }
    Ok((images, changes))
}

//! Accepts a product, with the URLs of its first images.

use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::write::{Halt, write};
use crate::{Application, Context, Error, ErrorCode, Fault};
use std::collections::HashSet;
use std::time::Duration;
use wareroom_domain::{
    Changed, Description, Image, ImageDraft, ImageId, ImageOwner, ImageUrl, Job, Price, Product, ProductDraft,
    ProductName, Source, UserId,
};
use wareroom_ports::{ProductView, StoreError};

/// The product to be accepted.
#[derive(Clone, Debug)]
pub struct CreateProduct {
    /// Who it belongs to.
    pub owner: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    pub description: Description,
    /// What it costs.
    pub price: Price,
    /// Where its images are, in the order that they are to have. One that is named again counts once.
    pub images: Vec<ImageUrl>,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: CreateProduct,
) -> Result<Answered<ProductView>, Error> {
    let once = app.once(context, content(&command));
    let CreateProduct { owner, name, description, price, images } = command;
    if !context.caller.may_act_for(owner) {
        return Err(unknown_user());
    }
    let urls = admitted(app, images)?;
    let outlook = if urls.is_empty() { None } else { Some(app.outlook().await) };
    let draft = ProductDraft { owner, name, description, price, created_at: app.ports.clock.now() };
    let created = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let place = match once.reserve(&mut *unit).await? {
            Turn::Ours(place) => place,
            Turn::Told(told) => return Ok(told),
        };
        if let Some(outlook) = outlook {
            outlook.admit()?;
            app.require_space()?;
        }
        let product = unit.products().insert(&draft).await.map_err(|error| match error {
            StoreError::UnknownReference(_) => Halt::from(unknown_user()),
            other => other.into(),
        })?;
        app.tell(&mut *unit, &context.trace, product.created());
        let accepted = accept(app, &product, &urls);
        for changed in &accepted {
            unit.images().insert(&changed.image).await?;
            app.tell(&mut *unit, &context.trace, changed.event(product.id, product.version));
            unit.outbox().job(app.stamp(&context.trace, Job::ProcessImage(changed.image.id)), Duration::ZERO);
        }
        let view = ProductView { product, images: accepted.into_iter().map(|changed| changed.image).collect() };
        place.answer(&mut *unit, &view).await?;
        unit.commit().await?;
        Ok(Answered::now(view))
    })
    .await?;
    app.announce_done(&created, |view| (view.product.id, view.product.version)).await;
    Ok(created)
}

fn content(command: &CreateProduct) -> Fingerprint {
    let CreateProduct { owner, name, description, price, images } = command;
    Fingerprint::of("create_product")
        .field("owner", owner.to_string())
        .field("name", name.as_str())
        .field("description", description.as_str())
        .field("price", price.hundredths().to_be_bytes())
        .list("image", images.iter().map(ImageUrl::as_str))
}

/// The URLs, each once, when there is room for so many images.
fn admitted(app: &Application, mut urls: Vec<ImageUrl>) -> Result<Vec<ImageUrl>, Error> {
    let mut seen = HashSet::new();
    urls.retain(|url| seen.insert(url.clone()));
    let limit = app.settings.images_per_product;
    if urls.len() > limit {
        let fault = Fault { pointer: "/product_images".to_owned(), detail: format!("at most {limit} are allowed") };
        let detail = format!("a product has at most {limit} images");
        return Err(Error::new(ErrorCode::TooManyImages, detail).with_faults(vec![fault]));
    }
    Ok(urls)
}

fn accept(app: &Application, product: &Product, urls: &[ImageUrl]) -> Vec<Changed> {
    urls.iter()
        .zip(0..)
        .map(|(url, position)| {
            Image::accept(ImageDraft {
                id: ImageId(app.ports.ids.uuid()),
                owner: ImageOwner::Product(product.id),
                position,
                source: Source::Url { url: url.clone(), content: None },
                created_at: product.created_at,
            })
        })
        .collect()
}

fn unknown_user() -> Error {
    let fault = Fault { pointer: "/user_id".to_owned(), detail: "there is no such user".to_owned() };
    Error::new(ErrorCode::UnknownUser, "the product's user does not exist").with_faults(vec![fault])
}

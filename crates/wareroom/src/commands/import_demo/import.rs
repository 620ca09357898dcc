//! Brings the demo into a catalogue through the use cases that every client has. Whatever is there already stays as it is, so it
//! can be done again: after it was cut off, beside another of its kind, or long after.

use super::drawing::draw;
use super::products::{DemoPicture, DemoProduct, PRODUCTS};
use bytes::Bytes;
use std::error::Error;
use tokio::task::JoinSet;
use wareroom_application::{
    AddImages, Application, Context, CreateProduct, EditImage, ErrorCode, ImageEdit, ListProducts, ListUsers,
    Precondition, RegisterUser, UploadedFile,
};
use wareroom_domain::{AltText, Description, FileName, Image, PersonName, ProductId, ProductName, Source, UserId, Via};
use wareroom_ports::{IdempotencyKey, ProductFilter, ProductOrder, ProductPage, ProductView, UserFilter};

/// Any error: of a use case, which says what to do, or of a picture's file.
type Failure = Box<dyn Error>;

/// Whose products they are: by this name the demo is found again.
const OWNER: (&str, &str) = ("Wareroom", "Demo");

/// The demo as it is there now.
pub(super) struct Imported {
    pub(super) user: UserId,
    /// By id.
    pub(super) products: Vec<ImportedProduct>,
}

/// A product of the demo, and what was missing of it.
pub(super) struct ImportedProduct {
    pub(super) view: ProductView,
    pub(super) added: bool,
    pub(super) added_images: usize,
}

/// Adds what is missing.
pub(super) async fn import(app: &Application) -> Result<Imported, Failure> {
    let user = owner(app).await?;
    let there = there(app, user).await?;
    let mut products = vec![];
    // The newest is shown first: added last, the first of the list leads.
    for (demo, there) in PRODUCTS.iter().zip(there).rev() {
        let added = there.is_none();
        let view = match there {
            Some(view) => view,
            None => create(app, user, demo).await?,
        };
        let (view, added_images) = complete(app, view, demo).await?;
        products.push(ImportedProduct { view, added, added_images });
    }
    products.sort_by_key(|product| product.view.product.id);
    Ok(Imported { user, products })
}

/// The request that has this name: done once, however often and by how many it is asked for within a day.
fn once(key: String) -> Context {
    let key = IdempotencyKey { scope: "import-demo".to_owned(), key };
    Context { idempotency_key: Some(key), ..Context::operator() }
}

async fn owner(app: &Application) -> Result<UserId, Failure> {
    let (first_name, last_name) = (PersonName::new(OWNER.0)?, PersonName::new(OWNER.1)?);
    let filter = UserFilter { first_name: Some(first_name.folded()), last_name: Some(last_name.folded()) };
    let found = app.list_users(&Context::operator(), ListUsers { filter, after: None, limit: 100 }).await?;
    let same = found.items.iter().find(|user| user.first_name == first_name && user.last_name == last_name);
    if let Some(user) = same {
        return Ok(user.id);
    }
    Ok(app.register_user(&once("user".to_owned()), RegisterUser { first_name, last_name }).await?.id)
}

/// For each of the demo's products what is there of it. Renamed, it is known by its pictures; without pictures, by its name.
async fn there(app: &Application, user: UserId) -> Result<Vec<Option<ProductView>>, Failure> {
    let mut there: Vec<Option<ProductView>> = PRODUCTS.iter().map(|_| None).collect();
    let mut after = None;
    while there.iter().any(Option::is_none) {
        let filter = ProductFilter { owner: Some(user), ..ProductFilter::default() };
        let page = ProductPage { order: ProductOrder::CreatedAt, descending: false, after, limit: 100 };
        let listed = app.list_products(&Context::operator(), ListProducts { filter, page }).await?;
        for view in listed.items {
            let demo = PRODUCTS.iter().position(|demo| is_of(&view, demo));
            if let Some(place) = demo.and_then(|demo| there.get_mut(demo)).filter(|place| place.is_none()) {
                *place = Some(view);
            }
        }
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    Ok(there)
}

fn is_of(view: &ProductView, demo: &DemoProduct) -> bool {
    let shown = |picture: &DemoPicture| find(view, picture).is_some();
    view.product.name.as_str() == demo.name || demo.pictures.iter().any(shown)
}

/// Creates a product. Another process may do the same now, so it has a key; a key whose product was deleted since is passed by.
async fn create(app: &Application, owner: UserId, demo: &DemoProduct) -> Result<ProductView, Failure> {
    let mut key = format!("{owner} {}", demo.name);
    loop {
        let command = CreateProduct {
            owner,
            name: ProductName::new(demo.name)?,
            description: Description::new(demo.description)?,
            price: demo.price.parse()?,
            images: vec![],
        };
        let created = app.create_product(&once(key.clone()), command).await?;
        if !created.replayed {
            return Ok(created.result);
        }
        let id = created.product.id;
        match read(app, id).await {
            Ok(view) => return Ok(view),
            Err(error) if error.code == ErrorCode::NotFound => key = format!("{owner} {} after {id}", demo.name),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Adds the pictures that a product lacks, and says what each shows where nothing is said; answers to how many were added.
async fn complete(
    app: &Application,
    mut view: ProductView,
    demo: &DemoProduct,
) -> Result<(ProductView, usize), Failure> {
    let context = Context::operator();
    let product = view.product.id;
    let mut added = 0;
    loop {
        let missing: Vec<_> = demo.pictures.iter().filter(|picture| find(&view, picture).is_none()).collect();
        if missing.is_empty() {
            break;
        }
        // Two that add the same pictures at once must not both add them: the later one looks again.
        let precondition = Precondition::Revisions(vec![view.product.revision]);
        let command = AddImages { product, precondition, via: Via::Form, files: files(&missing).await? };
        match app.add_images(&context, command).await {
            Ok(answered) => {
                added += missing.len();
                view = answered.result.view;
            }
            Err(error) if error.code == ErrorCode::PreconditionFailed => view = read(app, product).await?,
            Err(error) => return Err(error.into()),
        }
    }
    for picture in demo.pictures {
        let Some(image) = find(&view, picture).filter(|image| image.alt.is_none()).map(|image| image.id) else {
            continue;
        };
        let edit = ImageEdit { alt: Some(Some(AltText::new(picture.alt)?)), position: None };
        view = app.edit_image(&context, EditImage { product, image, precondition: Precondition::None, edit }).await?;
    }
    Ok((view, added))
}

async fn read(app: &Application, id: ProductId) -> Result<ProductView, wareroom_application::Error> {
    let found = app.get_product(&Context::operator(), id).await?;
    Ok(ProductView::clone(&found.view))
}

/// The image that was made of a picture.
fn find<'a>(view: &'a ProductView, picture: &DemoPicture) -> Option<&'a Image> {
    let named = |image: &&Image| matches!(&image.source, Source::Upload { filename: Some(name), .. } if name.as_str() == picture.file);
    view.images.iter().find(named)
}

/// Draws pictures side by side, away from whatever else this thread does.
async fn files(pictures: &[&DemoPicture]) -> Result<Vec<UploadedFile>, Failure> {
    let mut drawing = JoinSet::new();
    for (index, picture) in pictures.iter().enumerate() {
        let scene = picture.scene;
        drawing.spawn_blocking(move || (index, draw(scene)));
    }
    let mut drawn = drawing.join_all().await;
    drawn.sort_by_key(|(index, _)| *index);
    pictures
        .iter()
        .zip(drawn)
        .map(|(picture, (_, file))| {
            Ok(UploadedFile { filename: Some(FileName::new(picture.file)?), bytes: Bytes::from(file?) })
        })
        .collect()
}

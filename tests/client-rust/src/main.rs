//! A walk through the API with a client that is made from its document: create, upload, wait, list, conflict.

mod picture;

use futures::TryStreamExt;
use picture::picture;
use std::error::Error as StdError;
use std::num::{NonZeroU32, NonZeroU64};
use wareroom_client::types::{
    self, ImageInput, ImageStatus, Problem, ProblemCode, Product, ProductInput, ProductPatch, UserInput,
};
use wareroom_client::{Client, Error, ResponseValue};

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

#[tokio::main]
async fn main() -> Outcome {
    let url = std::env::args().nth(1).ok_or("usage: wareroom-client <url of the server>")?;
    let client = Client::new(&url);
    let user = UserInput { first_name: "Ada".parse()?, last_name: "Lovelace".parse()? };
    let user = found(client.create_user(None, &user).await)?.into_inner().data.id;
    let mut products = vec![];
    for name in ["Kettle", "Lamp", "Mug"] {
        products.push(create(&client, user, name).await?);
    }
    println!("created {} products, each request sent twice", products.len());

    let [kettle, lamp, _] = products.as_slice() else { unreachable!("three were created") };
    let added = upload(&client, kettle, &[(640, 480, 60), (480, 640, 200)]).await?;
    let (ready, etag) = wait(&client, kettle.id).await?;
    let expected: Vec<_> = added.iter().map(|id| (*id, ImageStatus::Ready)).collect();
    assert_eq!(ready.images.iter().map(|image| (image.id, image.status)).collect::<Vec<_>>(), expected);
    let fetched = fetch(&client, &ready).await?;
    println!("uploaded {} images, waited until they were ready, fetched {fetched} renditions", added.len());

    let by_url = add_by_url(&client, lamp, &ready.images[0].renditions[0].url).await?;
    let (lamp, _) = wait(&client, lamp.id).await?;
    assert_eq!(
        lamp.images.iter().map(|image| (image.id, image.status)).collect::<Vec<_>>(),
        [(by_url, ImageStatus::Ready)]
    );
    println!("had an image fetched from a URL, and waited until it was ready");

    let listed = list(&client, user).await?;
    assert_eq!(listed, products.iter().map(|product| product.id).collect::<Vec<_>>());
    println!("listed {} products in pages of 2", listed.len());

    conflict(&client, kettle.id, &etag).await?;
    println!("an edit of what had been changed since was refused");
    let missing = client.get_product(9_007_199_254_740_991.try_into()?, None, None).await;
    let missing = refused(missing)?;
    assert_eq!((missing.status(), missing.code), (reqwest::StatusCode::NOT_FOUND, ProblemCode::NotFound));
    Ok(())
}

/// What was asked for, or the server's own words for why there is none.
fn found<T>(answer: Result<T, Error<Problem>>) -> Outcome<T> {
    answer.map_err(|error| match error {
        Error::ErrorResponse(problem) => format!("{} {}: {}", problem.status, problem.code, *problem.detail).into(),
        other => other.into(),
    })
}

/// Why there is none.
fn refused<T>(answer: Result<T, Error<Problem>>) -> Outcome<ResponseValue<Problem>> {
    match answer {
        Ok(_) => Err("what should have been refused was answered".into()),
        Err(Error::ErrorResponse(problem)) => Ok(problem),
        Err(other) => Err(other.into()),
    }
}

fn header<T>(answer: &ResponseValue<T>, name: &str) -> Outcome<String> {
    Ok(answer.headers().get(name).ok_or_else(|| format!("there is no {name}"))?.to_str()?.to_owned())
}

async fn create(client: &Client, user: NonZeroU64, name: &str) -> Outcome<Product> {
    let product = ProductInput {
        user_id: user,
        product_name: name.parse()?,
        product_price: 18.99,
        product_description: None,
        product_images: vec![],
    };
    let key = format!("walk-{name}").parse()?;
    let first = found(client.create_product(Some(&key), &product).await)?;
    let again = found(client.create_product(Some(&key), &product).await)?;
    assert_eq!(header(&again, "idempotency-replayed")?, "true");
    assert_eq!(again.data.id, first.data.id, "the same request twice made one product");
    assert_eq!(first.data.product_price.to_string(), "18.99");
    Ok(first.into_inner().data)
}

/// One request for each image: a body that is JSON has one.
async fn upload(client: &Client, product: &Product, sizes: &[(u32, u32, u8)]) -> Outcome<Vec<uuid::Uuid>> {
    let mut added = vec![];
    for (width, height, shade) in sizes {
        let image = ImageInput { base64: Some(picture(*width, *height, *shade)?.parse()?), url: None };
        let answer = found(client.add_images(product.id, None, None, &image).await)?.into_inner();
        assert_eq!(answer.added.len(), 1);
        added.extend(answer.added);
    }
    Ok(added)
}

async fn add_by_url(client: &Client, product: &Product, url: &str) -> Outcome<uuid::Uuid> {
    let image = ImageInput { base64: None, url: Some(url.parse()?) };
    let answer = found(client.add_images(product.id, None, None, &image).await)?.into_inner();
    Ok(answer.added.first().copied().ok_or("nothing was added")?)
}

/// The product once all of its images are settled, and its `ETag`.
async fn wait(client: &Client, id: NonZeroU64) -> Outcome<(Product, String)> {
    const TRIES: usize = 20;
    let at_most = NonZeroU32::new(10);
    for _ in 0..TRIES {
        let answer = found(client.get_product(id, at_most, None).await)?;
        let etag = header(&answer, "etag")?;
        let product = answer.into_inner().data;
        if product.images_summary.pending + product.images_summary.processing == 0 {
            return Ok((product, etag));
        }
    }
    Err(format!("the images of product {id} are still under way").into())
}

/// Fetches every rendition, by its key; how many there are.
async fn fetch(client: &Client, product: &Product) -> Outcome<usize> {
    let renditions: Vec<_> = product.images.iter().flat_map(|image| &image.renditions).collect();
    for rendition in &renditions {
        let key = rendition.url.rsplit('/').next().ok_or("a link without a key")?.parse()?;
        let body = found(client.get_rendition(&key, None, None, None).await)?.into_inner();
        let bytes = body.into_inner().try_fold(0, async |sum, part| Ok(sum + part.len())).await?;
        assert_eq!(u64::try_from(bytes)?, u64::try_from(rendition.bytes)?);
    }
    Ok(renditions.len())
}

async fn list(client: &Client, user: NonZeroU64) -> Outcome<Vec<NonZeroU64>> {
    let (mut ids, mut cursor) = (vec![], None::<types::ListProductsCursor>);
    loop {
        let sort = Some("product_name".parse()?);
        let page = client.list_products(cursor.as_ref(), NonZeroU64::new(2), None, None, None, sort, Some(user));
        let page = found(page.await)?.into_inner();
        assert!(page.data.len() <= 2);
        ids.extend(page.data.iter().map(|product| product.id));
        let Some(next) = page.next_cursor else { return Ok(ids) };
        cursor = Some(next.parse()?);
    }
}

async fn conflict(client: &Client, id: NonZeroU64, etag: &str) -> Outcome {
    let etag = etag.parse()?;
    let rename = async |name: &str| -> Outcome<_> {
        let patch = ProductPatch { product_name: Some(name.parse()?), ..ProductPatch::default() };
        Ok(client.edit_product(id, Some(&etag), &patch).await)
    };
    let mine = found(rename("Kettle, red").await?)?;
    assert_eq!(*mine.data.product_name, "Kettle, red");
    let theirs = refused(rename("Kettle, blue").await?)?;
    assert_eq!(theirs.status(), reqwest::StatusCode::PRECONDITION_FAILED);
    assert_eq!(theirs.code, ProblemCode::PreconditionFailed);
    assert_eq!(header(&theirs, "etag")?, header(&mine, "etag")?, "the refusal names what is there");
    Ok(())
}

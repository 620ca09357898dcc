//! Images, with their renditions, in a unit of work. Whoever loads one locks its product first, as everyone does who changes
//! an image: so two units never hold what the other waits for.

use crate::{
    pipeline::{Step, must_find, step},
    rows::{checked, from_renditions, get, image_columns, instant, limit, number, seconds, text, to_image, to_number},
    unit::Unit,
};
use async_trait::async_trait;
use std::time::Duration;
use tokio_postgres::Row;
use wareroom_domain::{
    AltText, FileName, Image, ImageId, ImageOwner, ImageState, ImageUrl, ProductId, Source, Version, Via,
};
use wareroom_ports::{ImageRepo, StoreError};

const INSERT: &str = "INSERT INTO images
         (id, position, alt, source_kind, url, filename, content_type, source_bytes, sha256, state, next_attempt_at,
          width, height, renditions, reason, detail, attempts, fence, product_id, created_at, saved_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
             clock_timestamp())";

const SAVE: &str = must_find!(
    "UPDATE images
     SET position = $2, alt = $3, source_kind = $4, url = $5, filename = $6, content_type = $7, source_bytes = $8,
         sha256 = $9, state = $10, next_attempt_at = $11, width = $12, height = $13, renditions = $14, reason = $15,
         detail = $16, attempts = $17, fence = $18, saved_at = clock_timestamp()
     WHERE id = $1 AND fence <= $18"
);

const LOCK_PRODUCT: &str = "SELECT p.id, p.version FROM products p
     WHERE p.id = (SELECT product_id FROM images WHERE id = $1) FOR UPDATE";

const LOAD: &str = concat!("SELECT ", image_columns!(), " FROM images i WHERE i.id = $1");

const OF_PRODUCT: &str =
    concat!("SELECT ", image_columns!(), " FROM images i WHERE i.product_id = $1 ORDER BY i.position, i.id");

const DELETE: &str = "DELETE FROM images WHERE id = $1 RETURNING id";

const STUCK: &str = "SELECT id FROM images
     WHERE state = 'processing' AND saved_at < statement_timestamp() - $1 * interval '1 second'
     ORDER BY saved_at, id LIMIT $2";

#[async_trait]
impl ImageRepo for Unit {
    async fn insert(&mut self, image: &Image) -> Result<(), StoreError> {
        let ImageOwner::Product(product) = image.owner;
        let mut insert = columns(image);
        insert.push(product.get());
        insert.push(instant(image.created_at));
        let insert = insert.step(INSERT);
        if self.known.products.contains_key(&product) {
            self.keep(insert)?;
            self.known.images.insert(image.id, image.fence);
        } else {
            self.ask(insert).await?;
        }
        Ok(())
    }

    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError> {
        let mut found = self.ask_all(vec![step!(LOCK_PRODUCT, id.0), step!(LOAD, id.0)]).await?;
        let (rows, products) = (found.pop().unwrap_or_default(), found.pop().unwrap_or_default());
        let locked = self.judge(products.first().map(to_locked).transpose())?;
        self.known.products.extend(locked);
        let image = self.judge(rows.first().map(to_image).transpose())?;
        self.remember(image.as_slice());
        Ok(image)
    }

    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError> {
        let ImageOwner::Product(product) = owner;
        let rows = self.ask(step!(OF_PRODUCT, product.get())).await?;
        let images: Vec<Image> = self.judge(rows.iter().map(to_image).collect())?;
        self.remember(&images);
        Ok(images)
    }

    async fn save(&mut self, image: &Image) -> Result<(), StoreError> {
        let save = columns(image).step(SAVE);
        match self.known.images.get(&image.id) {
            Some(known) if *known > image.fence => return self.refuse(StoreError::Conflict),
            Some(_) => self.keep(save)?,
            None => drop(self.ask(save).await?),
        }
        self.known.images.insert(image.id, image.fence);
        Ok(())
    }

    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError> {
        if self.known.images.remove(&id).is_some() {
            self.keep(step!(DELETE, id.0))?;
            return Ok(true);
        }
        Ok(!self.ask(step!(DELETE, id.0)).await?.is_empty())
    }

    async fn stuck(&mut self, age: Duration, most: usize) -> Result<Vec<ImageId>, StoreError> {
        let rows = self.ask(step!(STUCK, seconds(age), limit(most))).await?;
        self.judge(rows.iter().map(|row| get(row, "id").map(ImageId)).collect())
    }
}

fn to_locked(row: &Row) -> Result<(ProductId, Version), StoreError> {
    Ok((checked("id", ProductId::new(get(row, "id")?))?, Version(number(row, "version")?)))
}

impl Unit {
    /// Images that nobody else can change any more, because this unit has their product.
    fn remember(&mut self, images: &[Image]) {
        let held = images.iter().filter(|image| {
            let ImageOwner::Product(product) = image.owner;
            self.known.products.contains_key(&product)
        });
        self.known.images.extend(held.map(|image| (image.id, image.fence)));
    }
}

/// The values that an insert and an update both write, in order.
pub(crate) struct Columns(Vec<crate::pipeline::Value>);

impl Columns {
    pub(crate) fn push(&mut self, value: impl tokio_postgres::types::ToSql + Sync + Send + 'static) {
        self.0.push(Box::new(value));
    }

    pub(crate) fn step(self, sql: &'static str) -> Step {
        Step::new(sql, self.0)
    }
}

pub(crate) fn columns(image: &Image) -> Columns {
    let (kind, url, filename) = match &image.source {
        Source::Upload { via: Via::Form, filename, .. } => ("upload", None, filename.as_ref()),
        Source::Upload { via: Via::Base64, filename, .. } => ("base64", None, filename.as_ref()),
        Source::Url { url, .. } => ("url", Some(url), None),
    };
    let content = image.source.content();
    let (mut next_attempt_at, mut size, mut failure, mut renditions) = (None, None, None, &[][..]);
    match &image.state {
        ImageState::Pending { setback: Some(setback) } => {
            next_attempt_at = Some(instant(setback.next_attempt_at));
            failure = Some(&setback.failure);
        }
        ImageState::Pending { setback: None } | ImageState::Processing => {}
        ImageState::Ready { width, height, renditions: made } => {
            (size, renditions) = (Some((*width, *height)), made);
        }
        ImageState::Failed(found) => failure = Some(found),
    }
    let mut columns = Columns(Vec::with_capacity(20));
    columns.push(image.id.0);
    columns.push(i64::from(image.position));
    columns.push(image.alt.as_ref().map(AltText::to_string));
    columns.push(kind);
    columns.push(url.map(ImageUrl::to_string));
    columns.push(filename.map(FileName::to_string));
    columns.push(content.map(|content| text(&content.content_type)));
    columns.push(content.map(|content| to_number(content.bytes)));
    columns.push(content.map(|content| content.sha256.to_string()));
    columns.push(image.state.as_str());
    columns.push(next_attempt_at);
    columns.push(size.map(|(width, _)| i64::from(width)));
    columns.push(size.map(|(_, height)| i64::from(height)));
    columns.push(from_renditions(renditions));
    columns.push(failure.map(|failure| failure.reason.code()));
    columns.push(failure.map(|failure| text(&failure.detail)));
    columns.push(i64::from(image.attempts.0));
    columns.push(to_number(image.fence.0));
    columns
}

//! Images, with their renditions, in a unit of work.

use crate::{
    candidates::as_json,
    clock::{milliseconds, now},
    error::{Fault, unless_referenced},
    rows::{instant, to_image, to_rendition},
    unit::Unit,
};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, ToSql, named_params};
use std::{collections::HashMap, time::Duration};
use wareroom_domain::{AltText, FileName, Image, ImageId, ImageOwner, ImageState, ImageUrl, Rendition, Source, Via};
use wareroom_ports::{ImageRepo, StoreError};

fn load(connection: &Connection, id: ImageId) -> rusqlite::Result<Option<Image>> {
    let mut select = connection.prepare_cached("SELECT * FROM images WHERE id = ?1")?;
    select.query_one([id.0], |row| to_image(row, |id| renditions(connection, id))).optional()
}

/// All images of an owner, by position, then by id.
pub(crate) fn of_owner(connection: &Connection, owner: ImageOwner) -> rusqlite::Result<Vec<Image>> {
    let ImageOwner::Product(product) = owner;
    of_products(connection, &as_json(&[product.get()]))
}

/// Whatever the number of the products: one statement for their images, and one for all renditions of these.
const IMAGES_OF_PRODUCTS: &str = "SELECT * FROM images WHERE product_id IN (SELECT value FROM json_each(?1))
     ORDER BY product_id, position, id";

const RENDITIONS_OF_PRODUCTS: &str =
    "SELECT renditions.* FROM images JOIN renditions ON renditions.image_id = images.id
     WHERE images.product_id IN (SELECT value FROM json_each(?1))
     ORDER BY renditions.image_id, renditions.ordinal";

/// All images of these products, whose ids are given as JSON: each product's together, by position, then by id.
pub(crate) fn of_products(connection: &Connection, products: &str) -> rusqlite::Result<Vec<Image>> {
    let mut found: HashMap<ImageId, Vec<Rendition>> = HashMap::new();
    let mut select = connection.prepare_cached(RENDITIONS_OF_PRODUCTS)?;
    for rendition in select.query_map([products], |row| Ok((ImageId(row.get("image_id")?), to_rendition(row)?)))? {
        let (image, rendition) = rendition?;
        found.entry(image).or_default().push(rendition);
    }
    let mut select = connection.prepare_cached(IMAGES_OF_PRODUCTS)?;
    let images = select.query_map([products], |row| to_image(row, |id| Ok(found.remove(&id).unwrap_or_default())))?;
    images.collect()
}

pub(crate) fn renditions(connection: &Connection, id: ImageId) -> rusqlite::Result<Vec<Rendition>> {
    let mut select = connection.prepare_cached("SELECT * FROM renditions WHERE image_id = ?1 ORDER BY ordinal")?;
    let renditions = select.query_map([id.0], to_rendition)?;
    renditions.collect()
}

#[async_trait]
impl ImageRepo for Unit {
    async fn insert(&mut self, image: &Image) -> Result<(), StoreError> {
        let image = image.clone();
        self.call(move |connection| insert(connection, &image)).await
    }

    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError> {
        self.call(move |connection| Ok(load(connection, id)?)).await
    }

    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError> {
        self.call(move |connection| Ok(of_owner(connection, owner)?)).await
    }

    async fn save(&mut self, image: &Image) -> Result<(), StoreError> {
        let image = image.clone();
        self.call(move |connection| save(connection, &image)).await
    }

    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError> {
        self.call(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM images WHERE id = ?1")?;
            Ok(delete.execute([id.0])? == 1)
        })
        .await
    }

    async fn stuck(&mut self, age: Duration, limit: usize) -> Result<Vec<ImageId>, StoreError> {
        self.call(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id FROM images WHERE state = 'processing' AND saved_at < ?1 ORDER BY saved_at, id LIMIT ?2",
            )?;
            let saved_before = now(connection)? - milliseconds(age);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let ids = select.query_map((saved_before, limit), |row| row.get(0).map(ImageId))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn insert(connection: &Connection, image: &Image) -> Result<(), Fault> {
    let ImageOwner::Product(product) = image.owner;
    let (columns, saved_at) = (Columns::of(image), now(connection)?);
    connection
        .prepare_cached(
            "INSERT INTO images
                 (id, product_id, position, alt, source_kind, url, filename, content_type, source_bytes, sha256, state,
                  next_attempt_at, width, height, reason, detail, attempts, fence, created_at, saved_at)
             VALUES
                 (:id, :product_id, :position, :alt, :source_kind, :url, :filename, :content_type, :source_bytes, :sha256,
                  :state, :next_attempt_at, :width, :height, :reason, :detail, :attempts, :fence, :created_at,
                  :saved_at)",
        )?
        .execute(&*columns.with(named_params! {
            ":product_id": product.get(),
            ":created_at": instant(image.created_at),
            ":saved_at": saved_at,
        }))
        .map_err(unless_referenced("product"))?;
    write_renditions(connection, image)
}

fn save(connection: &Connection, image: &Image) -> Result<(), Fault> {
    let (columns, saved_at) = (Columns::of(image), now(connection)?);
    let saved = connection
        .prepare_cached(
            "UPDATE images
             SET position = :position, alt = :alt, source_kind = :source_kind, url = :url, filename = :filename,
                 content_type = :content_type, source_bytes = :source_bytes, sha256 = :sha256, state = :state,
                 next_attempt_at = :next_attempt_at, width = :width, height = :height, reason = :reason,
                 detail = :detail, attempts = :attempts, fence = :fence, saved_at = :saved_at
             WHERE id = :id AND fence <= :fence",
        )?
        .execute(&*columns.with(named_params! { ":saved_at": saved_at }))?;
    if saved == 0 {
        return Err(StoreError::Conflict.into());
    }
    connection.prepare_cached("DELETE FROM renditions WHERE image_id = ?1")?.execute([image.id.0])?;
    write_renditions(connection, image)
}

pub(crate) fn write_renditions(connection: &Connection, image: &Image) -> Result<(), Fault> {
    let ImageState::Ready { renditions, .. } = &image.state else { return Ok(()) };
    let mut insert = connection.prepare_cached(
        "INSERT INTO renditions (image_id, ordinal, name, format, width, height, bytes, key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (ordinal, rendition) in renditions.iter().enumerate() {
        insert.execute((
            image.id.0,
            ordinal,
            &rendition.name,
            rendition.format.as_str(),
            rendition.width,
            rendition.height,
            rendition.bytes,
            rendition.key.to_string(),
        ))?;
    }
    Ok(())
}

/// The columns that an insert and an update both write.
pub(crate) struct Columns(Vec<(&'static str, Box<dyn ToSql>)>);

impl Columns {
    pub(crate) fn of(image: &Image) -> Self {
        let (kind, url, filename) = match &image.source {
            Source::Upload { via: Via::Form, filename, .. } => ("upload", None, filename.as_ref()),
            Source::Upload { via: Via::Base64, filename, .. } => ("base64", None, filename.as_ref()),
            Source::Url { url, .. } => ("url", Some(url), None),
        };
        let content = image.source.content();
        let (mut next_attempt_at, mut size, mut failure) = (None, None, None);
        match &image.state {
            ImageState::Pending { setback: Some(setback) } => {
                next_attempt_at = Some(instant(setback.next_attempt_at));
                failure = Some(&setback.failure);
            }
            ImageState::Pending { setback: None } | ImageState::Processing => {}
            ImageState::Ready { width, height, .. } => size = Some((*width, *height)),
            ImageState::Failed(found) => failure = Some(found),
        }
        Self(vec![
            (":id", Box::new(image.id.0)),
            (":position", Box::new(image.position)),
            (":alt", Box::new(image.alt.as_ref().map(AltText::to_string))),
            (":source_kind", Box::new(kind)),
            (":url", Box::new(url.map(ImageUrl::to_string))),
            (":filename", Box::new(filename.map(FileName::to_string))),
            (":content_type", Box::new(content.map(|content| content.content_type.clone()))),
            (":source_bytes", Box::new(content.map(|content| content.bytes))),
            (":sha256", Box::new(content.map(|content| content.sha256.to_string()))),
            (":state", Box::new(image.state.as_str())),
            (":next_attempt_at", Box::new(next_attempt_at)),
            (":width", Box::new(size.map(|(width, _)| width))),
            (":height", Box::new(size.map(|(_, height)| height))),
            (":reason", Box::new(failure.map(|failure| failure.reason.code()))),
            (":detail", Box::new(failure.map(|failure| failure.detail.clone()))),
            (":attempts", Box::new(image.attempts.0)),
            (":fence", Box::new(image.fence.0)),
        ])
    }

    pub(crate) fn with<'a>(&'a self, more: &[(&'a str, &'a dyn ToSql)]) -> Vec<(&'a str, &'a dyn ToSql)> {
        let shared = self.0.iter().map(|(name, value)| (*name, value.as_ref()));
        shared.chain(more.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{migrated, plan};

    #[test]
    fn images_and_renditions_of_many_products_are_found_by_their_indexes() {
        let connection = migrated();
        let images = plan(&connection, IMAGES_OF_PRODUCTS);
        assert_eq!(images[0], "SEARCH images USING INDEX images_by_product (product_id=?)");
        assert!(images.iter().all(|step| !step.contains("TEMP B-TREE")), "{images:?}");
        let renditions = plan(&connection, RENDITIONS_OF_PRODUCTS);
        assert_eq!(renditions[0], "SEARCH images USING COVERING INDEX images_by_product (product_id=?)");
        assert!(renditions.contains(&"SEARCH renditions USING PRIMARY KEY (image_id=?)".to_owned()), "{renditions:?}");
    }
}

//! Products in a unit of work. The unit is the only writer as long as it is open, so what was loaded stays as it is.

use crate::{
    error::unless_referenced,
    rows::{instant, to_product},
    unit::Unit,
};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use wareroom_domain::{Product, ProductDraft, ProductId, Version};
use wareroom_ports::{ProductRepo, StoreError};

pub(crate) fn load(connection: &Connection, id: ProductId) -> rusqlite::Result<Option<Product>> {
    let mut select = connection.prepare_cached("SELECT * FROM products WHERE id = ?1")?;
    select.query_one([id.get()], to_product).optional()
}

#[async_trait]
impl ProductRepo for Unit {
    async fn insert(&mut self, draft: &ProductDraft) -> Result<Product, StoreError> {
        let draft = draft.clone();
        self.add(move |connection| {
            let mut insert = connection.prepare_cached(
                "INSERT INTO products
                     (owner_id, name, name_folded, description, price_hundredths, revision, version, created_at,
                      updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, 1, ?6, ?6)
                 RETURNING *",
            )?;
            let values = (
                draft.owner.get(),
                draft.name.as_str(),
                draft.name.folded(),
                draft.description.as_str(),
                draft.price.hundredths(),
                instant(draft.created_at),
            );
            insert.query_one(values, to_product).map_err(unless_referenced("user"))
        })
        .await
    }

    async fn load(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.call(move |connection| Ok(load(connection, id)?)).await
    }

    async fn save(&mut self, product: &Product) -> Result<Version, StoreError> {
        let product = product.clone();
        self.call(move |connection| {
            let mut update = connection.prepare_cached(
                "UPDATE products
                 SET name = ?3, description = ?4, price_hundredths = ?5, revision = ?6, updated_at = ?7, name_folded = ?8,
                     version = version + 1
                 WHERE id = ?1 AND version = ?2
                 RETURNING version",
            )?;
            let values = (
                product.id.get(),
                product.version.0,
                product.name.as_str(),
                product.description.as_str(),
                product.price.hundredths(),
                product.revision.0,
                instant(product.updated_at),
                product.name.folded(),
            );
            let version = update.query_one(values, |row| row.get(0).map(Version)).optional()?;
            Ok(version.ok_or(StoreError::Conflict)?)
        })
        .await
    }

    async fn touch(&mut self, id: ProductId, at: Timestamp) -> Result<Option<Version>, StoreError> {
        self.call(move |connection| {
            let mut update = connection.prepare_cached(
                "UPDATE products SET version = version + 1, updated_at = ?2 WHERE id = ?1 RETURNING version",
            )?;
            Ok(update.query_one((id.get(), instant(at)), |row| row.get(0).map(Version)).optional()?)
        })
        .await
    }

    async fn delete(&mut self, id: ProductId) -> Result<bool, StoreError> {
        self.call(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM products WHERE id = ?1")?;
            Ok(delete.execute([id.get()])? == 1)
        })
        .await
    }
}

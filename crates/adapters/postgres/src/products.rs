//! Products in a unit of work. One that was loaded is locked until the unit ends, as is one that it made.

use crate::{
    pipeline::{must_find, step},
    rows::{checked, first, instant, number, product_columns, to_number, to_product},
    unit::Unit,
};
use async_trait::async_trait;
use jiff::Timestamp;
use wareroom_domain::{Product, ProductDraft, ProductId, Version};
use wareroom_ports::{ProductRepo, StoreError};

const INSERT: &str = "INSERT INTO products
         (user_id, product_name, product_name_folded, product_description, product_price, revision, version,
          created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5::bigint * 0.01, 1, 1, $6, $6)
     RETURNING id";

const LOAD: &str = concat!("SELECT ", product_columns!(), " FROM products p WHERE p.id = $1 FOR UPDATE");

const SAVE: &str = must_find!(
    "UPDATE products
     SET product_name = $3, product_name_folded = $4, product_description = $5, product_price = $6::bigint * 0.01,
         revision = $7, updated_at = $8, version = version + 1
     WHERE id = $1 AND version = $2"
);

const TOUCH: &str = "UPDATE products SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version";

const TOUCH_KNOWN: &str =
    must_find!("UPDATE products SET version = version + 1, updated_at = $2 WHERE id = $1 AND version = $3");

const DELETE: &str = "DELETE FROM products WHERE id = $1 RETURNING id";

#[async_trait]
impl ProductRepo for Unit {
    async fn insert(&mut self, draft: &ProductDraft) -> Result<Product, StoreError> {
        let created_at = instant(draft.created_at);
        let rows = self.ask(step!(
            INSERT,
            draft.owner.get(),
            draft.name.to_string(),
            draft.name.folded(),
            draft.description.to_string(),
            to_number(draft.price.hundredths()),
            created_at,
        ));
        let rows = rows.await?;
        let id = self.judge(checked("id", ProductId::new(first(&rows, "id").unwrap_or_default())))?;
        let product = ProductDraft { created_at, ..draft.clone() }.accepted(id);
        self.known.products.insert(id, product.version);
        Ok(product)
    }

    async fn load(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        let rows = self.ask(step!(LOAD, id.get())).await?;
        let product = self.judge(rows.first().map(to_product).transpose())?;
        if let Some(product) = &product {
            self.known.products.insert(id, product.version);
        }
        Ok(product)
    }

    async fn save(&mut self, product: &Product) -> Result<Version, StoreError> {
        let save = step!(
            SAVE,
            product.id.get(),
            to_number(product.version.0),
            product.name.to_string(),
            product.name.folded(),
            product.description.to_string(),
            to_number(product.price.hundredths()),
            to_number(product.revision.0),
            instant(product.updated_at),
        );
        match self.known.products.get(&product.id) {
            Some(known) if *known != product.version => return self.refuse(StoreError::Conflict),
            Some(_) => self.keep(save)?,
            None => drop(self.ask(save).await?),
        }
        let next = product.version.next();
        self.known.products.insert(product.id, next);
        Ok(next)
    }

    async fn touch(&mut self, id: ProductId, at: Timestamp) -> Result<Option<Version>, StoreError> {
        let version = if let Some(known) = self.known.products.get(&id).copied() {
            self.keep(step!(TOUCH_KNOWN, id.get(), instant(at), to_number(known.0)))?;
            Some(known.next())
        } else {
            let rows = self.ask(step!(TOUCH, id.get(), instant(at))).await?;
            let version = rows.first().map(|row| number(row, "version").map(Version));
            self.judge(version.transpose())?
        };
        self.known.products.extend(version.map(|version| (id, version)));
        Ok(version)
    }

    async fn delete(&mut self, id: ProductId) -> Result<bool, StoreError> {
        let delete = step!(DELETE, id.get());
        // Which of the images were its own is not worth remembering.
        self.known.images.clear();
        if self.known.products.remove(&id).is_some() {
            self.keep(delete)?;
            return Ok(true);
        }
        Ok(!self.ask(delete).await?.is_empty())
    }
}

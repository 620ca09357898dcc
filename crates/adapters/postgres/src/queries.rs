//! What readers see. How lists are found is known to a file each.

use crate::{
    PostgresStore, dead_letter_list,
    pipeline::step,
    product_list,
    rows::{get, image_columns, product_columns, to_image, to_product, to_user},
    user_list, users,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{collections::HashMap, sync::Arc};
use tokio_postgres::Row;
use uuid::Uuid;
use wareroom_domain::{DeadLetterId, ImageOwner, ProductId, User, UserId};
use wareroom_ports::{
    DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries, Origin, ProductFilter, ProductPage,
    ProductQueries, ProductView, StoreError, UserFilter, UserQueries,
};

/// A row for the product and a row for each image, in any order, the columns of the other kind null. One statement is one
/// moment. Side by side they cost the server two thirds of what they cost joined, and the description is sent once.
const VIEW: &str = concat!(
    "SELECT NULL AS id, NULL AS user_id, NULL AS product_name, NULL AS product_description, NULL AS price_hundredths,
            NULL AS revision, NULL AS version, NULL AS created_at, NULL AS updated_at, ",
    image_columns!(),
    " FROM images i WHERE i.product_id = $1
     UNION ALL
     SELECT ",
    product_columns!(),
    ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
     FROM products p WHERE p.id = $1"
);

const IMAGES: &str = concat!(
    "SELECT ",
    image_columns!(),
    " FROM images i WHERE i.product_id = ANY ($1::bigint[]) ORDER BY i.product_id, i.position, i.id"
);

fn to_view(rows: &[Row]) -> Result<Option<ProductView>, StoreError> {
    let (mut product, mut images) = (None, vec![]);
    for row in rows {
        if get::<Option<Uuid>>(row, "image_id")?.is_some() {
            images.push(to_image(row)?);
        } else {
            product = Some(to_product(row)?);
        }
    }
    images.sort_by_key(|image| (image.position, image.id.0));
    Ok(product.map(|product| ProductView { product, images }))
}

#[async_trait]
impl ProductQueries for PostgresStore {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let rows = self.shared.read(&[step!(VIEW, id.get())]).await?.pop().unwrap_or_default();
        Ok((to_view(&rows)?.map(Arc::new), Origin::Store))
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        let Some(step) = product_list::page(filter, page)? else { return Ok(vec![]) };
        let mut list = self.shared.list().await?;
        let products = list.part(step).await?.iter().map(to_product).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<i64> = products.iter().map(|product| product.id.get()).collect();
        let rows = list.end(step!(IMAGES, ids)).await?;
        let mut images: HashMap<ProductId, Vec<_>> = HashMap::with_capacity(products.len());
        for image in rows.iter().map(to_image) {
            let image = image?;
            let ImageOwner::Product(product) = image.owner;
            images.entry(product).or_default().push(image);
        }
        let view = |product: wareroom_domain::Product| {
            let images = images.remove(&product.id).unwrap_or_default();
            ProductView { product, images }
        };
        Ok(products.into_iter().map(view).collect())
    }
}

#[async_trait]
impl UserQueries for PostgresStore {
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let rows = self.shared.read(&[step!(users::LOAD, id.get())]).await?.pop().unwrap_or_default();
        rows.first().map(to_user).transpose()
    }

    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let Some(step) = user_list::page(filter, after, limit) else { return Ok(vec![]) };
        self.shared.list().await?.end(step).await?.iter().map(to_user).collect()
    }
}

#[async_trait]
impl DeadLetterQueries for PostgresStore {
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let page = dead_letter_list::page(filter, after, limit);
        self.shared.list().await?.end(page).await?.iter().map(dead_letter_list::to_dead_letter).collect()
    }

    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError> {
        let summary = dead_letter_list::summary(filter);
        self.shared.list().await?.end(summary).await?.iter().map(dead_letter_list::to_count).collect()
    }
}

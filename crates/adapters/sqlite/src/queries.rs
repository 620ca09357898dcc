//! What readers see, read beside the writer. How lists are found is known to a file each.

use crate::{SqliteStore, dead_letter_list, images, product_list, product_views, products, user_list, users};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, ImageOwner, ProductId, User, UserId};
use wareroom_ports::{
    DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries, Origin, ProductFilter, ProductPage,
    ProductQueries, ProductView, StoreError, UserFilter, UserQueries,
};

#[async_trait]
impl ProductQueries for SqliteStore {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let view = self.shared.read(move |connection| {
            // One transaction, so that the images are those of the version that the product has.
            let moment = connection.transaction()?;
            let Some(product) = products::load(&moment, id)? else { return Ok(None) };
            let images = images::of_owner(&moment, ImageOwner::Product(id))?;
            Ok(Some(Arc::new(ProductView { product, images })))
        });
        Ok((view.await?, Origin::Store))
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        let (filter, page) = (filter.clone(), page.clone());
        let views = self.shared.list(move |moment| {
            let ids = product_list::page(moment, &filter, &page)?;
            Ok(product_views::of(moment, &ids)?)
        });
        views.await
    }
}

#[async_trait]
impl UserQueries for SqliteStore {
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.shared.read(move |connection| Ok(users::load(connection, id)?)).await
    }

    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let filter = filter.clone();
        self.shared.list(move |moment| Ok(user_list::page(moment, &filter, after, limit)?)).await
    }
}

#[async_trait]
impl DeadLetterQueries for SqliteStore {
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let filter = filter.clone();
        self.shared.list(move |moment| Ok(dead_letter_list::page(moment, &filter, after, limit)?)).await
    }

    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError> {
        let filter = filter.clone();
        self.shared.list(move |moment| Ok(dead_letter_list::summary(moment, &filter)?)).await
    }
}

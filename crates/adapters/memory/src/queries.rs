//! Reads outside a unit of work: what is committed, under one lock, so of one moment.

use crate::filters;
use crate::state::State;
use crate::store::MemoryStore;
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, ImageOwner, Product, ProductId, User, UserId};
use wareroom_ports::{
    DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries, Origin, ProductFilter, ProductPage, ProductPlace,
    ProductQueries, ProductView, StoreError, UserFilter, UserQueries,
};

fn view(state: &State, product: &Product) -> ProductView {
    let images = state.images.of_owner(ImageOwner::Product(product.id)).map(|row| row.image.clone()).collect();
    ProductView { product: product.clone(), images }
}

#[async_trait]
impl ProductQueries for MemoryStore {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let state = self.shared.read();
        let view = state.products.get(&id).map(|product| Arc::new(view(&state, product)));
        Ok((view, Origin::Store))
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        let ProductPage { order, descending, after, limit } = page;
        if after.as_ref().is_some_and(|after| after.order() != *order) {
            return Err(StoreError::Backend("a list cannot go on behind a place of another order".into()));
        }
        let behind = |place: &ProductPlace| match after {
            None => true,
            Some(after) if *descending => place < after,
            Some(after) => place > after,
        };
        let state = self.shared.read();
        let fitting = state.products.values().filter(|product| filters::product(filter, product));
        let placed = fitting.map(|product| (ProductPlace::of(product, *order), product));
        let mut placed: Vec<_> = placed.filter(|(place, _)| behind(place)).collect();
        // Places differ, as they end with ids.
        placed.sort_unstable_by(|(a, _), (b, _)| if *descending { b.cmp(a) } else { a.cmp(b) });
        Ok(placed.into_iter().take(*limit).map(|(_, product)| view(&state, product)).collect())
    }
}

#[async_trait]
impl UserQueries for MemoryStore {
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.shared.read().users.get(&id).cloned())
    }

    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let state = self.shared.read();
        let behind = state.users.values().filter(|user| after.is_none_or(|after| user.id > after));
        let mut users: Vec<&User> = behind.filter(|user| filters::user(filter, user)).collect();
        users.sort_unstable_by_key(|user| user.id);
        Ok(users.into_iter().take(limit).cloned().collect())
    }
}

#[async_trait]
impl DeadLetterQueries for MemoryStore {
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let state = self.shared.read();
        let fitting = state.dead_letters.newest_first(after).filter(|letter| filters::dead_letter(filter, letter));
        Ok(fitting.take(limit).cloned().collect())
    }

    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError> {
        let state = self.shared.read();
        let mut counts: BTreeMap<(&str, Option<&str>), DeadLetterCount> = BTreeMap::new();
        for letter in state.dead_letters.all().filter(|letter| filters::dead_letter(filter, letter)) {
            let reason = letter.failure.reason;
            let none_yet = || DeadLetterCount { reason, host: letter.host.clone(), count: 0, newest: Timestamp::MIN };
            let counted = counts.entry((reason.code(), letter.host.as_deref())).or_insert_with(none_yet);
            counted.count += 1;
            counted.newest = counted.newest.max(letter.at);
        }
        let mut counts: Vec<DeadLetterCount> = counts.into_values().collect();
        // Those of one count stay by reason and host.
        counts.sort_by_key(|counted| std::cmp::Reverse(counted.count));
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_domain::Price;
    use wareroom_ports::ProductOrder;

    #[tokio::test]
    async fn a_place_of_another_order_is_an_error_and_no_empty_list() {
        let after = Some(ProductPlace::Price(Price::MAX, ProductId::new(1).unwrap()));
        let page = ProductPage { order: ProductOrder::Name, descending: false, after, limit: 9 };
        let outcome = ProductQueries::list(&MemoryStore::default(), &ProductFilter::default(), &page).await;
        assert!(matches!(outcome, Err(StoreError::Backend(_))), "{outcome:?}");
    }
}

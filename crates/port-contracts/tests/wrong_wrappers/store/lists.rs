//! Lists of the wrong store: products and users.

use super::{Fault, Wrong};
use async_trait::async_trait;
use std::cmp::Reverse;
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::{ProductId, User, UserId};
use wareroom_ports::{
    ProductFilter, ProductPage, ProductPlace, ProductQueries, ProductView, StoreError, UserFilter, UserQueries,
};

/// The place of a product without its id: ties have one place.
fn tied(view: &ProductView, page: &ProductPage) -> ProductPlace {
    let mut place = ProductPlace::of(&view.product, page.order);
    let (ProductPlace::CreatedAt(_, id) | ProductPlace::Price(_, id) | ProductPlace::Name(_, id)) = &mut place;
    *id = ProductId::new(1).unwrap();
    place
}

fn id_of(place: &ProductPlace) -> ProductId {
    let (ProductPlace::CreatedAt(_, id) | ProductPlace::Price(_, id) | ProductPlace::Name(_, id)) = place;
    *id
}

/// Whether a text has the part that a pattern describes, in which `%` is anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('%').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

impl Wrong {
    /// All that fits, in order.
    async fn whole_list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        let whole = ProductPage { after: None, limit: usize::MAX, ..page.clone() };
        match (self.fault, &filter.name) {
            (Some(Fault::ReadsPercentAsAnything), Some(pattern)) => {
                let mut views =
                    ProductQueries::list(&self.behind, &ProductFilter { name: None, ..filter.clone() }, &whole).await?;
                views.retain(|view| is_like(&view.product.name.folded(), pattern));
                Ok(views)
            }
            _ => ProductQueries::list(&self.behind, filter, &whole).await,
        }
    }

    /// What is behind the page's place.
    fn rest(&self, views: &mut Vec<ProductView>, page: &ProductPage) {
        let Some(after) = &page.after else { return self.remembered().listed = 0 };
        let there = views.iter().any(|view| view.product.id == id_of(after));
        let is_behind = |view: &ProductView| {
            let place = ProductPlace::of(&view.product, page.order);
            if page.descending { place < *after } else { place > *after }
        };
        match self.fault {
            Some(Fault::SkipsTiesBehindAPlace) => {
                let ties = views.iter().find(|view| view.product.id == id_of(after)).map(|view| tied(view, page));
                views.retain(|view| is_behind(view) && ties.as_ref() != Some(&tied(view, page)));
            }
            Some(Fault::BeginsAnewBehindWhatIsGone) if !there => {}
            Some(Fault::GoesOnByCount) => {
                views.drain(..self.remembered().listed.min(views.len()));
            }
            _ => views.retain(is_behind),
        }
    }

    /// A list as the fault would have it.
    pub(super) async fn wrong_list(
        &self,
        filter: &ProductFilter,
        page: &ProductPage,
    ) -> Result<Vec<ProductView>, StoreError> {
        let mut views = self.whole_list(filter, page).await?;
        match self.fault {
            Some(Fault::LeavesOutTheHighestPrice) => {
                views.retain(|view| filter.max_price.is_none_or(|max| view.product.price < max));
            }
            Some(Fault::PutsTiesInOneDirection) if page.descending => {
                views.sort_by_key(|view| (Reverse(tied(view, page)), view.product.id));
            }
            _ => {}
        }
        self.rest(&mut views, page);
        views.truncate(if self.is(Fault::IgnoresTheLimit) { usize::MAX } else { page.limit });
        self.remembered().listed += views.len();
        if self.is(Fault::AnswersOfTwoMoments) {
            sleep(Duration::from_millis(5)).await;
        }
        for view in &mut views {
            self.spoil(view).await?;
        }
        Ok(views)
    }

    async fn spoil(&self, view: &mut ProductView) -> Result<(), StoreError> {
        match self.fault {
            Some(Fault::AnswersAsAtFirst) => {
                let mut remembered = self.remembered();
                let first = remembered.views.entry(view.product.id).or_insert_with(|| view.clone().into());
                *view = (**first).clone();
            }
            Some(Fault::AnswersOfTwoMoments) => {
                if let Some(later) = ProductQueries::get(&self.behind, view.product.id).await?.0 {
                    view.images.clone_from(&later.images);
                }
            }
            Some(Fault::LosesAltTexts) => view.images.iter_mut().for_each(|image| image.alt = None),
            Some(Fault::ShowsImagesById) => view.images.sort_by_key(|image| image.id),
            _ => {}
        }
        Ok(())
    }
}

#[async_trait]
impl UserQueries for Wrong {
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let user = UserQueries::get(&self.behind, id).await?;
        let swapped =
            |user: User| User { first_name: user.last_name.clone(), last_name: user.first_name.clone(), ..user };
        Ok(if self.is(Fault::SwapsNames) { user.map(swapped) } else { user })
    }

    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let after = match after {
            Some(after) if self.is(Fault::ListsTheLastAgain) => UserId::new(after.get() - 1).ok(),
            after => after,
        };
        let finds: fn(&str, &str) -> bool = match self.fault {
            Some(Fault::FindsNamesAnywhere) => |text, part| text.contains(part),
            Some(Fault::ReadsPercentAsAnything) => is_like,
            _ => return UserQueries::list(&self.behind, filter, after, limit).await,
        };
        let mut users = UserQueries::list(&self.behind, &UserFilter::default(), after, usize::MAX).await?;
        users.retain(|user| {
            filter.first_name.as_ref().is_none_or(|start| finds(&user.first_name.folded(), start))
                && filter.last_name.as_ref().is_none_or(|start| finds(&user.last_name.folded(), start))
        });
        users.truncate(limit);
        Ok(users)
    }
}

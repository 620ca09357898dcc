//! Products, images and users of the wrong store.

use super::Fault;
use super::unit::WrongUnit;
use async_trait::async_trait;
use jiff::Timestamp;
use std::mem::ManuallyDrop;
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::{
    Description, Image, ImageId, ImageOwner, ImageState, Product, ProductDraft, ProductId, User, UserDraft, UserId,
    Version,
};
use wareroom_ports::{ImageRepo, ProductQueries, ProductRepo, StoreError, UserRepo};

fn first_product() -> ProductId {
    ProductId::new(1).unwrap()
}

#[async_trait]
impl ProductRepo for WrongUnit {
    async fn insert(&mut self, draft: &ProductDraft) -> Result<Product, StoreError> {
        if self.is(Fault::KeepsTheWriterOfACutCall) {
            let cut = ManuallyDrop::new(self.behind.take());
            sleep(Duration::from_millis(20)).await;
            self.behind = ManuallyDrop::into_inner(cut);
        }
        let outcome = self.behind().await.products().insert(draft).await;
        match (self.store.fault, outcome) {
            (Some(Fault::GoesOnAfterAnError), Err(error)) => {
                self.let_go();
                Err(error)
            }
            (Some(Fault::TakesAnyOwner), Err(StoreError::UnknownReference(_))) => {
                Ok(draft.clone().accepted(first_product()))
            }
            (Some(Fault::GivesIdsAgain), Ok(product)) => {
                self.store.remembered().product = Some(product.id);
                Ok(Product { id: first_product(), ..product })
            }
            (_, outcome) => outcome,
        }
    }

    async fn load(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        if self.is(Fault::ReadsWhatIsCommittedOnly) {
            return Ok(self.store.behind.get(id).await?.0.map(|view| view.product.clone()));
        }
        let mut loaded = self.behind().await.products().load(id).await?;
        if let Some(product) = loaded.as_mut().filter(|_| self.is(Fault::ChangesLineBreaks)) {
            product.description = Description::new(product.description.as_str().replace("\r\n", "\n")).unwrap();
        }
        if self.is(Fault::LetsALoadedProductGo) {
            self.let_go();
        }
        Ok(loaded)
    }

    async fn save(&mut self, product: &Product) -> Result<Version, StoreError> {
        let mut product = product.clone();
        let fault = self.store.fault;
        let behind = self.behind().await;
        match (fault, behind.products().load(product.id).await) {
            (Some(Fault::SavesAllButThePrice), Ok(Some(stored))) => product.price = stored.price,
            (Some(Fault::SavesWhateverTheVersion), Ok(Some(stored))) => product.version = stored.version,
            (Some(Fault::SavesWhatIsDeleted), Ok(None)) => return Ok(product.version.next()),
            _ => {}
        }
        behind.products().save(&product).await
    }

    async fn touch(&mut self, id: ProductId, at: Timestamp) -> Result<Option<Version>, StoreError> {
        if self.is(Fault::TouchesWithoutTheMoment) {
            let stored = self.behind().await.products().load(id).await?;
            let at = stored.map_or(at, |product| product.updated_at);
            return self.behind().await.products().touch(id, at).await;
        }
        if self.is(Fault::TouchesByLoadAndSave) {
            let Some(stored) = self.behind().await.products().load(id).await? else { return Ok(None) };
            self.let_go();
            sleep(Duration::from_millis(20)).await;
            return self.behind().await.products().save(&Product { updated_at: at, ..stored }).await.map(Some);
        }
        self.behind().await.products().touch(id, at).await
    }

    async fn delete(&mut self, id: ProductId) -> Result<bool, StoreError> {
        let real = self.store.remembered().product.unwrap_or(id);
        self.behind().await.products().delete(real).await
    }
}

#[async_trait]
impl ImageRepo for WrongUnit {
    async fn insert(&mut self, image: &Image) -> Result<(), StoreError> {
        let fault = self.store.fault;
        let behind = self.behind().await;
        if fault == Some(Fault::CommitsWhatCameBeforeAnError) {
            let ImageOwner::Product(product) = image.owner;
            if behind.products().load(product).await?.is_none() {
                return Err(StoreError::UnknownReference("product"));
            }
        }
        match (fault, behind.images().insert(image).await) {
            (Some(Fault::TakesAnyProduct), Err(StoreError::UnknownReference(_))) => Ok(()),
            (_, outcome) => {
                self.store.remembered().images.push(image.clone());
                outcome
            }
        }
    }

    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError> {
        let mut loaded = self.behind().await.images().load(id).await?;
        if loaded.is_none() && self.is(Fault::KeepsImagesOfDeletedProducts) {
            loaded = self.store.image(id);
        }
        if let Some(ImageState::Ready { renditions, .. }) = loaded.as_mut().map(|image| &mut image.state)
            && self.store.is(Fault::SortsRenditionsByName)
        {
            renditions.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(loaded)
    }

    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError> {
        let mut images = self.behind().await.images().of_owner(owner).await?;
        if self.is(Fault::ListsImagesById) {
            images.sort_by_key(|image| image.id);
        }
        Ok(images)
    }

    async fn save(&mut self, image: &Image) -> Result<(), StoreError> {
        let mut image = image.clone();
        let fault = self.store.fault;
        let behind = self.behind().await;
        match (fault, behind.images().load(image.id).await) {
            (Some(Fault::SavesAllButTheAltText), Ok(Some(stored))) => image.alt = stored.alt,
            (Some(Fault::SavesWhateverTheFence), Ok(Some(stored))) => image.fence = image.fence.max(stored.fence),
            (Some(Fault::SavesImagesThatAreGone), Ok(None)) => return Ok(()),
            _ => {}
        }
        behind.images().save(&image).await
    }

    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError> {
        let loaded = self.behind().await.images().load(id).await?;
        if let Some(image) = loaded {
            if self.is(Fault::DropsReferencesWithTheImage) {
                self.behind().await.blobs().drop_references(&image.blobs()).await?;
            }
            if self.is(Fault::DeletesEveryImageOfAnOwner) {
                for neighbour in self.behind().await.images().of_owner(image.owner).await? {
                    self.behind().await.images().delete(neighbour.id).await?;
                }
                return Ok(true);
            }
        }
        self.behind().await.images().delete(id).await
    }

    async fn stuck(&mut self, age: Duration, limit: usize) -> Result<Vec<ImageId>, StoreError> {
        let age = if self.is(Fault::NamesImagesStuckAtOnce) { Duration::ZERO } else { age };
        let mut stuck = self.behind().await.images().stuck(age, limit).await?;
        if self.is(Fault::NamesTheShortestStuckFirst) {
            stuck.reverse();
        }
        if self.is(Fault::NamesAnyImageStuck) {
            stuck = self.store.remembered().images.iter().map(|image| image.id).collect();
        }
        if self.is(Fault::NamesWhatWasStuck) {
            self.store.remembered().stuck.extend(&stuck);
            stuck.clone_from(&self.store.remembered().stuck);
        }
        Ok(stuck)
    }
}

#[async_trait]
impl UserRepo for WrongUnit {
    async fn insert(&mut self, draft: &UserDraft) -> Result<User, StoreError> {
        let user = self.behind().await.users().insert(draft).await?;
        let id = if self.is(Fault::GivesOneIdToAllUsers) { UserId::new(1).unwrap() } else { user.id };
        Ok(User { id, ..user })
    }

    async fn load(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let loaded = self.behind().await.users().load(id).await?;
        let swapped =
            |user: User| User { first_name: user.last_name.clone(), last_name: user.first_name.clone(), ..user };
        Ok(if self.is(Fault::SwapsNames) { loaded.map(swapped) } else { loaded })
    }
}

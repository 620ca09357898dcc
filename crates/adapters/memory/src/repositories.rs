//! Products, images and users within a unit of work.

use crate::state::{Staged, State};
use crate::tables::ImageRow;
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::{Image, ImageId, ImageOwner, Product, ProductDraft, ProductId, User, UserDraft, UserId, Version};
use wareroom_ports::{ImageRepo, ProductRepo, StoreError, UserRepo};

fn product<'a>(staged: &'a Staged, state: &'a State, id: ProductId) -> Option<&'a Product> {
    staged.products.get(&id, state.products.get(&id))
}

fn image<'a>(staged: &'a Staged, state: &'a State, id: ImageId) -> Option<&'a ImageRow> {
    staged.images.get(&id, state.images.get(id))
}

fn user<'a>(staged: &'a Staged, state: &'a State, id: UserId) -> Option<&'a User> {
    staged.users.get(&id, state.users.get(&id))
}

fn images_of(staged: &Staged, state: &State, owner: ImageOwner) -> Vec<Image> {
    let committed = state.images.of_owner(owner).filter(|row| !staged.images.covers(&row.image.id));
    let written = staged.images.written().map(|(_, row)| row).filter(|row| row.image.owner == owner);
    let mut images: Vec<Image> = committed.chain(written).map(|row| row.image.clone()).collect();
    images.sort_by_key(|image| (image.position, image.id));
    images
}

#[async_trait]
impl ProductRepo for MemoryUnit {
    async fn insert(&mut self, draft: &ProductDraft) -> Result<Product, StoreError> {
        self.run(|staged, state| {
            if user(staged, state, draft.owner).is_none() {
                return Err(StoreError::UnknownReference("user"));
            }
            let product = draft.clone().accepted(state.new_product_id()?);
            staged.products.put(product.id, product.clone());
            Ok(product)
        })
    }

    async fn load(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.run(|staged, state| Ok(product(staged, state, id).cloned()))
    }

    async fn save(&mut self, changed: &Product) -> Result<Version, StoreError> {
        self.run(|staged, state| {
            let stored = product(staged, state, changed.id).ok_or(StoreError::Conflict)?;
            if stored.version != changed.version {
                return Err(StoreError::Conflict);
            }
            let version = stored.version.next();
            let row = Product { owner: stored.owner, created_at: stored.created_at, version, ..changed.clone() };
            staged.products.put(row.id, row);
            Ok(version)
        })
    }

    async fn touch(&mut self, id: ProductId, at: Timestamp) -> Result<Option<Version>, StoreError> {
        self.run(|staged, state| {
            let Some(stored) = product(staged, state, id) else { return Ok(None) };
            let version = stored.version.next();
            let row = Product { version, updated_at: at, ..stored.clone() };
            staged.products.put(id, row);
            Ok(Some(version))
        })
    }

    async fn delete(&mut self, id: ProductId) -> Result<bool, StoreError> {
        self.run(|staged, state| {
            if product(staged, state, id).is_none() {
                return Ok(false);
            }
            for image in images_of(staged, state, ImageOwner::Product(id)) {
                staged.images.remove(image.id);
            }
            staged.products.remove(id);
            Ok(true)
        })
    }
}

#[async_trait]
impl ImageRepo for MemoryUnit {
    async fn insert(&mut self, new: &Image) -> Result<(), StoreError> {
        self.run(|staged, state| {
            let ImageOwner::Product(owner) = new.owner;
            if product(staged, state, owner).is_none() {
                return Err(StoreError::UnknownReference("product"));
            }
            if image(staged, state, new.id).is_some() {
                return Err(StoreError::Backend("an image of this id is stored already".into()));
            }
            staged.images.put(new.id, ImageRow { image: new.clone(), saved: Instant::now() });
            Ok(())
        })
    }

    async fn load(&mut self, id: ImageId) -> Result<Option<Image>, StoreError> {
        self.run(|staged, state| Ok(image(staged, state, id).map(|row| row.image.clone())))
    }

    async fn of_owner(&mut self, owner: ImageOwner) -> Result<Vec<Image>, StoreError> {
        self.run(|staged, state| Ok(images_of(staged, state, owner)))
    }

    async fn save(&mut self, changed: &Image) -> Result<(), StoreError> {
        self.run(|staged, state| {
            let stored = &image(staged, state, changed.id).ok_or(StoreError::Conflict)?.image;
            if stored.fence > changed.fence {
                return Err(StoreError::Conflict);
            }
            let image = Image { owner: stored.owner, created_at: stored.created_at, ..changed.clone() };
            staged.images.put(image.id, ImageRow { image, saved: Instant::now() });
            Ok(())
        })
    }

    async fn delete(&mut self, id: ImageId) -> Result<bool, StoreError> {
        self.run(|staged, state| {
            let there = image(staged, state, id).is_some();
            if there {
                staged.images.remove(id);
            }
            Ok(there)
        })
    }

    async fn stuck(&mut self, age: Duration, limit: usize) -> Result<Vec<ImageId>, StoreError> {
        self.run(|staged, state| {
            let now = Instant::now();
            let old = |saved: Instant| now.saturating_duration_since(saved) > age;
            let committed = state.images.processing().take_while(|(saved, _)| old(*saved));
            let committed = committed.filter(|(_, id)| !staged.images.covers(id)).take(limit);
            let written = staged.images.written().filter(|(_, row)| row.processing() && old(row.saved));
            let mut stuck: Vec<_> = committed.chain(written.map(|(id, row)| (row.saved, *id))).collect();
            stuck.sort_unstable();
            stuck.truncate(limit);
            Ok(stuck.into_iter().map(|(_, id)| id).collect())
        })
    }
}

#[async_trait]
impl UserRepo for MemoryUnit {
    async fn insert(&mut self, draft: &UserDraft) -> Result<User, StoreError> {
        self.run(|staged, state| {
            let user = draft.clone().accepted(state.new_user_id()?);
            staged.users.put(user.id, user.clone());
            Ok(user)
        })
    }

    async fn load(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.run(|staged, state| Ok(user(staged, state, id).cloned()))
    }
}

//! A product as its owner describes it. Its images are aggregates of their own.

use crate::{Description, Event, Price, ProductId, ProductName, Revision, UserId, Version};
use jiff::Timestamp;

/// A product that has no id yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductDraft {
    /// Who it belongs to.
    pub owner: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    pub description: Description,
    /// What it costs.
    pub price: Price,
    /// When it was accepted.
    pub created_at: Timestamp,
}

impl ProductDraft {
    /// The product as it is stored first: with the id that the store gave, at version and revision 1.
    pub fn accepted(self, id: ProductId) -> Product {
        Product {
            id,
            owner: self.owner,
            name: self.name,
            description: self.description,
            price: self.price,
            revision: Revision(1),
            version: Version(1),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}

/// A product that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its identity.
    pub id: ProductId,
    /// Who it belongs to.
    pub owner: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What it is.
    pub description: Description,
    /// What it costs.
    pub price: Price,
    /// Clients' writes so far, that to an image included.
    pub revision: Revision,
    /// Visible changes so far, the pipeline's included. Raised by the store with each save.
    pub version: Version,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl Product {
    /// A client wrote to the product or to one of its images, at that moment: one revision more. The store raises the
    /// version.
    pub fn revised(mut self, now: Timestamp) -> Self {
        self.revision = self.revision.next();
        self.updated_at = now;
        self
    }

    /// What to tell after a client changed it; `version` shows the change.
    pub const fn changed(&self, version: Version) -> Event {
        Event::ProductChanged { product: self.id, version }
    }

    /// What to tell after it was deleted.
    pub fn deleted(&self) -> Event {
        Event::ProductDeleted { product: self.id, version: self.version.next() }
    }

    /// What to tell after the product was accepted.
    pub fn created(&self) -> Event {
        Event::ProductCreated { product: self.id, version: self.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_leaves_the_version_to_the_store() {
        let draft = ProductDraft {
            owner: UserId::new(1).unwrap(),
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("").unwrap(),
            price: Price::default(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let now = Timestamp::from_second(5).unwrap();
        let product = draft.accepted(ProductId::new(7).unwrap()).revised(now);
        assert_eq!((product.revision, product.version), (Revision(2), Version(1)));
        assert_eq!((product.created_at, product.updated_at), (Timestamp::UNIX_EPOCH, now));
    }
}

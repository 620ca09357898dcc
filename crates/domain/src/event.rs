//! What happened. Told if and only if it was stored.

use crate::{ImageId, ProductId, UserId, Version};

/// Something that happened. Carries ids and versions, no state and no personal data: whoever is told reads what is true
/// then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A user was registered.
    UserRegistered {
        /// Who.
        user: UserId,
    },
    /// A product was accepted.
    ProductCreated {
        /// Which.
        product: ProductId,
        /// Its version, 1.
        version: Version,
    },
    /// A client changed what a product is, or the order of its images.
    ProductChanged {
        /// Which.
        product: ProductId,
        /// The version that shows it.
        version: Version,
    },
    /// A product was deleted, its images with it.
    ProductDeleted {
        /// Which.
        product: ProductId,
        /// One above the last version that it had.
        version: Version,
    },
    /// Something of a product's image changed: it was added, taken up, put back, made ready, given up, edited or removed.
    ImageChanged {
        /// Whose image.
        product: ProductId,
        /// The version of the product that shows the change.
        version: Version,
        /// Which image.
        image: ImageId,
        /// What happened to it.
        change: ImageChange,
    },
}

/// What happened to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageChange {
    /// It was accepted and waits.
    Added,
    /// An attempt began.
    Started,
    /// An attempt was handed back, or failed in a way that is worth another; it waits again.
    Postponed,
    /// Its renditions are there.
    Ready,
    /// It was given up; the image says why.
    Failed,
    /// Its owner asked for new attempts.
    Retried,
    /// Its owner gave it another source.
    Superseded,
    /// Its owner changed what is said about it.
    Edited,
    /// Its owner removed it.
    Removed,
}

impl Event {
    /// The product that the event changed, with the version that shows it.
    pub const fn product(&self) -> Option<(ProductId, Version)> {
        match self {
            Self::UserRegistered { .. } => None,
            Self::ProductCreated { product, version }
            | Self::ProductChanged { product, version }
            | Self::ProductDeleted { product, version }
            | Self::ImageChanged { product, version, .. } => Some((*product, *version)),
        }
    }
}

/// The place of an event in the one order of all events. 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventPosition(pub u64);

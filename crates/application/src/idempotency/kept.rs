//! Results as they are kept, until a request that comes again is answered with them.

use crate::AddedImages;
use bytes::Bytes;
use uuid::Uuid;
use wareroom_domain::{ImageId, User};
use wareroom_ports::{ProductView, decode_user, decode_view, encode_user, encode_view};

/// A result that is kept, as bytes of a form that begins with its number. Bytes of another form are none.
pub(crate) trait Kept: Sized {
    fn to_bytes(&self) -> Bytes;

    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// The form of what is written out here.
const FORM: u8 = 1;

impl Kept for User {
    fn to_bytes(&self) -> Bytes {
        encode_user(self).unwrap_or_default()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        decode_user(bytes)
    }
}

impl Kept for ProductView {
    fn to_bytes(&self) -> Bytes {
        encode_view(self).unwrap_or_default()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        decode_view(bytes)
    }
}

/// The form, how many ids there are in four bytes, the ids, the view.
impl Kept for AddedImages {
    fn to_bytes(&self) -> Bytes {
        let count = u32::try_from(self.added.len()).unwrap_or(u32::MAX);
        let mut bytes = [&[FORM][..], &count.to_be_bytes()].concat();
        self.added.iter().for_each(|id| bytes.extend_from_slice(id.0.as_bytes()));
        bytes.extend_from_slice(&self.view.to_bytes());
        bytes.into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.strip_prefix(&[FORM])?.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*count)).ok()?.checked_mul(16)?;
        let (ids, view) = rest.split_at_checked(length)?;
        let added = ids.chunks_exact(16).map(|id| Uuid::from_slice(id).map(ImageId)).collect::<Result<_, _>>().ok()?;
        Some(Self { view: ProductView::from_bytes(view)?, added })
    }
}

/// How many.
impl Kept for u64 {
    fn to_bytes(&self) -> Bytes {
        [&[FORM][..], &self.to_be_bytes()].concat().into()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.strip_prefix(&[FORM])?.try_into().ok().map(Self::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use wareroom_domain::{
        Content, Description, Image, ImageDraft, ImageOwner, PersonName, Price, Product, ProductId, ProductName,
        Revision, Sha256, Source, UserId, Version, Via,
    };

    fn view() -> ProductView {
        let id = ProductId::new(7).unwrap();
        let product = Product {
            id,
            owner: UserId::new(3).unwrap(),
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("boils water").unwrap(),
            price: Price::from_hundredths(1899).unwrap(),
            revision: Revision(2),
            version: Version(5),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let source = Source::Upload {
            via: Via::Form,
            filename: None,
            content: Content { content_type: "image/png".to_owned(), bytes: 9, sha256: Sha256([7; 32]) },
        };
        let draft = ImageDraft {
            id: ImageId(Uuid::from_u128(8)),
            owner: ImageOwner::Product(id),
            position: 0,
            source,
            created_at: Timestamp::UNIX_EPOCH,
        };
        ProductView { product, images: vec![Image::accept(draft).image] }
    }

    fn user() -> User {
        let name = |text| PersonName::new(text).unwrap();
        User {
            id: UserId::new(3).unwrap(),
            first_name: name("Ada"),
            last_name: name("Lovelace"),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// What is kept comes back; cut off anywhere, with something behind it, or of another form, it is none.
    fn comes_back<T: Kept + PartialEq + std::fmt::Debug>(result: &T) {
        let bytes = result.to_bytes();
        assert_eq!(T::from_bytes(&bytes).as_ref(), Some(result));
        for end in 0..bytes.len() {
            assert_eq!(T::from_bytes(&bytes[..end]), None, "{end} of {} bytes", bytes.len());
        }
        assert_eq!(T::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(T::from_bytes(&[&[250], &bytes[1..]].concat()), None);
    }

    #[test]
    fn every_result_comes_back_as_it_was() {
        comes_back(&user());
        comes_back(&view());
        comes_back(&AddedImages { view: view(), added: vec![] });
        comes_back(&AddedImages { view: view(), added: [8, 9].map(|id| ImageId(Uuid::from_u128(id))).to_vec() });
        comes_back(&u64::MAX);
    }
}

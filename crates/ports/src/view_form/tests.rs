//! Every field, in every state, there and back.

use super::*;
use proptest::{collection::vec, option, prelude::*, sample::select};
use wareroom_domain::BlobKey;

fn moment() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond()).prop_map(|ns| instant(ns).unwrap())
}

fn product_id() -> impl Strategy<Value = ProductId> {
    (1..=wareroom_domain::ids::MAX_INTEGER_ID).prop_map(|id| ProductId::new(id).unwrap())
}

fn product() -> impl Strategy<Value = Product> {
    let texts = ("[^\\p{C}\\p{Z}]{1,40}", "[^\\p{C}]{0,200}", 0..=Price::MAX.hundredths());
    (product_id(), product_id(), texts, any::<u64>(), any::<u64>(), moment(), moment()).prop_map(
        |(id, owner, (name, description, price), revision, version, created_at, updated_at)| Product {
            id,
            owner: UserId::new(owner.get()).unwrap(),
            name: ProductName::new(name).unwrap(),
            description: Description::new(description).unwrap(),
            price: Price::from_hundredths(price).unwrap(),
            revision: Revision(revision),
            version: Version(version),
            created_at,
            updated_at,
        },
    )
}

fn rendition() -> impl Strategy<Value = Rendition> {
    let key = |hash: [u8; 32], format| BlobKey::Rendition(Sha256(hash), format);
    ("[a-z]{1,8}", select(&Format::ALL[..]), any::<(u32, u32, u64, [u8; 32])>()).prop_map(
        move |(name, format, (width, height, bytes, hash))| Rendition {
            name,
            format,
            width,
            height,
            bytes,
            key: key(hash, format),
        },
    )
}

fn state() -> impl Strategy<Value = ImageState> {
    prop_oneof![
        option::of((failure(), moment())).prop_map(|setback| ImageState::Pending {
            setback: setback.map(|(failure, next_attempt_at)| Setback { failure, next_attempt_at })
        }),
        Just(ImageState::Processing),
        (any::<(u32, u32)>(), vec(rendition(), 0..4)).prop_map(|((width, height), renditions)| ImageState::Ready {
            width,
            height,
            renditions
        }),
        failure().prop_map(ImageState::Failed),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    (select(&Reason::ALL[..]), "\\PC{0,40}").prop_map(|(reason, detail)| Failure { reason, detail })
}

fn content() -> impl Strategy<Value = Content> {
    ("image/[a-z]{3,4}", any::<(u64, [u8; 32])>()).prop_map(|(content_type, (bytes, sha256))| Content {
        content_type,
        bytes,
        sha256: Sha256(sha256),
    })
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        (select(&[Via::Form, Via::Base64][..]), option::of("[a-z]{1,9}\\.png"), content()).prop_map(
            |(via, filename, content)| Source::Upload {
                via,
                filename: filename.map(|name| FileName::new(name).unwrap()),
                content,
            }
        ),
        ("https?://[a-z]{1,9}\\.example/[a-z?=]{0,30}", option::of(content()))
            .prop_map(|(url, content)| Source::Url { url: ImageUrl::new(&url).unwrap(), content }),
    ]
}

fn image() -> impl Strategy<Value = Image> {
    let numbers = any::<(u128, u32, u32, u64)>();
    (product_id(), option::of("[^\\p{C}]{0,40}"), source(), state(), numbers, moment()).prop_map(
        |(owner, alt, source, state, (id, position, attempts, fence), created_at)| Image {
            id: ImageId(Uuid::from_u128(id)),
            owner: ImageOwner::Product(owner),
            position,
            alt: alt.map(|alt| AltText::new(alt).unwrap()),
            source,
            state,
            attempts: Attempts(attempts),
            fence: Fence(fence),
            created_at,
        },
    )
}

fn view() -> impl Strategy<Value = ProductView> {
    (product(), vec(image(), 0..5)).prop_map(|(product, images)| ProductView { product, images })
}

proptest! {
    #[test]
    fn every_view_comes_back_as_it_was(view in view()) {
        prop_assert_eq!(decode_view(&encode_view(&view).unwrap()), Some(view));
    }

    #[test]
    fn bytes_of_another_form_or_cut_off_or_too_many_are_none(view in view(), form: u8, cut: prop::sample::Index) {
        prop_assume!(form != FORM);
        let bytes = encode_view(&view).unwrap().to_vec();
        let mut other = bytes.clone();
        other[0] = form;
        prop_assert_eq!(decode_view(&other), None);
        prop_assert_eq!(decode_view(&bytes[..cut.index(bytes.len())]), None);
        prop_assert_eq!(decode_view(&[&bytes[..], &[0]].concat()), None);
    }

    #[test]
    fn damaged_bytes_never_panic(view in view(), damage in vec(any::<(prop::sample::Index, u8)>(), 1..8)) {
        let mut bytes = encode_view(&view).unwrap().to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode_view(&bytes);
    }
}

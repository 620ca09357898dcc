//! A place in a list of products, as bytes. Which order it is a place in is known from the cursor's binding.

use jiff::Timestamp;
use wareroom_domain::{Price, ProductId};
use wareroom_ports::{ProductOrder, ProductPlace};

/// The id first, as it is of one length in all of them.
pub(super) fn bytes(place: &ProductPlace) -> Vec<u8> {
    let (id, key) = match place {
        ProductPlace::CreatedAt(at, id) => (id, at.as_nanosecond().to_be_bytes().to_vec()),
        ProductPlace::Price(price, id) => (id, price.hundredths().to_be_bytes().to_vec()),
        ProductPlace::Name(name, id) => (id, name.clone().into_bytes()),
    };
    [id.get().to_be_bytes().to_vec(), key].concat()
}

/// The place in that order, if the bytes are one.
pub(super) fn place(order: ProductOrder, bytes: &[u8]) -> Option<ProductPlace> {
    let (id, key) = bytes.split_first_chunk()?;
    let id = ProductId::new(i64::from_be_bytes(*id)).ok()?;
    match order {
        ProductOrder::CreatedAt => {
            let at = Timestamp::from_nanosecond(i128::from_be_bytes(key.try_into().ok()?)).ok()?;
            Some(ProductPlace::CreatedAt(at, id))
        }
        ProductOrder::Price => {
            let price = Price::from_hundredths(u64::from_be_bytes(key.try_into().ok()?)).ok()?;
            Some(ProductPlace::Price(price, id))
        }
        ProductOrder::Name => Some(ProductPlace::Name(String::from_utf8(key.to_vec()).ok()?, id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_bytes() {
        let id = ProductId::new(7).unwrap();
        for expected in [
            ProductPlace::CreatedAt(Timestamp::from_nanosecond(-1_790_000_000_123_456_789).unwrap(), id),
            ProductPlace::Price(Price::MAX, id),
            ProductPlace::Name("kettle \u{130}\0".to_owned(), id),
            ProductPlace::Name(String::new(), id),
        ] {
            assert_eq!(place(expected.order(), &bytes(&expected)), Some(expected));
        }
    }

    #[test]
    fn what_is_no_place_is_none() {
        for order in [ProductOrder::CreatedAt, ProductOrder::Price, ProductOrder::Name] {
            for bytes in [&[][..], &[0; 7], &[0; 16], &[0xff; 16], &[0xff; 24]] {
                assert_eq!(place(order, bytes), None, "{order:?} {bytes:?}");
            }
        }
    }
}

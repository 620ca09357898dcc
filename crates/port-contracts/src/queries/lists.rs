//! What is in a list of products.

use super::{
    QueriesFixture, WHOLE, change, deleted, draft, get, ids, list, product_with_image, saved, stored_products, whole,
};
use crate::patience::{LONG, within};
use crate::samples::{image, instant, lived_in, states, stored_image, stored_product, stored_user};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::task::JoinHandle;
use wareroom_domain::{Fence, Image, Price, Product, ProductDraft, ProductName, Revision, UserId, folded};
use wareroom_ports::{ProductFilter, ProductOrder, ProductView};

fn price(hundredths: u64) -> Price {
    Price::from_hundredths(hundredths).expect("a price")
}

fn name(text: &str) -> ProductName {
    ProductName::new(text).expect("a name")
}

fn named(part: &str) -> ProductFilter {
    ProductFilter { name: Some(folded(part)), ..ProductFilter::default() }
}

/// `list` MUST show every write that was acknowledged before the call: what was changed is found, and stands, by what it is
/// now.
pub async fn every_acknowledged_write_is_listed<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    let owner = stored_user(&store).await.id;
    let kettle = ProductDraft { name: name("KETTLE"), price: price(500), ..draft() };
    let mill = ProductDraft { name: name("Mühle"), price: price(300), ..draft() };
    let [kettle, mill]: [Product; 2] =
        stored_products(&store, owner, &[kettle, mill]).await.try_into().expect("two products");
    let (by_name, by_price) = (whole((ProductOrder::Name, false)), whole((ProductOrder::Price, false)));
    assert_eq!(ids(&list(&queries, &named("kettle"), &by_name).await), [kettle.id]);
    assert_eq!(ids(&list(&queries, &named(""), &by_name).await), [kettle.id, mill.id]);
    assert_eq!(ids(&list(&queries, &named(""), &by_price).await), [mill.id, kettle.id]);

    let pot = saved(&fixture, Product { name: name("Öltopf"), price: price(200), ..kettle }).await;
    assert_eq!(list(&queries, &named("kettle"), &WHOLE).await, [], "found by the name it had");
    let shown = list(&queries, &named("ölt"), &by_name).await;
    assert_eq!(shown, [ProductView { product: pot.clone(), images: vec![] }], "not found by the name it has");
    assert_eq!(ids(&list(&queries, &named(""), &by_name).await), [mill.id, pot.id]);
    assert_eq!(ids(&list(&queries, &named(""), &by_price).await), [pot.id, mill.id]);
    let cheap = ProductFilter { max_price: Some(price(250)), ..ProductFilter::default() };
    assert_eq!(ids(&list(&queries, &cheap, &WHOLE).await), [pot.id], "not found by the price it has");

    deleted(&fixture, &pot).await;
    assert_eq!(ids(&list(&queries, &named(""), &by_name).await), [mill.id], "a deleted product is listed");
}

/// `list` MUST show one moment: the images of each product are those of the version that it has.
pub async fn a_list_shows_one_moment<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (product, image) = product_with_image(&fixture.store()).await;
    let (written, lists) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let readers = [0; 3].map(|_| {
        let (queries, written, lists) = (fixture.queries(), Arc::clone(&written), Arc::clone(&lists));
        tokio::spawn(async move {
            while !written.load(Ordering::SeqCst) {
                let shown = list(&queries, &ProductFilter::default(), &WHOLE).await;
                assert_eq!(shown[0].images[0].fence, Fence(shown[0].product.version.0), "of two moments");
                lists.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    });
    let mut writes = 0;
    // Long enough for both sides to have met.
    while writes < 60 || (lists.load(Ordering::SeqCst) < 60 && !readers.iter().any(JoinHandle::is_finished)) {
        change(&fixture, product.id, &image).await;
        writes += 1;
        tokio::task::yield_now().await;
    }
    written.store(true, Ordering::SeqCst);
    for reader in readers {
        within("a reader ends", reader).await.expect("a list of one moment");
    }
}

/// Every field of a product and of its images, in every state: the same as when it is read alone.
pub async fn a_list_shows_every_field_as_stored<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    let product = stored_product(&store).await;
    let mut images = Vec::new();
    for (position, state) in (0..).zip(states()) {
        let image = Image { position, ..lived_in(product.id, state) };
        stored_image(&store, &image).await;
        images.push(image);
    }
    fixture.announce(product.id, product.version).await;
    let product = saved(&fixture, Product { revision: Revision(3), updated_at: instant(), ..product }).await;
    let shown = list(&queries, &ProductFilter::default(), &WHOLE).await;
    assert_eq!(shown, [ProductView { product, images }]);
    assert_eq!(get(&queries, shown[0].product.id).await.as_deref(), shown.first(), "two answers for one product");
}

/// Each product comes with its own images and with no others', by position, then by id; one without images, too.
pub async fn each_product_of_a_list_has_its_own_images_in_order<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let owner = stored_user(&store).await.id;
    let products = stored_products(&store, owner, &[draft(), draft(), draft()]).await;
    let mut views: Vec<ProductView> =
        products.into_iter().map(|product| ProductView { product, images: vec![] }).collect();
    // The images of two products turn by turn, neither in the order of their positions nor in its opposite.
    for position in [9, 2, 10, 2, 0] {
        for index in [2, 0] {
            let view = &mut views[index];
            view.images.push(Image { position, ..image(view.product.id) });
        }
    }
    for index in [3, 0, 2, 1, 4] {
        for view in [0, 2] {
            stored_image(&store, &views[view].images[index]).await;
        }
    }
    for view in &mut views {
        view.images.sort_by_key(|image| (image.position, image.id));
    }
    assert_eq!(list(&fixture.queries(), &ProductFilter::default(), &WHOLE).await, views);
}

/// `list` MUST give just those that fit the filter: by each of its fields, and by all of them together.
pub async fn a_list_holds_just_the_products_that_fit<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    let [ada, bob, nobody] =
        [stored_user(&store).await.id, stored_user(&store).await.id, UserId::new(1_000_000).expect("an id")];
    let prices = [0, 1_899, 1_900, 10_000, Price::MAX.hundredths()].map(price);
    let names = ["Kettle", "a KETTLE of brass", "Teapot"];
    let drafts: Vec<ProductDraft> =
        names.iter().flat_map(|text| prices.map(|price| ProductDraft { name: name(text), price, ..draft() })).collect();
    let mut products = stored_products(&store, ada, &drafts).await;
    products.extend(stored_products(&store, bob, &drafts).await);

    let any_price = || std::iter::once(None).chain(prices.map(Some));
    for owner in [None, Some(ada), Some(bob), Some(nobody)] {
        for part in [None, Some("kettle"), Some("kettle of"), Some("pot"), Some("nowhere")] {
            for (min_price, max_price) in any_price().flat_map(|min| any_price().map(move |max| (min, max))) {
                let filter = ProductFilter { owner, name: part.map(folded), min_price, max_price };
                let fits = |product: &&Product| {
                    owner.is_none_or(|owner| product.owner == owner)
                        && part.is_none_or(|part| product.name.as_str().to_lowercase().contains(part))
                        && min_price.is_none_or(|min| product.price >= min)
                        && max_price.is_none_or(|max| product.price <= max)
                };
                let mut expected: Vec<&Product> = products.iter().filter(fits).collect();
                expected.sort_by_key(|product| (product.created_at, product.id));
                let shown = list(&queries, &filter, &WHOLE).await;
                let shown: Vec<&Product> = shown.iter().map(|view| &view.product).collect();
                assert_eq!(shown, expected, "by {filter:?}");
            }
        }
    }
}

/// `list` finds a name by a folded part of it, all of whose characters are plain, whatever the language.
pub async fn every_character_of_a_name_is_looked_for_as_it_is<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    let names = [
        "50% off",
        "50 of 60 off",
        "a_b",
        "aXb",
        r"a\b",
        r"a\%b",
        "what? [no] *",
        "d'or \"x\"",
        "ÄRGER in Ōsaka",
        "Arger",
        "Σίσυφος ΣΊΣΥΦΟΣ",
        "Ёлка",
        "大きな やかん 🫖",
        "STRASSE",
        "Straße",
    ];
    let owner = stored_user(&store).await.id;
    let drafts = names.map(|text| ProductDraft { name: name(text), ..draft() });
    stored_products(&store, owner, &drafts).await;
    for (part, expected) in [
        ("%", &["50% off", r"a\%b"][..]),
        ("50%", &["50% off"]),
        ("0% O", &["50% off"]),
        ("_", &["a_b"]),
        ("a_b", &["a_b"]),
        ("AxB", &["aXb"]),
        (r"\", &[r"a\b", r"a\%b"]),
        (r"\%", &[r"a\%b"]),
        (r"\_", &[]),
        ("?", &["what? [no] *"]),
        ("[no]", &["what? [no] *"]),
        ("*", &["what? [no] *"]),
        ("'", &["d'or \"x\""]),
        ("\"X\"", &["d'or \"x\""]),
        ("' OR 1=1 --", &[]),
        ("ärger", &["ÄRGER in Ōsaka"]),
        ("ŌSAKA", &["ÄRGER in Ōsaka"]),
        ("arger", &["Arger"]),
        ("σίσυφος", &["Σίσυφος ΣΊΣΥΦΟΣ"]),
        ("ёЛКА", &["Ёлка"]),
        ("やかん", &["大きな やかん 🫖"]),
        ("🫖", &["大きな やかん 🫖"]),
        ("strasse", &["STRASSE"]),
        ("STRAßE", &["Straße"]),
        ("", &names),
    ] {
        let shown = list(&queries, &named(part), &WHOLE).await;
        let shown: Vec<&str> = shown.iter().map(|view| view.product.name.as_str()).collect();
        assert_eq!(shown, expected, "by {part:?}");
    }
}

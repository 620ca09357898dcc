//! Images.

use super::StoreFixture;
use crate::patience::{LONG, SHORT, eight, eventually};
use crate::samples::{
    begin, commit, image, instant, key, lived_in, sources, states, stored_image, stored_product, uuid,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::{AltText, Attempts, Fence, Image, ImageId, ImageState, ProductId};
use wareroom_ports::{Store, StoreError};

async fn load(store: &Arc<dyn Store>, id: ImageId) -> Option<Image> {
    begin(store).await.images().load(id).await.expect("a load")
}

async fn save(store: &Arc<dyn Store>, image: &Image) {
    let mut unit = begin(store).await;
    unit.images().save(image).await.expect("a save");
    commit(unit).await;
}

/// Every field of an image, in every state, with every kind of source.
pub async fn an_image_comes_back_as_it_was_stored<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await.id;
    let mut images: Vec<Image> = states().into_iter().map(|state| lived_in(product, state)).collect();
    images.extend(sources().map(|source| Image { source, ..image(product) }));
    for image in images {
        stored_image(&store, &image).await;
        assert_eq!(load(&store, image.id).await, Some(image));
    }
    assert_eq!(load(&store, ImageId(uuid())).await, None, "there is no such image");
}

/// `save` stores all fields but `id`, `owner` and `created_at`; of renditions those that the image has now and no others.
pub async fn an_image_comes_back_as_it_was_saved<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (product, other) = (stored_product(&store).await.id, stored_product(&store).await.id);
    let accepted = image(product);
    stored_image(&store, &accepted).await;
    for (step, state) in (1..).zip(states()) {
        let [.., source] = sources();
        let saved = Image {
            position: step,
            alt: (step % 2 == 0).then(|| AltText::new(format!("view {step}")).expect("a text")),
            source,
            state,
            attempts: Attempts(step),
            fence: Fence(u64::from(step)),
            ..accepted.clone()
        };
        save(&store, &Image { owner: image(other).owner, created_at: instant(), ..saved.clone() }).await;
        assert_eq!(load(&store, accepted.id).await.as_ref(), Some(&saved));
        let mut unit = begin(&store).await;
        assert_eq!(unit.images().of_owner(accepted.owner).await.expect("a list"), [saved]);
    }
}

/// `insert` MUST answer `UnknownReference("product")` when its owner does not exist.
pub async fn an_image_of_an_unknown_product_is_refused<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let nowhere = image(ProductId::new(1_000_000).expect("an id"));
    let mut unit = begin(&fixture.store()).await;
    assert_refused!(unit.images().insert(&nowhere).await, StoreError::UnknownReference("product"));
}

/// `of_owner` MUST give images by position, then by id.
pub async fn images_come_by_position_then_by_id<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (product, other) = (stored_product(&store).await.id, stored_product(&store).await.id);
    let mut images: Vec<Image> =
        [9, 2, 10, 2, 0, u32::MAX, 2].map(|position| Image { position, ..image(product) }).into();
    // Neither the order of arrival nor its opposite is the order asked for.
    for index in [3, 0, 6, 2, 5, 1, 4] {
        stored_image(&store, &images[index]).await;
    }
    stored_image(&store, &image(other)).await;
    images.sort_by_key(|image| (image.position, image.id));
    let mut unit = begin(&store).await;
    assert_eq!(unit.images().of_owner(images[0].owner).await.expect("a list"), images);
}

/// `save` MUST answer `Conflict` when a newer fence than the image's is stored.
pub async fn save_of_an_older_fence_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let accepted = image(stored_product(&store).await.id);
    stored_image(&store, &accepted).await;
    let newer = Image { fence: Fence(2), ..lived_in(stored_product(&store).await.id, ImageState::Processing) };
    let newer = Image { id: accepted.id, owner: accepted.owner, created_at: accepted.created_at, ..newer };
    save(&store, &newer).await;
    for fence in [Fence(0), Fence(1)] {
        let late = Image { fence, ..accepted.clone() };
        assert_refused!(begin(&store).await.images().save(&late).await, StoreError::Conflict);
    }
    assert_eq!(load(&store, accepted.id).await.as_ref(), Some(&newer), "a late writer changed something");
    save(&store, &newer).await;
}

/// `save` MUST answer `Conflict` when the image is gone.
pub async fn save_of_an_image_that_is_gone_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await.id;
    let image = image(product);
    stored_image(&store, &image).await;
    let mut unit = begin(&store).await;
    assert!(unit.products().delete(product).await.expect("a delete"));
    commit(unit).await;
    assert_refused!(begin(&store).await.images().save(&image).await, StoreError::Conflict);
    assert_eq!(load(&store, image.id).await, None);
}

/// Asks until `count` images are stuck for longer than [`SHORT`].
async fn stuck(store: &Arc<dyn Store>, count: usize) -> Vec<ImageId> {
    eventually("images become stuck", || async move {
        let stuck = begin(store).await.images().stuck(SHORT, 100).await.expect("a list");
        (stuck.len() >= count).then_some(stuck)
    })
    .await
}

/// `stuck` MUST name only images in `Processing`.
pub async fn stuck_names_only_images_in_processing<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await.id;
    for state in states().into_iter().filter(|state| *state != ImageState::Processing) {
        let image = image(product);
        stored_image(&store, &image).await;
        save(&store, &Image { state: ImageState::Processing, ..image.clone() }).await;
        save(&store, &Image { state, ..image }).await;
    }
    let processing = Image { state: ImageState::Processing, ..image(product) };
    stored_image(&store, &processing).await;
    save(&store, &processing).await;
    assert_eq!(stuck(&store, 1).await, [processing.id]);
}

/// `stuck` MUST NOT name an image that was saved within `age`.
pub async fn stuck_does_not_name_an_image_saved_within_the_age<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let processing = Image { state: ImageState::Processing, ..image(stored_product(&store).await.id) };
    stored_image(&store, &processing).await;
    save(&store, &processing).await;
    assert_eq!(stuck(&store, 1).await, [processing.id]);
    let mut unit = begin(&store).await;
    assert_eq!(unit.images().stuck(LONG, 100).await.expect("a list"), [], "it was saved a moment ago");
}

/// `stuck` names the longest first, and at most `limit`.
pub async fn stuck_names_the_longest_first<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await.id;
    let images = [0; 4].map(|_| Image { state: ImageState::Processing, ..image(product) });
    for image in &images {
        stored_image(&store, image).await;
    }
    for index in [2, 0, 3, 1] {
        save(&store, &images[index]).await;
        // Far enough apart for a clock of milliseconds.
        sleep(Duration::from_millis(5)).await;
    }
    let expected = [2, 0, 3, 1].map(|index: usize| images[index].id);
    assert_eq!(stuck(&store, 4).await, expected);
    let mut unit = begin(&store).await;
    assert_eq!(unit.images().stuck(SHORT, 2).await.expect("a list"), expected[..2]);
}

/// `delete` removes an image, its renditions with it, and answers whether it was there; its neighbours stay.
pub async fn a_deleted_image_is_gone_and_no_other<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await.id;
    let ready = states().into_iter().filter(|state| matches!(state, ImageState::Ready { .. }));
    let images: Vec<Image> = ready.map(|state| lived_in(product, state)).collect();
    for image in &images {
        stored_image(&store, image).await;
    }
    let (gone, kept) = images.split_first().expect("images that are ready");
    let mut unit = begin(&store).await;
    assert!(unit.images().delete(gone.id).await.expect("a delete"), "it was there");
    assert_eq!(unit.images().load(gone.id).await.expect("a load"), None, "the unit still sees it");
    assert!(!unit.images().delete(gone.id).await.expect("a delete"), "it was there no more");
    commit(unit).await;
    assert_eq!(load(&store, gone.id).await, None);
    assert!(!begin(&store).await.images().delete(gone.id).await.expect("a delete"), "it was there no more");
    assert_eq!(begin(&store).await.images().of_owner(gone.owner).await.expect("a list"), kept);

    // Nothing of it is in the way of one that comes in its place.
    let anew = Image { state: kept[0].state.clone(), ..gone.clone() };
    stored_image(&store, &anew).await;
    assert_eq!(load(&store, anew.id).await, Some(anew));
}

/// `delete` does not touch the blobs of an image: whoever removes it drops their references.
pub async fn deleting_an_image_leaves_the_register_of_blobs_alone<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let ready = states().into_iter().find(|state| matches!(state, ImageState::Ready { .. })).expect("a state");
    let image = lived_in(stored_product(&store).await.id, ready);
    let (held, free) = (image.blobs(), key());
    let mut unit = begin(&store).await;
    unit.blobs().claim(&held, SHORT).await.expect("a claim");
    unit.blobs().hold(&held).await.expect("a hold");
    unit.images().insert(&image).await.expect("an image is accepted");
    commit(unit).await;
    let mut unit = begin(&store).await;
    unit.blobs().claim(&[free], SHORT).await.expect("a claim");
    assert!(unit.images().delete(image.id).await.expect("a delete"), "it was there");
    commit(unit).await;
    // By the time that a younger claim is over, so are those on the image's blobs.
    let condemned = eventually("a free key is condemned", || async {
        let condemned = begin(&store).await.blobs().condemn(100).await.expect("a list");
        condemned.contains(&free).then_some(condemned)
    })
    .await;
    assert_eq!(condemned, [free], "a reference was dropped with the image");
}

/// Of an image that the unit has loaded, `stuck` MUST tell how it stands since then.
pub async fn of_units_that_saw_an_image_stuck_one_finds_it_so<F: StoreFixture>() {
    const AGE: Duration = Duration::from_secs(2);
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let processing = Image { state: ImageState::Processing, ..image(stored_product(&store).await.id) };
    stored_image(&store, &processing).await;
    save(&store, &processing).await;
    sleep(AGE + SHORT).await;
    let saved = eight("eight units look for what is stuck", |_| {
        let (store, id) = (Arc::clone(&store), processing.id);
        async move {
            let mut unit = begin(&store).await;
            unit.images().stuck(AGE, 100).await.expect("a list");
            let loaded = unit.images().load(id).await.expect("a load").expect("an image");
            let found = unit.images().stuck(AGE, 100).await.expect("a list").contains(&id);
            if found {
                unit.images().save(&loaded).await.expect("a save");
            }
            commit(unit).await;
            found
        }
    })
    .await;
    assert_eq!(saved.iter().filter(|found| **found).count(), 1, "of eight units");
}

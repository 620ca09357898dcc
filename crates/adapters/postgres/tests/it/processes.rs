//! Several processes on one database, each with a store of its own.

use crate::{
    database::Database,
    samples::{AT, image, job, stamped, stored_product},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wareroom_domain::{Event, EventPosition, Fence, ImageChange, ImageState, Lane, ProductId};
use wareroom_ports::{EventLog, LogPage, OutboxRelay, Queue, Store, StoreError};
use wareroom_postgres::PostgresStore;

async fn leave_job(store: &PostgresStore, product: ProductId) {
    let mut unit = store.begin().await.unwrap();
    unit.outbox().job(job(&image(product)), Duration::ZERO);
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn a_job_that_one_process_leaves_is_found_by_another_that_waits() {
    let database = Database::migrated().await;
    let (here, there) = (database.store().await, database.store().await);
    let product = stored_product(&here).await.id;
    let mut consumer = there.consume(Lane::Images, 1).await.unwrap();
    let waiting = tokio::spawn(async move { consumer.receive().await.unwrap().ack().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    leave_job(&here, product).await;
    timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap().unwrap();

    let asked = Instant::now();
    let (relay, ()) = tokio::join!(
        async {
            loop {
                there.wait(Duration::from_secs(30)).await;
                let claimed = there.claim(10, Duration::from_mins(1)).await.unwrap();
                if !claimed.is_empty() {
                    break claimed;
                }
            }
        },
        leave_job(&here, product)
    );
    assert_eq!(relay.len(), 1);
    assert!(asked.elapsed() < Duration::from_secs(5));
    here.done(&relay).await.unwrap();
    assert_eq!(there.backlog().await.unwrap().rows, 0);
}

/// Of two workers that have one image in hand, the second waits for the first and sees what it did.
#[tokio::test]
async fn an_image_that_two_processes_load_is_changed_by_one_after_the_other() {
    let database = Database::migrated().await;
    let (here, there) = (database.store().await, database.store().await);
    let product = stored_product(&here).await.id;
    let accepted = image(product);
    let mut unit = here.begin().await.unwrap();
    unit.images().insert(&accepted).await.unwrap();
    unit.commit().await.unwrap();
    let attempt = async |store: &PostgresStore| {
        let mut unit = store.begin().await?;
        let mut image = unit.images().load(accepted.id).await?.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        (image.state, image.fence) = (ImageState::Processing, Fence(image.fence.0 + 1));
        unit.images().save(&image).await?;
        let version = unit.products().touch(product, AT).await?.unwrap();
        let change = ImageChange::Started;
        unit.outbox().event(stamped(Event::ImageChanged { product, version, image: image.id, change }));
        unit.commit().await?;
        Ok::<_, StoreError>(image.fence)
    };
    let (first, second) = tokio::join!(attempt(&here), attempt(&there));
    let mut fences = [first.unwrap(), second.unwrap()];
    fences.sort_unstable();
    assert_eq!(fences, [Fence(1), Fence(2)], "two attempts have one fence");

    // Whoever gives positions, the versions of a product stay in order.
    let given = tokio::join!(here.sequence(1), there.sequence(1));
    assert_eq!(given.0.unwrap() + given.1.unwrap(), 2);
    let LogPage::Events(events) = here.read(EventPosition(0), 10).await.unwrap() else { panic!("nothing was removed") };
    let versions: Vec<_> = events.iter().filter_map(|(_, event)| event.body.product()).map(|(_, v)| v.0).collect();
    assert_eq!(versions, [2, 3]);
}

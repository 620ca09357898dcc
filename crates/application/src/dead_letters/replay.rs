//! What a replay writes.

use crate::Application;
use std::time::Duration;
use wareroom_domain::{ProductId, Trace, Version};
use wareroom_ports::{DeadLetter, StoreError, UnitOfWork};

/// Replays a letter within a unit of work: its image starts with no attempts, its job is left again, and it is removed, with
/// all others of that image. Answers what a client wrote to the product by asking for it. A letter whose image is gone, or
/// has not failed, has nothing to ask for: it is removed, and that is all.
pub(super) async fn replay(
    app: &Application,
    unit: &mut dyn UnitOfWork,
    trace: &Trace,
    letter: &DeadLetter,
) -> Result<Option<(ProductId, Version)>, StoreError> {
    // The image comes first, with which a store may lock its product: so does everybody else who changes both, and nobody
    // has a letter that one who has the product waits for.
    let image = unit.images().load(letter.image).await?;
    // Of two who replay it at once only one finds it still there.
    if !unit.dead_letters().remove(letter.id).await? {
        return Ok(None);
    }
    let Some(image) = image else { return Ok(None) };
    let Ok(changed) = image.retry() else { return Ok(None) };
    let Some(id) = changed.image.owner.product() else { return Ok(None) };
    let Some(product) = unit.products().load(id).await? else { return Ok(None) };
    unit.dead_letters().remove_of_image(letter.image).await?;
    unit.images().save(&changed.image).await?;
    let product = app.revise(unit, product).await?;
    app.tell(unit, trace, changed.event(id, product.version));
    unit.outbox().job(app.stamp(trace, letter.job), Duration::ZERO);
    Ok(Some((id, product.version)))
}

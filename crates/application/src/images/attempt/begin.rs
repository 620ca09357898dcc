//! Begins an attempt.

use super::{AttemptBegun, ImageAttempt, Sourced, end::give_up, log};
use crate::{Application, Error, unit::retry_conflicts};
use wareroom_domain::{Begun, Job, Reason, Stamped};

pub(crate) async fn begin(app: &Application, job: &Stamped<Job>, sourced: &Sourced) -> Result<AttemptBegun, Error> {
    let Job::ProcessImage(id) = job.body;
    let (begun, change, poisoned) = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let Some(image) = unit.images().load(id).await? else { return Ok((AttemptBegun::Settled, None, None)) };
        if !sourced.is_of(&image, app.settings.attempts()) {
            // It was given another source meanwhile, and with it a job of its own, whose attempt may be under way: to take
            // that one's fence and then have nothing to make would leave nobody who does.
            return Ok((AttemptBegun::Settled, None, None));
        }
        let (begun, change, poisoned) = match image.begin(app.settings.attempts()) {
            Begun::Settled => return Ok((AttemptBegun::Settled, None, None)),
            Begun::Attempt(changed, attempt) => {
                let change = app.save_change(&mut *unit, &job.trace, &changed).await?;
                let (begun_at, trace) = (app.ports.clock.now(), job.trace.clone());
                let begun = ImageAttempt { image: changed.image, attempt, begun_at, message: job.id, trace };
                (AttemptBegun::Attempt(Box::new(begun)), change, None)
            }
            Begun::Exhausted(changed) => {
                let change = app.save_change(&mut *unit, &job.trace, &changed).await?;
                give_up(app, &mut *unit, &changed.image, Reason::Poison.into(), &job.trace).await?;
                (AttemptBegun::Poisoned, change, Some(changed.image))
            }
        };
        unit.commit().await?;
        Ok((begun, change, poisoned))
    })
    .await?;
    app.announce(change).await;
    if let Some(image) = poisoned {
        log::poisoned(&image, &job.trace);
    }
    Ok(begun)
}

//! Ends an attempt: one unit of work stores the outcome and all that it brings with it.

use super::{ImageAttempt, Outcome, log, trouble::Trouble};
use crate::jitter::jittered;
use crate::stage::stage;
use crate::{Application, Error, unit::retry_conflicts};
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::{
    BlobKey, Changed, Content, DeadLetterId, Failure, Image, Job, Reason, Rendition, Setback, Stamped, Trace,
    TransitionError,
};
use wareroom_ports::{DeadLetter, StoreError, UnitOfWork};

/// The ways in which an attempt ends.
pub(super) enum Ending {
    HandBack,
    Postpone {
        failure: Failure,
        wait: Duration,
    },
    Complete {
        content: Option<Content>,
        size: (u32, u32),
        renditions: Vec<Rendition>,
        keys: Vec<BlobKey>,
        claimed_at: Timestamp,
    },
    Fail(Failure),
}

/// An attempt took longer than a job may: it counts.
pub(crate) async fn overrun(app: &Application, held: &ImageAttempt) -> Result<Outcome, Error> {
    give_up_or_postpone(app, held, &Reason::CodecTimeout.into()).await
}

pub(crate) async fn hand_back(app: &Application, held: &ImageAttempt) -> Result<(), Error> {
    finish(app, held, &Ending::HandBack).await?;
    Ok(())
}

/// Ends an attempt that failed: with another one after the back-off, if that may help and one is left; else for good.
pub(super) async fn give_up_or_postpone(
    app: &Application,
    held: &ImageAttempt,
    trouble: &Trouble,
) -> Result<Outcome, Error> {
    let failure = trouble.failure.clone();
    let made = usize::try_from(held.attempt.number.0).unwrap_or(usize::MAX);
    let back_off = app.settings.back_off.get(made.saturating_sub(1)).filter(|_| trouble.transient());
    let Some(&back_off) = back_off else {
        let ended = finish(app, held, &Ending::Fail(failure.clone())).await?;
        return Ok(if ended { Outcome::Failed(failure) } else { Outcome::Overtaken });
    };
    // What the other side asks for is its word: at least as long, but not for as long as it likes.
    let asked = trouble.retry_after.unwrap_or_default().min(app.settings.retry_after_max);
    let wait = jittered(back_off, app.ports.ids.uuid()).max(asked);
    stage!("retry");
    let ended = finish(app, held, &Ending::Postpone { failure: failure.clone(), wait }).await?;
    Ok(if ended { Outcome::Postponed(failure) } else { Outcome::Overtaken })
}

/// Ends an attempt in one unit of work; answers whether it was still the image's.
pub(super) async fn finish(app: &Application, held: &ImageAttempt, ending: &Ending) -> Result<bool, Error> {
    let change = retry_conflicts(|| async move {
        let mut unit = app.ports.store.begin().await?;
        let Some(image) = unit.images().load(held.image.id).await? else { return Ok(None) };
        let Ok(changed) = end(app, held, &mut *unit, image, ending).await? else { return Ok(None) };
        let change = app.save_change(&mut *unit, &held.trace, &changed).await?;
        unit.commit().await?;
        Ok(Some(change))
    })
    .await?;
    let Some(change) = change else {
        log::overtaken(app, held);
        return Ok(false);
    };
    app.announce(change).await;
    match ending {
        Ending::HandBack => log::handed_back(app, held),
        Ending::Postpone { failure, wait } => log::retried(app, held, failure, *wait),
        Ending::Complete { renditions, .. } => log::ready(app, held, renditions),
        Ending::Fail(failure) => log::failed(app, held, failure),
    }
    Ok(true)
}

/// Moves the image and writes what the move brings with it, besides the image itself.
async fn end(
    app: &Application,
    held: &ImageAttempt,
    unit: &mut dyn UnitOfWork,
    image: Image,
    ending: &Ending,
) -> Result<Result<Changed, TransitionError>, StoreError> {
    let attempt = held.attempt;
    match ending {
        Ending::HandBack => Ok(image.hand_back(attempt)),
        Ending::Postpone { failure, wait } => {
            // The job leaves itself again, so that where the store is the queue its message is swapped in this very unit: no
            // second one beside it, whenever the process dies.
            let job = Stamped { id: held.message, ..app.stamp(&held.trace, Job::ProcessImage(image.id)) };
            let next_attempt_at = job.at.checked_add(*wait).unwrap_or(job.at);
            let postponed = image.postpone(attempt, Setback { failure: failure.clone(), next_attempt_at });
            if postponed.is_ok() {
                unit.outbox().job(job, *wait);
            }
            Ok(postponed)
        }
        Ending::Complete { content, size, renditions, keys, claimed_at } => {
            let completed = image.complete(attempt, content.clone(), *size, renditions.clone());
            if completed.is_ok() {
                app.still_claimed(*claimed_at)?;
                unit.blobs().hold(keys).await?;
            }
            Ok(completed)
        }
        Ending::Fail(failure) => {
            let failed = image.fail(attempt, failure.clone());
            if let Ok(changed) = &failed {
                give_up(app, unit, &changed.image, failure.clone(), &held.trace).await?;
            }
            Ok(failed)
        }
    }
}

/// Gives a job up: leaves a dead letter with all that is needed to understand it and to do it again.
pub(super) async fn give_up(
    app: &Application,
    unit: &mut dyn UnitOfWork,
    image: &Image,
    failure: Failure,
    trace: &Trace,
) -> Result<(), StoreError> {
    let product = image.owner.product();
    let owner = match product {
        Some(id) => unit.products().load(id).await?.map(|product| product.owner),
        None => None,
    };
    let host = image.source.url().and_then(|url| url.as_url().host_str()).map(str::to_lowercase);
    let letter = DeadLetter {
        id: DeadLetterId(app.ports.ids.uuid()),
        job: Job::ProcessImage(image.id),
        image: image.id,
        product,
        owner,
        host,
        failure,
        attempts: image.attempts,
        at: app.ports.clock.now(),
        trace: trace.clone(),
    };
    unit.dead_letters().add(&letter).await
}

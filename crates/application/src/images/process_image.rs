//! An attempt at an image.
//!
//! An attempt begins with a unit of work that counts it and takes a fencing number, and ends with one that stores the outcome:
//! ready; or failed, with a dead letter; or waiting, with a new job that is due after the back-off. In between nothing is
//! written but blobs, which are named by their content. So an attempt can be cut off anywhere, or made twice at once, and the
//! image ends the same.

use crate::jitter::jittered;
use crate::stage::stage;
use crate::{Application, Error, unit::retry_conflicts};
use bytes::Bytes;
use sha2::Digest;
use std::time::Duration;
use wareroom_domain::{
    Attempt, Begun, BlobKey, Changed, DeadLetterId, Failure, Image, ImageId, Job, MessageId, Reason, Rendition, Sha256,
    Stamped, Trace, TransitionError,
};
use wareroom_ports::{BlobStoreExt, CodecError, DeadLetter, Rendering, StoreError, UnitOfWork};

/// An attempt that was begun and is to be made, or handed back.
#[derive(Clone, Debug)]
pub struct ImageAttempt {
    /// The image as it was when the attempt began.
    pub image: Image,
    /// The attempt's number and fence.
    pub attempt: Attempt,
    /// The message that asked for it.
    pub message: MessageId,
    /// The request that it came from.
    pub trace: Trace,
}

/// What came of a job's message.
#[derive(Clone, Debug)]
pub enum AttemptBegun {
    /// Go ahead.
    Attempt(Box<ImageAttempt>),
    /// Every attempt was begun and none ended: the image failed, a dead letter was written.
    Poisoned,
    /// Nothing to do: the image is settled or gone.
    Settled,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every rendition is stored.
    Ready,
    /// Given up, a dead letter was written.
    Failed(Failure),
    /// Another attempt will be made after the back-off.
    Postponed(Failure),
    /// Another attempt took over, or the image is gone: nothing was changed.
    Overtaken,
}

pub(crate) async fn begin(app: &Application, job: &Stamped<Job>) -> Result<AttemptBegun, Error> {
    let Job::ProcessImage(id) = job.body;
    let (begun, change) = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let Some(image) = unit.images().load(id).await? else { return Ok((AttemptBegun::Settled, None)) };
        let (begun, change) = match image.begin(app.settings.attempts()) {
            Begun::Settled => return Ok((AttemptBegun::Settled, None)),
            Begun::Attempt(changed, attempt) => {
                let change = app.save_change(&mut *unit, &job.trace, &changed).await?;
                let (message, trace) = (job.id, job.trace.clone());
                let begun = ImageAttempt { image: changed.image, attempt, message, trace };
                (AttemptBegun::Attempt(Box::new(begun)), change)
            }
            Begun::Exhausted(changed) => {
                let change = app.save_change(&mut *unit, &job.trace, &changed).await?;
                let letter = dead_letter(app, &changed.image, Reason::Poison.into(), &job.trace);
                unit.dead_letters().add(&letter).await?;
                (AttemptBegun::Poisoned, change)
            }
        };
        unit.commit().await?;
        Ok((begun, change))
    })
    .await?;
    app.announce(change).await;
    Ok(begun)
}

pub(crate) async fn make(app: &Application, held: &ImageAttempt) -> Result<Outcome, Error> {
    let Some(source) = source_of(app, &held.image).await? else {
        return give_up_or_postpone(app, held, Reason::SourceMissing).await;
    };
    match app.ports.codec.render(source, &app.settings.renditions, &app.settings.codec).await {
        Ok(rendering) => store_renditions(app, held, rendering).await,
        Err(error) => match error.reason() {
            Some(reason) => {
                note(held.image.id, &error);
                give_up_or_postpone(app, held, reason).await
            }
            None => Err(error.into()),
        },
    }
}

pub(crate) async fn overrun(app: &Application, held: &ImageAttempt) -> Result<Outcome, Error> {
    give_up_or_postpone(app, held, Reason::CodecTimeout).await
}

pub(crate) async fn hand_back(app: &Application, held: &ImageAttempt) -> Result<(), Error> {
    finish(app, held, &Ending::HandBack).await?;
    Ok(())
}

async fn source_of(app: &Application, image: &Image) -> Result<Option<Bytes>, Error> {
    let Some(sha256) = image.source.sha256() else { return Ok(None) };
    Ok(app.ports.blobs.read(&BlobKey::Source(sha256)).await?)
}

/// Claims the renditions' names, puts their bytes, then names them.
async fn store_renditions(app: &Application, held: &ImageAttempt, rendering: Rendering) -> Result<Outcome, Error> {
    let size = (rendering.width, rendering.height);
    let (mut renditions, mut contents) = (vec![], vec![]);
    for (spec, rendered) in app.settings.renditions.iter().zip(rendering.renditions) {
        let key = BlobKey::Rendition(Sha256(sha2::Sha256::digest(&rendered.bytes).into()), spec.format);
        renditions.push(Rendition {
            name: spec.name.clone(),
            format: spec.format,
            width: rendered.width,
            height: rendered.height,
            bytes: rendered.bytes.len() as u64,
            key,
        });
        contents.push((key, rendered.bytes));
    }
    let keys: Vec<BlobKey> = contents.iter().map(|(key, _)| *key).collect();

    retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        unit.blobs().claim(&keys, app.settings.blob_claim).await?;
        unit.commit().await
    })
    .await?;
    for (key, bytes) in contents {
        stage!("put");
        app.ports.blobs.put(&key, bytes).await?;
    }
    stage!("commit");
    let stored = finish(app, held, &Ending::Complete { size, renditions, keys }).await?;
    Ok(if stored { Outcome::Ready } else { Outcome::Overtaken })
}

/// Ends an attempt that failed: with another one after the back-off, if that may help and one is left; else for good.
async fn give_up_or_postpone(app: &Application, held: &ImageAttempt, reason: Reason) -> Result<Outcome, Error> {
    let failure = Failure::from(reason);
    let made = usize::try_from(held.attempt.number.0).unwrap_or(usize::MAX);
    let wait = app.settings.back_off.get(made.saturating_sub(1)).filter(|_| reason.transient());
    let ending = match wait {
        Some(&wait) => Ending::Postpone(wait),
        None => Ending::Fail(failure.clone()),
    };
    Ok(match (finish(app, held, &ending).await?, wait) {
        (false, _) => Outcome::Overtaken,
        (true, Some(_)) => Outcome::Postponed(failure),
        (true, None) => Outcome::Failed(failure),
    })
}

/// The ways in which an attempt ends.
enum Ending {
    HandBack,
    Postpone(Duration),
    Complete { size: (u32, u32), renditions: Vec<Rendition>, keys: Vec<BlobKey> },
    Fail(Failure),
}

/// Ends an attempt in one unit of work; answers whether it was still the image's.
async fn finish(app: &Application, held: &ImageAttempt, ending: &Ending) -> Result<bool, Error> {
    let change = retry_conflicts(|| async move {
        let mut unit = app.ports.store.begin().await?;
        let Some(image) = unit.images().load(held.image.id).await? else { return Ok(None) };
        let Ok(changed) = end(app, held, &mut *unit, image, ending).await? else { return Ok(None) };
        let change = app.save_change(&mut *unit, &held.trace, &changed).await?;
        unit.commit().await?;
        Ok(Some(change))
    })
    .await?;
    let Some(change) = change else { return Ok(false) };
    app.announce(change).await;
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
        Ending::Postpone(wait) => {
            // The job leaves itself again, so that where the store is the queue its message is swapped in this very unit: no
            // second one beside it, whenever the process dies.
            let job = Stamped { id: held.message, ..app.stamp(&held.trace, Job::ProcessImage(image.id)) };
            let wait = jittered(*wait, app.ports.ids.uuid());
            let postponed = image.postpone(attempt, job.at.checked_add(wait).unwrap_or(job.at));
            if postponed.is_ok() {
                unit.outbox().job(job, wait);
            }
            Ok(postponed)
        }
        Ending::Complete { size, renditions, keys } => {
            let completed = image.complete(attempt, *size, renditions.clone());
            if completed.is_ok() {
                unit.blobs().hold(keys).await?;
            }
            Ok(completed)
        }
        Ending::Fail(failure) => {
            let failed = image.fail(attempt, failure.clone());
            if let Ok(changed) = &failed {
                let letter = dead_letter(app, &changed.image, failure.clone(), &held.trace);
                unit.dead_letters().add(&letter).await?;
            }
            Ok(failed)
        }
    }
}

fn dead_letter(app: &Application, image: &Image, failure: Failure, trace: &Trace) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId(app.ports.ids.uuid()),
        job: Job::ProcessImage(image.id),
        image: image.id,
        product: image.owner.product(),
        failure,
        attempts: image.attempts,
        at: app.ports.clock.now(),
        trace: trace.clone(),
    }
}

/// The decoder's own words are for the operator: the image carries only the reason.
fn note(image: ImageId, error: &CodecError) {
    tracing::debug!(image_id = %image, %error, "the codec refused an image");
}

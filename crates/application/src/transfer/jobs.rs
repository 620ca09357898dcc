//! Jobs that are not in the store. Where a broker is the queue, a job leaves the store when the broker has it, and no copy of
//! the store takes it along.

use super::{CopySource, blobs::PAGE};
use std::{collections::HashSet, time::Duration};
use wareroom_domain::{Image, ImageId, ImageState, Job, MessageId, Stamped, Trace};
use wareroom_ports::{Record, StoreError, Table};

/// Leaves a job in the source for every image that waits for one and has none there. Should it be in a broker after all, the
/// work may be done twice, which does no harm.
pub(super) async fn leave_missing(source: &CopySource) -> Result<(), StoreError> {
    let mut moment = source.rows.snapshot().await?;
    let (mut with_job, mut after) = (HashSet::new(), Table::Jobs.beginning());
    loop {
        let page = moment.page(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.place();
        with_job.extend(page.iter().filter_map(image_of));
    }
    after = Table::Images.beginning();
    loop {
        let page = moment.page(&after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.place();
        let without: Vec<Image> = page.into_iter().filter_map(unsettled).collect();
        let without = without.into_iter().filter(|image| !with_job.contains(&image.id));
        leave(source, without.collect()).await?;
    }
}

fn image_of(record: &Record) -> Option<ImageId> {
    let Record::Job(stored) = record else { return None };
    // Of a kind that is not known here, it is for no image that is.
    stored.message.job().ok().map(|job| match job.body {
        Job::ProcessImage(image) => image,
    })
}

fn unsettled(record: Record) -> Option<Image> {
    match record {
        Record::Image(stored) if !stored.image.state.settled() => Some(stored.image),
        _ => None,
    }
}

async fn leave(source: &CopySource, images: Vec<Image>) -> Result<(), StoreError> {
    if images.is_empty() {
        return Ok(());
    }
    let now = source.clock.now();
    let mut unit = source.store.begin().await?;
    for image in images {
        let due_in = match &image.state {
            ImageState::Pending { setback: Some(setback) } => {
                Duration::try_from(setback.next_attempt_at.duration_since(now)).unwrap_or_default()
            }
            _ => Duration::ZERO,
        };
        let (id, trace) = (MessageId(source.ids.uuid()), Trace::default());
        unit.outbox().job(Stamped { id, at: now, trace, body: Job::ProcessImage(image.id) }, due_in);
    }
    unit.commit().await
}

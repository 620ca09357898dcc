//! Asks again for images whose attempt did not end for so long that its job must be gone: the backstop behind the queue's
//! own leases. Should the job be there after all, the image is begun once more and the fence decides.

use crate::{Application, Error, unit::retry_conflicts};
use std::time::Duration;
use wareroom_domain::{Job, Trace};

pub(crate) async fn execute(app: &Application) -> Result<usize, Error> {
    let rescued = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let stuck = unit.images().stuck(app.settings.rescue_after, app.settings.batch).await?;
        if stuck.is_empty() {
            return Ok(0);
        }
        for &id in &stuck {
            // Saving it again, unchanged, lets it wait as long once more before it is taken for stuck again.
            if let Some(image) = unit.images().load(id).await? {
                unit.images().save(&image).await?;
            }
            let job = app.stamp(&Trace::default(), Job::ProcessImage(id));
            unit.outbox().job(job, Duration::ZERO);
        }
        unit.commit().await?;
        Ok(stuck.len())
    });
    Ok(rescued.await?)
}

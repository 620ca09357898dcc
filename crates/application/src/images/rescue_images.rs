//! Asks again for images whose attempt did not end for so long that its job must be gone: the backstop behind the queue's
//! own leases. Should the job be there after all, the image is begun once more and the fence decides.

use crate::{Application, Error, unit::retry_conflicts};
use std::time::Duration;
use wareroom_domain::{Job, Trace};

pub(crate) async fn execute(app: &Application) -> Result<usize, Error> {
    let rescued = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let stuck = unit.images().stuck(app.settings.rescue_after, app.settings.batch).await?;
        let mut images = vec![];
        for id in stuck {
            images.extend(unit.images().load(id).await?);
        }
        if images.is_empty() {
            return Ok(0);
        }
        // From here on nobody else can save them. Another process that looked at the same moment may have rescued them already:
        // a second job would count a second attempt.
        let stuck = unit.images().stuck(app.settings.rescue_after, app.settings.batch).await?;
        images.retain(|image| stuck.contains(&image.id));
        for image in &images {
            // Saving it again, unchanged, lets it wait as long once more before it is taken for stuck again.
            unit.images().save(image).await?;
            let job = app.stamp(&Trace::default(), Job::ProcessImage(image.id));
            unit.outbox().job(job, Duration::ZERO);
        }
        unit.commit().await?;
        Ok(images.len())
    });
    Ok(rescued.await?)
}

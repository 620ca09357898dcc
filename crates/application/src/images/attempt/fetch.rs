//! Fetches the bytes behind an image's URL, before an attempt begins: waiting for a server is no reason to count one, and the
//! worker waits for many more servers than it renders images.

use super::{Download, Sourced, log, trouble::Trouble};
use crate::stage::stage;
use crate::{Application, Error};
use wareroom_domain::{Image, ImageUrl, Job, Source, Stamped, Trace};
use wareroom_ports::FetchLimits;

pub(crate) async fn fetch(app: &Application, job: &Stamped<Job>) -> Result<Sourced, Error> {
    let Job::ProcessImage(id) = job.body;
    // Dropped: it only reads.
    let image = app.ports.store.begin().await?.images().load(id).await?;
    let Some(image) = image.filter(|image| !image.state.settled()) else { return Ok(Sourced::Settled) };
    match &image.source {
        // One whose attempts are used up is not asked for once more.
        Source::Url { url, content: None } if image.attempts < app.settings.attempts() => {
            ask(app, &image, url, &job.trace).await
        }
        _ => Ok(Sourced::Kept),
    }
}

async fn ask(app: &Application, image: &Image, url: &ImageUrl, trace: &Trace) -> Result<Sourced, Error> {
    // What is fetched will have to be stored.
    app.require_space()?;
    stage!("download");
    let began = app.ports.clock.now();
    let limits = FetchLimits { bytes: app.settings.image_max_bytes, total: app.settings.download_timeout };
    let outcome = match app.ports.image_source.fetch(url, &limits).await {
        Ok(fetched) => {
            log::fetched(app, image, trace, url, began, &fetched);
            Ok(fetched)
        }
        Err(error) => match Trouble::of_source(&error) {
            Some(trouble) => {
                log::refused(image, &error);
                Err(trouble)
            }
            None => return Err(error.into()),
        },
    };
    Ok(Sourced::Asked(Box::new(Download { url: url.clone(), outcome })))
}

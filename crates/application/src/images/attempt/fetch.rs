//! Fetches the bytes behind an image's URL. Apart from rendering, because it takes a socket and not a processor: a worker
//! runs many more of these side by side.

use super::{ImageAttempt, Outcome, Sourced, end::give_up_or_postpone, log, trouble::Trouble};
use crate::stage::stage;
use crate::{Application, Error};
use wareroom_domain::Source;
use wareroom_ports::FetchLimits;

pub(crate) async fn fetch(app: &Application, held: &ImageAttempt) -> Result<Sourced, Error> {
    let Source::Url { url, content: None } = &held.image.source else { return Ok(Sourced::Kept) };
    // What is fetched will have to be stored.
    app.require_space()?;
    stage!("download");
    let began = app.ports.clock.now();
    let limits = FetchLimits { bytes: app.settings.image_max_bytes, total: app.settings.download_timeout };
    match app.ports.image_source.fetch(url, &limits).await {
        Ok(fetched) => {
            log::fetched(app, held, url, began, &fetched);
            Ok(Sourced::Fetched(fetched))
        }
        Err(error) => match Trouble::of_source(&error) {
            Some(trouble) => {
                log::refused(held, &error);
                Ok(Sourced::Ended(ended(app, held, &trouble).await?))
            }
            None => Err(error.into()),
        },
    }
}

async fn ended(app: &Application, held: &ImageAttempt, trouble: &Trouble) -> Result<Outcome, Error> {
    give_up_or_postpone(app, held, trouble).await
}

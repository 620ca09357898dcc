//! Makes the renditions: reads, renders, stores.

use super::{
    ImageAttempt, Outcome, Sourced,
    end::{Ending, finish, give_up_or_postpone},
    log,
    trouble::Trouble,
};
use crate::stage::stage;
use crate::{Application, Error, unit::retry_conflicts};
use bytes::Bytes;
use sha2::Digest;
use wareroom_domain::{BlobKey, Content, Reason, Rendition, Sha256};
use wareroom_ports::{BlobStoreExt, Fetched, Rendering};

pub(crate) async fn make(app: &Application, held: &ImageAttempt, sourced: &Sourced) -> Result<Outcome, Error> {
    let fetched = match sourced {
        Sourced::Asked(download) => match &download.outcome {
            Ok(fetched) => Some(fetched),
            Err(trouble) => return give_up_or_postpone(app, held, trouble).await,
        },
        Sourced::Kept | Sourced::Settled => None,
    };
    app.require_space()?;
    let source = match fetched {
        Some(fetched) => Some(fetched.bytes.clone()),
        None => kept(app, held).await?,
    };
    let Some(source) = source else {
        return give_up_or_postpone(app, held, &Trouble::from(Reason::SourceMissing)).await;
    };
    let size = source.len() as u64;
    match app.ports.codec.render(source, &app.settings.renditions, &app.settings.codec).await {
        Ok(rendering) => {
            log::rendered(held, size, &rendering);
            store(app, held, fetched, rendering).await
        }
        Err(error) => match error.reason() {
            Some(reason) => {
                // The decoder's own words are for the operator: the image carries only the reason.
                log::refused(&held.image, &error);
                give_up_or_postpone(app, held, &Trouble::from(reason)).await
            }
            None => Err(error.into()),
        },
    }
}

async fn kept(app: &Application, held: &ImageAttempt) -> Result<Option<Bytes>, Error> {
    let Some(sha256) = held.image.source.sha256() else { return Ok(None) };
    Ok(app.ports.blobs.read(&BlobKey::Source(sha256)).await?)
}

/// What is to be put, and how the image will name it.
struct Made {
    renditions: Vec<Rendition>,
    content: Option<Content>,
    blobs: Vec<(BlobKey, Bytes)>,
}

impl Made {
    fn of(app: &Application, fetched: Option<&Fetched>, rendering: &Rendering) -> Self {
        let mut made = Self { renditions: vec![], content: None, blobs: vec![] };
        if let Some(fetched) = fetched {
            made.content = Some(Content {
                content_type: rendering.media_type.to_owned(),
                bytes: fetched.bytes.len() as u64,
                sha256: fetched.sha256,
            });
            made.blobs.push((BlobKey::Source(fetched.sha256), fetched.bytes.clone()));
        }
        for (spec, rendered) in app.settings.renditions.iter().zip(&rendering.renditions) {
            let key = BlobKey::Rendition(Sha256(sha2::Sha256::digest(&rendered.bytes).into()), spec.format);
            made.renditions.push(Rendition {
                name: spec.name.clone(),
                format: spec.format,
                width: rendered.width,
                height: rendered.height,
                bytes: rendered.bytes.len() as u64,
                key,
            });
            made.blobs.push((key, rendered.bytes.clone()));
        }
        made
    }
}

/// Claims the names of all blobs, puts their bytes, then names them.
async fn store(
    app: &Application,
    held: &ImageAttempt,
    fetched: Option<&Fetched>,
    rendering: Rendering,
) -> Result<Outcome, Error> {
    let began = app.ports.clock.now();
    let size = (rendering.width, rendering.height);
    let Made { renditions, content, blobs } = Made::of(app, fetched, &rendering);
    let keys: Vec<BlobKey> = blobs.iter().map(|(key, _)| *key).collect();
    let claimed_at = app.ports.clock.now();
    retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        unit.blobs().claim(&keys, app.settings.blob_claim).await?;
        unit.commit().await
    })
    .await?;
    let bytes = blobs.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    for (key, bytes) in blobs {
        stage!("put");
        app.ports.blobs.put(&key, bytes).await?;
    }
    log::stored(app, held, began, bytes);
    stage!("commit");
    let complete = Ending::Complete { content, size, renditions, keys, claimed_at };
    let stored = finish(app, held, &complete).await?;
    Ok(if stored { Outcome::Ready } else { Outcome::Overtaken })
}

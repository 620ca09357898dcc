//! POST of a product with one image by URL.

use crate::Outcome;
use crate::client::Client;
use crate::load::Target;
use crate::pairs::alternate;
use crate::report::{Aim, Line};
use crate::rows::SMALL;
use crate::servers::Running;
use crate::stand::Stand;
use std::path::Path;

/// What lets images come from this machine.
pub(super) const LOCAL_IMAGES: [&str; 2] = ["--image-source-allow", "127.0.0.1/32"];

/// A local server with a photo, which lies in this folder.
pub(super) async fn origin(stand: &Stand, folder: &Path, more: &[&str]) -> Outcome<Running> {
    let photo = Stand::write(folder, "photo.jpg", &stand.photos.usual[0].small(SMALL)?.bytes)?;
    let photo = photo.display().to_string();
    Running::bare(stand, folder, &[&["origin", "--body", &photo], more].concat(), "/0.jpg").await
}

/// POST to the server at this URL, each with an image of its own at the origin.
pub(super) fn target(url: &str, user: i64, origin: &Running, with_key: bool) -> Target {
    let key = if with_key { "key" } else { "none" };
    let arguments = ["run".to_owned(), user.to_string(), origin.url.clone(), key.to_owned()];
    Target { url: format!("{url}/products"), script: Some(("create.lua", arguments.into())) }
}

pub(crate) async fn measure(stand: &Stand, with_key: bool) -> Outcome<Line> {
    let folder = stand.folder()?;
    let origin = origin(stand, folder.path(), &[]).await?;
    // A new folder each time: no run has another's images to work on.
    let ours = async || {
        let folder = stand.folder()?;
        let server = Running::wareroom(stand, folder.path(), &LOCAL_IMAGES).await?;
        let user = Client::new(&server.url).user().await?;
        let rate = stand.load.run(&target(&server.url, user, &origin, with_key)).await?;
        server.end().await?;
        Ok(rate)
    };
    let theirs = async || {
        let folder = stand.folder()?;
        let database = folder.path().join("bare.sqlite").display().to_string();
        let server =
            Running::bare(stand, folder.path(), &["bare-insert", "--database", &database], "/products").await?;
        let rate = stand.load.run(&target(&server.url, 1, &origin, with_key)).await?;
        server.end().await?;
        Ok(rate)
    };
    let compared = alternate(stand.pairs, ours, theirs).await?;
    origin.end().await?;
    let key = if with_key { "with" } else { "without" };
    let what = format!("POST of a product with one image by URL, {key} idempotency key");
    Ok(Line::compared(&what, "bare poem and one single-row insert", Aim::AtLeast(0.3), &compared, "a second"))
}

//! POST of a product with one image by URL.

use crate::Outcome;
use crate::client::Client;
use crate::load::Target;
use crate::pairs::alternate;
use crate::report::{Aim, Line};
use crate::servers::Running;
use crate::stand::Stand;

/// The longest side of the photo that is fetched.
const SIDE: u32 = 160;

pub(crate) async fn measure(stand: &Stand, with_key: bool) -> Outcome<Line> {
    let folder = stand.folder()?;
    let photo = Stand::write(folder.path(), "photo.jpg", &stand.photos.usual[0].small(SIDE)?.bytes)?;
    let photo = photo.display().to_string();
    let origin = Running::bare(stand, folder.path(), &["origin", "--body", &photo], "/").await?;
    let target = |url: &str, user: i64| {
        let key = if with_key { "key" } else { "none" };
        let arguments = ["run".to_owned(), user.to_string(), origin.url.clone(), key.to_owned()];
        Target { url: format!("{url}/products"), script: Some(("create.lua", arguments.into())) }
    };
    // A new folder each time: no run has another's images to work on.
    let ours = async || {
        let folder = stand.folder()?;
        let server = Running::wareroom(stand, folder.path(), &["--image-source-allow", "127.0.0.1/32"]).await?;
        let user = Client::new(&server.url).user().await?;
        let rate = stand.load.run(&target(&server.url, user)).await?;
        server.end().await?;
        Ok(rate)
    };
    let theirs = async || {
        let folder = stand.folder()?;
        let database = folder.path().join("bare.sqlite").display().to_string();
        let server =
            Running::bare(stand, folder.path(), &["bare-insert", "--database", &database], "/products").await?;
        let rate = stand.load.run(&target(&server.url, 1)).await?;
        server.end().await?;
        Ok(rate)
    };
    let compared = alternate(stand.pairs, ours, theirs).await?;
    origin.end().await?;
    let key = if with_key { "with" } else { "without" };
    let what = format!("POST of a product with one image by URL, {key} idempotency key");
    Ok(Line::compared(&what, "bare poem and one single-row insert", Aim::AtLeast(0.3), &compared, "a second"))
}

//! POST of a product with one image by URL.

use crate::Outcome;
use crate::client::Client;
use crate::pairs::alternate;
use crate::report::{Aim, Line};
use crate::rows::create::{LOCAL_IMAGES, origin, target};
use crate::servers::Running;
use crate::stand::Stand;

pub(super) async fn measure(stand: &Stand) -> Outcome<Line> {
    let folder = stand.folder()?;
    let origin = origin(stand, folder.path(), &[]).await?;
    // A new database each time: no run has another's images to work on.
    let ours = async || {
        let (stack, folder) = (stand.stack().await?, stand.folder()?);
        let settings = [stack.settings(), LOCAL_IMAGES.map(str::to_owned).to_vec()].concat();
        let server = Running::wareroom(stand, folder.path(), &settings).await?;
        let user = Client::new(&server.url).user().await?;
        let rate = stand.load.run(&target(&server.url, user, &origin, false)).await?;
        server.end().await?;
        stack.end().await?;
        Ok(rate)
    };
    let theirs = async || {
        let (stack, folder) = (stand.servers()?.empty().await?, stand.folder()?);
        let arguments = ["bare-postgres-insert", "--postgres", &stack.database];
        let server = Running::bare(stand, folder.path(), &arguments, "/products").await?;
        let rate = stand.load.run(&target(&server.url, 1, &origin, false)).await?;
        server.end().await?;
        stack.end().await?;
        Ok(rate)
    };
    let compared = alternate(stand.pairs, ours, theirs).await?;
    origin.end().await?;
    let what = "POST of a product with one image by URL, its worker running";
    let against = "bare poem and one single-row INSERT, the same server and settings";
    Ok(Line::compared(what, against, Aim::AtLeast(0.4), &compared, "a second"))
}

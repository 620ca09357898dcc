//! GET by id, from each of the places that an answer comes from.

use crate::Outcome;
use crate::client::Client;
use crate::load::Target;
use crate::pairs::{Compared, alternate};
use crate::report::{Aim, Line};
use crate::servers::Running;
use crate::stand::Stand;

/// So long that the whole answer has a kilobyte.
pub(super) fn description() -> String {
    "A kettle. ".repeat(62)
}

pub(super) const CONSTANT: &str = "bare poem, the same bytes";
const NO_NEAR: [&str; 2] = ["--near-cache", "0"];
const NO_CACHE: [&str; 4] = ["--near-cache", "0", "--cache-url", "none:"];

pub(crate) async fn measure(row: &str, stand: &Stand) -> Outcome<Line> {
    let (what, against, aim, settings) = match row {
        "read-quiet" => {
            ("GET by id, near cache hit, `WAREROOM_LOG=warn`", CONSTANT, Aim::AtLeast(0.95), &["--log", "warn"][..])
        }
        "read" => ("GET by id, near cache hit", CONSTANT, Aim::AtLeast(0.8), &[][..]),
        "read-shared" => ("GET by id, near cache off, shared cache on", CONSTANT, Aim::Told, &NO_NEAR[..]),
        "read-uncached" => ("GET by id, both caches off", CONSTANT, Aim::Told, &NO_CACHE[..]),
        _ => {
            let against = "bare poem and one prepared SELECT, the same file and bytes";
            ("GET by id, both caches off", against, Aim::AtLeast(0.6), &NO_CACHE[..])
        }
    };
    let folder = stand.folder()?;
    let ours = Running::wareroom(stand, folder.path(), settings).await?;
    let client = Client::new(&ours.url);
    let path = format!("/products/{}", client.product(client.user().await?, &description()).await?);
    let body = client.get(&path).await?;
    let theirs = if row == "read-store" {
        let database = folder.path().join("data/wareroom.sqlite").display().to_string();
        Running::bare(stand, folder.path(), &["bare-select", "--database", &database], &path).await?
    } else {
        let body = Stand::write(folder.path(), "body", &body)?.display().to_string();
        Running::bare(stand, folder.path(), &["bare-constant", "--body", &body], &path).await?
    };
    let compared = compare(stand, &ours, &theirs, &path, &body).await?;
    ours.end().await?;
    theirs.end().await?;
    Ok(Line::compared(what, against, aim, &compared, "a second"))
}

/// GET of the path at both, which is to be answered with this body.
pub(super) async fn compare(
    stand: &Stand,
    ours: &Running,
    theirs: &Running,
    path: &str,
    body: &[u8],
) -> Outcome<Compared> {
    if Client::new(&theirs.url).get(path).await? != body {
        return Err("the two sides do not give the same answer".into());
    }
    let (at_ours, at_theirs) =
        (Target::get(format!("{}{path}", ours.url)), Target::get(format!("{}{path}", theirs.url)));
    stand.load.warm_up(&at_ours).await?;
    stand.load.warm_up(&at_theirs).await?;
    alternate(stand.pairs, async || stand.load.run(&at_ours).await, async || stand.load.run(&at_theirs).await).await
}

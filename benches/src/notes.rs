//! What a reader of the figures has to know.

use crate::Outcome;
use crate::stand::Stand;

/// About everything that was measured, as the last part of the page.
pub(crate) async fn notes(stand: &Stand) -> Outcome<String> {
    let (seconds, pairs, photos) = (stand.load.seconds, stand.pairs, stand.photos.origin());
    let mut notes = format!(
        "How it was measured\n\n\
         - Load by wrk with one thread and 32 connections for {seconds} s, answers of 1 KB unless a row says otherwise; \
         {pairs} pairs of runs in turns, first one side and then the other. Only one of the two servers is under load at a \
         time, and it shares the cores with wrk. A ratio is of the two runs of a pair: median, least and greatest. A run \
         with a single answer that is no success, or a broken connection, does not count.\n\
         - Wareroom is the release binary with default settings, its log in a file and its worker on, unless the row says \
         otherwise. The bare side is poem's own server on tokio's default runtime, the same allocator and the same \
         profile (`benches/src/bare.rs`).\n\
         - GET by id asks for one product without images, whose whole answer stands in one row: the bare SELECT answers the \
         same bytes. It prepares its statement once for each of four connections, which it uses on blocking threads \
         as Wareroom does, and makes the body with serde. Wareroom also looks for images, in the same transaction.\n\
         - POST brings a name, a description and the URL of one image at a local server, each request another. The bare \
         side reads the same JSON, stores it as one row of one table in a transaction of its own on one connection, in a \
         write-ahead log with `synchronous=FULL`, and answers with it. Wareroom stores product, image, job and events, \
         and its worker fetches and renders images on the same cores meanwhile. Each run has a new data directory.\n\
         - Lists are of 20 products, 200,000 stored.\n\
         - The CPU's seconds are of the whole process and the system on its behalf, files written included: all three \
         renditions of every photo, one thread. `vipsthumbnail` makes one size in a run and reads the file anew for \
         each, which it does at a reduced size where JPEG allows that; Wareroom decodes once, in full. Both write WebP \
         with libwebp at method 4, quality 78, and progressive JPEG of quality 80. A libvips that is built without \
         mozjpeg, as Debian's is, cannot do what mozjpeg does for smaller files (trellis quantisation, the choice of \
         scans), and so spends less.\n\
         - Create to ready counts from the upload of a JPEG to the answer that says its renditions are there, asked for \
         with `wait`; one at a time, no two alike.\n\
         - Memory is what Linux counts as resident. Photos: {photos}.\n"
    );
    if let Some(servers) = &stand.servers {
        notes += &of_servers(stand, servers.names(), &servers.about().await?);
    }
    Ok(notes)
}

fn of_servers(stand: &Stand, names: &str, about: &str) -> String {
    let (products, size) = (stand.products, crate::rows::SMALL);
    format!(
        "- {names} run on the same machine with the settings that they come with, their data on the same disk. {about}. They \
         share the cores with Wareroom, the bare side and wrk. Each row has a database of its own; \
         `WAREROOM_LOG=warn`, everything else as it is by default.\n\
         - The bare side has what Wareroom has: ten pooled connections to PostgreSQL, each with its statement prepared, and \
         one connection to Redis on which requests are pipelined. It answers the same bytes, which is looked at before; \
         where Wareroom's answer came from is looked at before and after. Behind the near cache's row another process \
         changes the product, and the one that was measured must tell of it within a second.\n\
         - POST over PostgreSQL is as above; the bare side commits one INSERT of one row. Each run has a new database.\n\
         - The list over PostgreSQL has {products} products, made by one statement, with all of Wareroom's indexes.\n\
         - Create to ready over PostgreSQL counts from a POST that names the URL of an image of {size} pixels to the answer \
         that says its renditions are there; one at a time, no two alike.\n\
         - The outbox's lag is how old what a product left behind was when it left the outbox: an event, when it had its \
         position in the log; a job, where there is a broker, when it was published. It is looked for every five milliseconds, \
         which count.\n\
         - Workers are processes of `wareroom serve` with one thread for images each; all images wait when they begin, and \
         the time ends when the last is ready.\n"
    )
}

//! How many images workers of one thread each make ready in a minute, by how many they are.

use crate::Outcome;
use crate::client::Client;
use crate::pairs::alternate;
use crate::report::{Aim, Line};
use crate::servers::Running;
use crate::stack::{Stack, copy_folder};
use crate::stand::Stand;
use tempfile::TempDir;
use tokio::time::{Duration, Instant, sleep};

/// How often each photo is there, in files that differ.
const TIMES: u32 = 3;
/// Fewer than the most that a product may have.
const OF_ONE_PRODUCT: u32 = 12;
/// How long all of them may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// As long as this is there, jobs are due in a day.
const LATER: &str = "
    CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.due_at := NEW.due_at + interval '1 day';
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER later BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION later();";
const NOT_LATER: &str = "DROP FUNCTION later CASCADE";
const NOW: &str = "UPDATE jobs SET due_at = clock_timestamp()";

pub(super) async fn measure(stand: &Stand) -> Outcome<Vec<Line>> {
    let waiting = Waiting::fill(stand).await?;
    let mut lines = vec![];
    for (count, aim) in [(2, Aim::AtLeast(1.8)), (4, Aim::Told)] {
        let compared =
            alternate(stand.pairs, async || waiting.rate(count).await, async || waiting.rate(1).await).await?;
        let what = format!("{count} workers of one thread each, {} photos of a megapixel", waiting.images);
        lines.push(Line::compared(&what, "one of them", aim, &compared, "images a minute"));
    }
    waiting.stack.end().await?;
    Ok(lines)
}

/// Images that were uploaded and that nobody works on.
struct Waiting<'s> {
    stand: &'s Stand,
    stack: Stack<'s>,
    /// With their files.
    folder: TempDir,
    images: u32,
}

impl<'s> Waiting<'s> {
    async fn fill(stand: &'s Stand) -> Outcome<Self> {
        let (stack, folder) = (stand.stack().await?, stand.folder()?);
        stack.connect().await?.batch_execute(LATER).await?;
        let blobs = format!("file:{}", folder.path().join("blobs").display());
        let settings = [stack.settings(), vec!["--blob-url".to_owned(), blobs]].concat();
        let server = Running::wareroom(stand, folder.path(), &settings).await?;
        let client = Client::new(&server.url);
        let (user, mut product, mut images) = (client.user().await?, 0, 0);
        for photo in (0..TIMES).flat_map(|_| &stand.photos.usual) {
            if images % OF_ONE_PRODUCT == 0 {
                product = client.product(user, "").await?;
            }
            client.add(product, &photo.numbered(images)).await?;
            images += 1;
        }
        server.end().await?;
        stack.connect().await?.batch_execute(NOT_LATER).await?;
        Ok(Self { stand, stack, folder, images })
    }

    /// Images a minute, by so many workers, from the same beginning each time.
    async fn rate(&self, count: u32) -> Outcome<f64> {
        let (stack, folder) = (self.stack.copy().await?, self.stand.folder()?);
        let blobs = folder.path().join("blobs");
        copy_folder(&self.folder.path().join("blobs"), &blobs).await?;
        let more = ["--blob-url", &format!("file:{}", blobs.display()), "--worker-concurrency", "1"];
        let settings = [stack.settings(), more.map(str::to_owned).to_vec()].concat();
        let mut workers = vec![];
        for number in 0..count {
            let own = folder.path().join(number.to_string());
            std::fs::create_dir(&own)?;
            workers.push(Running::wareroom(self.stand, &own, &settings).await?);
        }
        let database = stack.connect().await?;
        let left = "SELECT count(*) FILTER (WHERE state IN ('pending', 'processing')), \
                    count(*) FILTER (WHERE state = 'ready') FROM images";
        let left = database.prepare(left).await?;
        let begun = Instant::now();
        database.batch_execute(NOW).await?;
        let (took, ready) = loop {
            let row = database.query_one(&left, &[]).await?;
            let (left, ready): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            if left == 0 {
                break (begun.elapsed(), ready);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{left} images are not ready").into());
            }
            sleep(Duration::from_millis(20)).await;
        };
        if ready != i64::from(self.images) {
            return Err(format!("{ready} of {} images became ready", self.images).into());
        }
        for worker in workers {
            worker.end().await?;
        }
        stack.end().await?;
        Ok(f64::from(self.images) / took.as_secs_f64() * 60.0)
    }
}

//! How long what products leave behind stays in the outbox, at a steady rate of new products.

use crate::Outcome;
use crate::client::Client;
use crate::figures::{Spread, percentile};
use crate::report::{Aim, Line};
use crate::rows::create::{LOCAL_IMAGES, origin};
use crate::servers::Running;
use crate::stack::Stack;
use crate::stand::Stand;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval, sleep};
use tokio_postgres::Client as Database;

/// Products a second, one at each tick.
const RATE: u32 = 100;
const TICK: Duration = Duration::from_millis(1000 / RATE as u64);
/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long the last may take to leave it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn measure(stand: &Stand) -> Outcome<Vec<Line>> {
    let (stack, folder) = (stand.stack().await?, stand.folder()?);
    let origin = origin(stand, folder.path(), &[]).await?;
    let settings = [stack.settings(), LOCAL_IMAGES.map(str::to_owned).to_vec()].concat();
    let server = Running::wareroom(stand, folder.path(), &settings).await?;
    let client = Client::new(&server.url);
    let user = client.user().await?;
    // Statements are prepared and connections opened now.
    client.product_until_ready(user, &format!("{}/0.jpg", origin.url)).await?;
    let all = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(watch(stack.connect().await?, stack.relays(), Arc::clone(&all)));
    let count = create(stand, &client, user, &origin.url).await?;
    all.store(true, Relaxed);
    let mut seen = watch.await??;
    server.end().await?;
    origin.end().await?;
    check(&stack, count, &mut seen).await?;
    let relays = stack.relays();
    stack.end().await?;
    let line = |what: &str, lags: &[f64]| {
        let spread = Spread { median: percentile(lags, 0.99), ..Spread::of(lags) };
        let what = format!("outbox lag at {RATE} products a second with an image each, {what}: p99");
        Line::single(&what, Aim::Below(1000.0), &spread, "ms", format!("of {}", lags.len()))
    };
    let jobs = relays.then(|| line("jobs", &seen.jobs));
    Ok(jobs.into_iter().chain([line("events", &seen.events)]).collect())
}

/// Creates products at the rate, for as long as all pairs of another row would take; how many there were. An answer that is
/// no success is an error, and so is a server that does not keep up.
async fn create(stand: &Stand, client: &Client, user: i64, origin: &str) -> Outcome<u32> {
    let seconds = u32::try_from(stand.load.seconds)? * u32::from(stand.pairs);
    let count = seconds * RATE;
    let (mut ticks, mut requests) = (interval(TICK), JoinSet::new());
    // What was late is made up for: the rate is that of the clients, whatever the server does.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    for number in 1..=count {
        ticks.tick().await;
        let (client, image) = (client.clone(), format!("{origin}/{number}.jpg"));
        requests.spawn(async move { client.product_with_image(user, &image).await });
    }
    while let Some(answer) = requests.join_next().await {
        answer??;
    }
    let took = begun.elapsed();
    if took > Duration::from_secs(seconds.into()).mul_f64(1.05) {
        return Err(format!("{count} products took {took:?}: the rate was not kept").into());
    }
    Ok(count)
}

/// How old what left the outbox was, in milliseconds.
#[derive(Default)]
struct Seen {
    jobs: Vec<f64>,
    events: Vec<f64>,
    /// The longest time between two looks.
    longest: f64,
}

/// Looks at the outbox until all products are there and it is empty. Ages are those of the server's clock, which is this
/// machine's.
async fn watch(database: Database, relays: bool, all: Arc<AtomicBool>) -> Outcome<Seen> {
    const NOW: &str = "extract(epoch FROM clock_timestamp())::double precision";
    let moved = "SELECT position, extract(epoch FROM clock_timestamp() - at)::double precision \
                 FROM events WHERE position > $1 ORDER BY position";
    let moved = database.prepare(moved).await?;
    let left = "SELECT (SELECT count(*) FROM events WHERE position IS NULL)";
    let (left, now) = (database.prepare(left).await?, database.prepare(&format!("SELECT {NOW}")).await?);
    let waiting = database.prepare("SELECT id::text, extract(epoch FROM at)::double precision FROM jobs").await?;
    let mut position: i64 =
        database.query_one("SELECT coalesce(max(position), 0) FROM events", &[]).await?.try_get(0)?;
    let (mut seen, mut known) = (Seen::default(), HashMap::<String, f64>::new());
    let (mut ended, mut last) = (None, Instant::now());
    loop {
        let last_look = all.load(Relaxed);
        for row in database.query(&moved, &[&position]).await? {
            position = row.try_get(0)?;
            seen.events.push(row.try_get::<_, f64>(1)? * 1e3);
        }
        let mut still = HashMap::new();
        // Where the database is the queue, a job stays until it is done, however soon a worker had it.
        for row in if relays { database.query(&waiting, &[]).await? } else { vec![] } {
            still.insert(row.try_get(0)?, row.try_get(1)?);
        }
        let now: f64 = database.query_one(&now, &[]).await?.try_get(0)?;
        seen.jobs.extend(known.iter().filter(|(id, _)| !still.contains_key(*id)).map(|(_, at)| (now - at) * 1e3));
        known = still;
        seen.longest = seen.longest.max(last.elapsed().as_secs_f64() * 1e3);
        last = Instant::now();
        if last_look {
            let left: i64 = database.query_one(&left, &[]).await?.try_get(0)?;
            if left == 0 && known.is_empty() {
                return Ok(seen);
            }
            if ended.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Err("something stays in the outbox".into());
            }
        }
        sleep(LOOK).await;
    }
}

/// Nothing was overlooked. A job that came and went between two looks was there for less than the longest time between them.
async fn check(stack: &Stack<'_>, count: u32, seen: &mut Seen) -> Outcome {
    let products: i64 = stack.connect().await?.query_one("SELECT count(*) FROM products", &[]).await?.try_get(0)?;
    // With the one before.
    if products != i64::from(count) + 1 {
        return Err(format!("{count} products were created and {products} are there").into());
    }
    if seen.events.len() < usize::try_from(count)? {
        return Err("some products left no event".into());
    }
    if !stack.relays() {
        return Ok(());
    }
    let unseen = usize::try_from(count)?.saturating_sub(seen.jobs.len());
    seen.jobs.extend(std::iter::repeat_n(seen.longest, unseen));
    Ok(())
}

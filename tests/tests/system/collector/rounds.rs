//! The rounds: chains of them side by side, each about bytes of its own.

use super::house::{House, Lost};
use bytes::Bytes;
use fastrand::Rng;
use futures::future::{join_all, try_join_all};
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use wareroom_domain::{BlobKey, ProductId};
use wareroom_memory::MemoryImage;

/// How many rounds, and what happens in them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// How many are made side by side.
    pub(super) chains: u64,
    /// All together.
    pub(super) rounds: u64,
    /// Whether uploads are cut off at random moments beside those that are not.
    pub(super) cut_off: bool,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Rounds in which somebody put what another gave up.
    pub(super) rounds: u64,
    /// Uploads that were made ready.
    pub(super) put: u64,
    /// Uploads that were cut off.
    pub(super) cut_off: u64,
    /// Blobs that went while somebody was at work.
    pub(super) collected: u64,
    /// How often nobody put anything and all went.
    pub(super) emptied: u64,
    /// How often somebody was told of a conflict and repeated what it did.
    pub(super) conflicts: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, put, cut_off, collected, emptied, conflicts } = self;
        write!(
            f,
            "{rounds} rounds, {put} uploads ready, {cut_off} cut off, {collected} blobs collected meanwhile, {conflicts} \
             conflicts repeated, {emptied} times nothing was left; 0 lost, 0 left behind"
        )
    }
}

/// How long it may take until what nobody names is gone, beyond its claim.
const LIMIT: Duration = Duration::from_mins(1);

pub(super) async fn run(house: &House, plan: Plan, random: &mut Rng) -> Result<Tally, Lost> {
    let chain = |number| {
        let rounds = plan.rounds.div_ceil(plan.chains);
        let bytes = picture(number);
        Chain { house, bytes, named: vec![], random: random.fork(), tally: Tally::default() }.run(rounds, plan.cut_off)
    };
    let chains: Vec<_> = (0..plan.chains).map(chain).collect();
    let mut sum = Tally { conflicts: house.conflicts.load(Ordering::Relaxed), ..Tally::default() };
    for tally in try_join_all(chains).await? {
        sum.rounds += tally.rounds;
        sum.put += tally.put;
        sum.cut_off += tally.cut_off;
        sum.collected += tally.collected;
        sum.emptied += tally.emptied;
    }
    sum.conflicts = house.conflicts.load(Ordering::Relaxed);
    Ok(sum)
}

fn picture(number: u64) -> Bytes {
    let shade = u8::try_from(number % 256).unwrap();
    MemoryImage::filled(8, 4, [shade, 7, 9]).encode()
}

/// Rounds about the same bytes, one after the other.
struct Chain<'a> {
    house: &'a House,
    bytes: Bytes,
    /// The products whose images use them.
    named: Vec<ProductId>,
    random: Rng,
    tally: Tally,
}

impl Chain<'_> {
    async fn run(mut self, rounds: u64, cut_off: bool) -> Result<Tally, Lost> {
        for _ in 0..rounds {
            if self.named.is_empty() {
                let product = self.house.product().await;
                self.house.put(product, &self.bytes).await?;
                self.named.push(product);
            }
            self.round(cut_off).await?;
            if self.random.u8(..16) == 0 {
                self.empty().await?;
            }
        }
        self.empty().await?;
        Ok(self.tally)
    }

    /// Putters put what a dropper gives up, while collectors look for what nobody names.
    async fn round(&mut self, cut_off: bool) -> Result<(), Lost> {
        let (house, bytes) = (self.house, &self.bytes);
        if cut_off {
            // So that nothing but references keeps what there is.
            sleep(house.claim).await;
        }
        let given_up = std::mem::take(&mut self.named);
        let (putters, cut_off) = (self.random.usize(1..=2), cut_off && self.random.bool());
        for _ in 0..putters + usize::from(cut_off) {
            self.named.push(house.product().await);
        }
        let (finished, cut) = self.named.split_at(putters);
        let wait = Duration::from_millis(self.random.u64(..6));
        let cut = async {
            match cut.first() {
                Some(&product) => u64::from(timeout(wait, house.upload(product, bytes)).await.is_err()),
                None => 0,
            }
        };
        let start = |random: &mut Rng| Duration::from_millis(random.u64(..10));
        let waits: Vec<Duration> = finished.iter().map(|_| start(&mut self.random)).collect();
        let putters = try_join_all(finished.iter().zip(waits).map(|(&product, wait)| async move {
            sleep(wait).await;
            house.put(product, bytes).await
        }));
        let wait = start(&mut self.random);
        let dropper = async {
            sleep(wait).await;
            house.delete(&given_up).await;
        };
        let times: Vec<u64> = (0..self.random.u8(1..=2)).map(|_| self.random.u64(2..=6)).collect();
        let collectors = join_all(times.into_iter().map(|times| collect(house, times)));
        let (put, cut_off, (), collected) = tokio::join!(putters, cut, dropper, collectors);
        self.tally.put += put?.len() as u64;
        self.tally.cut_off += cut_off;
        self.tally.collected += collected.into_iter().sum::<u64>();
        self.tally.rounds += 1;
        house.check(&house.named(&self.named).await).await
    }

    /// Gives everything up and collects until nothing is left.
    async fn empty(&mut self) -> Result<(), Lost> {
        let keys: Vec<BlobKey> = self.house.named(&self.named).await;
        self.house.check(&keys).await?;
        self.house.delete(&std::mem::take(&mut self.named)).await;
        sleep(self.house.claim).await;
        let begun = Instant::now();
        while self.house.left(&keys).await > 0 {
            assert!(begun.elapsed() < LIMIT, "what nobody names is still there");
            // It may be another's turn to collect.
            sleep(Duration::from_millis(5)).await;
            self.house.collect().await;
        }
        self.tally.emptied += 1;
        Ok(())
    }
}

/// Collects a few times, with pauses between; answers to how many blobs went.
async fn collect(house: &House, times: u64) -> u64 {
    let mut collected = 0;
    for _ in 0..times {
        collected += house.collect().await;
        sleep(Duration::from_millis(times)).await;
    }
    collected
}

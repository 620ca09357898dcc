//! What the log is told of a cache in trouble: when it begins and when it is over, and nothing in between.

use crate::stand::{FlakyCache, FullCache, Stand};
use std::{
    cell::RefCell,
    fmt,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use wareroom_memory::{MemoryCache, MemoryConfig};

thread_local! {
    /// What was logged on this thread, which is one test's alone.
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// Listens for the whole process: a line that was first logged while nobody listened might stay off.
struct Log;

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        LOGGED.with_borrow_mut(|logged| logged.push(message.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
}

fn logged() -> Vec<String> {
    LOGGED.take()
}

#[tokio::test]
async fn a_cache_that_is_gone_is_told_of_once_and_once_when_it_is_back() {
    listen();
    let gone = Arc::new(AtomicBool::new(true));
    let cache = FlakyCache { inner: MemoryCache::new(500), gone: Arc::clone(&gone) };
    let stand = Stand::with(MemoryConfig::default(), Arc::new(cache));
    let id = stand.create().await;
    logged();
    for _ in 0..5 {
        stand.read(id).await;
    }
    assert_eq!(logged(), ["the cache fails: products are read from the store"]);
    gone.store(false, Ordering::SeqCst);
    for _ in 0..5 {
        stand.read(id).await;
    }
    assert_eq!(logged(), ["the cache works again"]);
}

#[tokio::test]
async fn a_cache_that_is_full_is_told_of_once_though_it_still_answers() {
    listen();
    let stand = Stand::with(MemoryConfig::default(), Arc::new(FullCache { inner: MemoryCache::new(500) }));
    let id = stand.create().await;
    for _ in 0..5 {
        stand.read(id).await;
    }
    assert_eq!(logged(), ["the cache fails: what is read is not kept"]);
}

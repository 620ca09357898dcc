//! Runs cases with and without a fault, and counts those that noticed.

use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use wareroom_test_kit::report;

/// A case, ready to run with the fixture of its suite's wrong wrapper.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> BoxFuture<'static, ()>,
}

/// A function named after a suite that gives the cases on its list, with the fixture given.
macro_rules! runnable {
    ($suite:ident ($fixture:ty) $($case:ident)+) => {
        fn $suite() -> Vec<$crate::proof::Case> {
            vec![$($crate::proof::Case {
                name: stringify!($case),
                run: || Box::pin(wareroom_port_contracts::$suite::$case::<$fixture>()),
            }),+]
        }
    };
}
pub(crate) use runnable;

tokio::task_local! {
    static FAULT: Arc<dyn Any + Send + Sync>;
}

/// The fault that the running case is to notice, if any: what a wrong wrapper asks when its fixture makes it.
pub(crate) fn fault<F: Copy + 'static>() -> Option<F> {
    FAULT.try_with(|fault| fault.downcast_ref().copied()).ok().flatten()
}

const EXPECTED_TO_PANIC: &str = "expected to panic";

/// Says nothing of panics on the threads where they are what is hoped for.
fn silence_expected_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(EXPECTED_TO_PANIC) {
                loud(panic);
            }
        }));
    });
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().expect("a runtime")
}

/// A case that is still running by then answers nothing at all: the cases' own patience is shorter.
const OVERDUE: Duration = Duration::from_mins(3);

/// How many cases run at once: they wait more than they work.
const AT_ONCE: usize = 16;

/// Proves a suite: each case on its list has exactly one fault in the table, passes without it, and panics with it.
///
/// # Panics
/// With all that is wrong, when anything is.
pub(crate) fn prove<F>(suite: &str, names: &[&str], cases: &[Case], faults: &[(&'static str, F)])
where
    F: Copy + std::fmt::Debug + Send + Sync + 'static,
{
    silence_expected_panics();
    let mut wrong = Vec::new();
    assert_eq!(cases.iter().map(|case| case.name).collect::<Vec<_>>(), names, "not the cases of {suite}");
    let mut by_name: BTreeMap<&str, F> = BTreeMap::new();
    for (name, fault) in faults {
        if !names.contains(name) {
            wrong.push(format!("{fault:?} is for {name}, which is no case"));
        }
        if by_name.insert(name, *fault).is_some() {
            wrong.push(format!("{name} has two wrong wrappers"));
        }
    }
    wrong.extend(names.iter().filter(|name| !by_name.contains_key(*name)).map(|name| format!("{name} has none")));

    let (sound, doomed) = (runtime("sound"), runtime(EXPECTED_TO_PANIC));
    let runs = stream::iter(cases.iter().filter_map(|case| by_name.get(case.name).map(|fault| (case, *fault))))
        .map(|(case, fault)| {
            let run = case.run;
            let accepted = sound.spawn(run());
            let fault: Arc<dyn Any + Send + Sync> = Arc::new(fault);
            let rejected = doomed.spawn(FAULT.scope(fault, async move { run().await }));
            async move { (case.name, timeout(OVERDUE, accepted).await, timeout(OVERDUE, rejected).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let mut rejections = 0;
    for (name, accepted, rejected) in sound.block_on(runs) {
        if !matches!(accepted, Ok(Ok(()))) {
            wrong.push(format!("{name} rejects an adapter without a fault"));
        }
        match rejected {
            Ok(Err(error)) if error.is_panic() => rejections += 1,
            Ok(_) => wrong.push(format!("{name} does not notice {:?}", by_name[name])),
            Err(_) => wrong.push(format!("{name} never ends with {:?}", by_name[name])),
        }
    }
    report(&format!("{suite}: {rejections} of {} contract cases reject their wrong wrapper", names.len()));
    assert!(wrong.is_empty(), "{suite}:\n{}", wrong.join("\n"));
    assert_eq!(rejections, names.len());
    doomed.shutdown_background();
}

//! From a list of cases to constants and tests. Knows no case.
//!
//! A suite's list macro `<suite>_cases!(then, (given))` answers `then! { <suite> (given) case case ... }`, so that whatever
//! goes over all cases of a suite, here or elsewhere, goes over the one list.

/// `CASES`: the names on a list.
macro_rules! names {
    ($suite:ident () $($case:ident)+) => {
        /// The names of all cases.
        pub const CASES: &[&str] = &[$(stringify!($case)),+];
    };
}

/// A broken promise, where an error of a certain kind was to be answered.
macro_rules! assert_refused {
    ($outcome:expr, $kind:pat) => {{
        let outcome = $outcome;
        assert!(matches!(outcome, Err($kind)), "expected Err({}), got {outcome:?}", stringify!($kind));
    }};
}

/// One `#[test]` for each case on a list, in a module named after the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    ($suite:ident ($fixture:ty) $($case:ident)+) => {
        mod $suite {
            #[allow(unused_imports, reason = "the fixture may be named by a path that needs none of it")]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::run($crate::$suite::$case::<$fixture>());
                }
            )+
        }
    };
}

/// Runs a case on a runtime of its own, with two threads.
///
/// # Panics
/// When the case does.
pub fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads for a runtime")
        .block_on(case);
}

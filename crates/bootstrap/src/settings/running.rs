//! How it starts and stops, and what it says meanwhile.

use super::{DURATION, DURATION_OR_ZERO, Preset, Theme, preset, row};

pub(super) const THEME: Theme = Theme {
    title: "Starting, stopping and logging",
    about: "How Wareroom starts, how it stops when it is told to, and what it says meanwhile.",
    settings: &[
        row(
            "start_wait",
            "60s",
            DURATION_OR_ZERO,
            "how long servers that cannot be reached are waited for at the start; one that answers and refuses ends it at once",
        ),
        row("drain", "25s", DURATION, "how long running work may go on after the stop signal")
            .when("whoever sends the signal kills before this and stop_delay are over"),
        row(
            "stop_delay",
            "0s",
            DURATION_OR_ZERO,
            "how long the API answers on as not ready before it stops, for balancers to notice",
        ),
        row("log", "info", "error, warn, info, debug, trace, or directives by module", "what is logged"),
        preset("log_format", Preset::Derived("pretty on a terminal, else json"), "pretty or json", "how it is logged"),
    ],
};

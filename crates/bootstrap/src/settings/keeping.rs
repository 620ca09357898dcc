//! How long things are kept that are not kept for good.

use super::{DURATION, Theme, row};

pub(super) const THEME: Theme = Theme {
    title: "Keeping and removing",
    about: "How long things are kept that are not kept for good. `wareroom prune` removes what is due at once.",
    settings: &[
        row(
            "keep_idempotency_keys",
            "24h",
            DURATION,
            "how long the answer to a request with an Idempotency-Key is kept",
        ),
        row("keep_events", "7d", DURATION, "how long events are kept"),
        row("keep_dead_letters", "30d", DURATION, "how long dead letters are kept"),
        row(
            "keep_leftovers",
            "1h",
            DURATION,
            "how long files of uploads that never ended are kept; longer than any takes",
        ),
        row(
            "blob_claim",
            "1h",
            DURATION,
            "how long a file that nothing names yet is kept for whoever is about to; longer than job_lease",
        ),
        row("prune_every", "10min", DURATION, "how often what was kept long enough is removed"),
    ],
};

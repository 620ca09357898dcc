//! How jobs are done: how many, how long, how often, and what follows failures.

use super::{DURATION, DURATION_OR_ZERO, Preset, Theme, preset, row};

const BATCH: &str = "a number from 1 to 10000";

pub(super) const THEME: Theme = Theme {
    title: "Work",
    about: "How jobs are done. The times build on each other: download_timeout and twice codec_timeout fit into \
            job_deadline, that into job_lease, that into blob_claim and rescue_after.",
    settings: &[
        preset(
            "worker_concurrency",
            Preset::Derived("the number of cores"),
            "a number from 1 to 1024",
            "how many images are processed at once",
        )
        .when("cores are to be left to requests or to other programs"),
        row("job_deadline", "5min", DURATION, "how long a job may take; then its attempt counts as failed"),
        preset(
            "job_lease",
            Preset::Derived("job_deadline and a half, at most 1min more"),
            DURATION,
            "how long a job that a worker took is kept from others; longer than job_deadline",
        ),
        row(
            "back_off",
            "1s,5s,30s,2min,10min",
            "durations with commas between",
            "the waits between attempts at an image",
        )
        .list()
        .when("servers of others are in trouble for longer; one attempt more than there are waits is made"),
        preset(
            "rescue_after",
            Preset::Derived("twice job_lease"),
            DURATION,
            "after how long an attempt that did not end is taken for dead, its job having gone missing",
        ),
        row("rescue_every", "30s", DURATION, "how often attempts that did not end are looked for"),
        row(
            "store_retry",
            "100ms",
            DURATION,
            "the worker's first wait after trouble with database or disk; each further wait is twice as long",
        ),
        row("store_retry_max", "5s", DURATION, "the worker's longest wait after trouble with database or disk"),
        row(
            "poll_every",
            "250ms",
            DURATION,
            "how often jobs to hand on and new events are looked for while nothing happens",
        ),
        row(
            "relay_lease",
            "30s",
            DURATION,
            "how long a job may take on its way into a queue that is not the database's own",
        ),
        row(
            "step_batch",
            "100",
            BATCH,
            "how many jobs, events or outdated rows are handed on, announced or removed at once",
        ),
        row("replay_batch", "25", BATCH, "how many dead letters are replayed at once"),
        row("replay_pause", "500ms", DURATION_OR_ZERO, "the pause behind each batch of dead letters that was replayed")
            .when("more or fewer images are to come back in a second: replay_batch at most before each pause"),
        row("replay_every", "1s", DURATION, "how often dead letters that are to be replayed are looked for"),
    ],
};

//! How much a request may be, and how long it may take.

use super::{DURATION, SIZE, Theme, row};

pub(super) const THEME: Theme = Theme {
    title: "Requests",
    about: "How large a request may be, how slow, and how many there may be at once.",
    settings: &[
        row("json_max_bytes", "1MiB", "a size of at most 28MiB, such as 1MiB", "the largest JSON body without images"),
        row(
            "base64_max_bytes",
            "28MiB",
            "a size of at most 28MiB, such as 10MiB",
            "the largest JSON body that may bring an image along",
        )
        .when("image_max_bytes is changed: base64 takes a third more than the image itself"),
        row(
            "multipart_max_bytes",
            "100MiB",
            "a size of at most 100MiB, such as 50MiB",
            "the largest form of uploaded files, all of them together",
        ),
        row("upload_memory", "512MiB", SIZE, "how much memory all uploads under way may take together")
            .when("memory is short; it must be at least twice image_max_bytes"),
        row("header_max_bytes", "32KiB", "a size from 4KiB to 1MiB", "the largest head of a request"),
        row(
            "header_timeout",
            "10s",
            DURATION,
            "how long a request's head may take, and a new connection to begin with one",
        ),
        row(
            "body_idle_timeout",
            "30s",
            DURATION,
            "how long a body may stand still, a request's or an answer's; one that moves is never cut",
        ),
        row("idle_timeout", "75s", DURATION, "how long a connection may stay open between two requests")
            .when("a proxy in front keeps idle connections for longer, and would send requests into closing ones"),
        row("max_connections", "1024", "a number from 1 to 1000000", "how many connections the API keeps open at once"),
        row(
            "listen_backlog",
            "1024",
            "a number from 1 to 65535",
            "how many connections may wait to be accepted; the system may allow fewer",
        ),
        row(
            "idempotency_lease",
            "60s",
            DURATION,
            "how long a request with an Idempotency-Key may run before a repetition of it takes over",
        ),
    ],
};

//! How images are fetched from the URLs that clients give.

use super::{DURATION, Preset, SIZE, Theme, preset, row};

const RANGES: &str = "addresses and ranges with commas between, such as 10.1.0.0/16,fd00::/8";

pub(super) const THEME: Theme = Theme {
    title: "Downloads",
    about: "How images are fetched from the URLs that clients give. Addresses that are not public are never reached \
            unless they are listed here.",
    settings: &[
        preset(
            "image_source_allow",
            Preset::Nothing,
            RANGES,
            "ranges of addresses that images may be fetched from although they are not public",
        )
        .list()
        .when("images come from a server in your own network; name no more than that server"),
        row("download_timeout", "15s", DURATION, "how long fetching an image from its URL may take"),
        row(
            "download_concurrency",
            "16",
            "a number from 1 to 1024",
            "how many images are fetched at once, beside those that are processed",
        ),
        row("download_memory", "96MiB", SIZE, "how much all images being fetched may take together, beyond 1MiB each"),
        preset(
            "download_user_agent",
            Preset::Derived("wareroom/ and its version"),
            "visible ASCII characters and spaces",
            "how Wareroom introduces itself to the servers that images come from",
        )
        .when("a server wants to know whom to ask, or lets in only whom it knows"),
        row(
            "retry_after_max",
            "1h",
            DURATION,
            "how long a server's wish to be left alone (Retry-After) is respected at most",
        ),
    ],
};

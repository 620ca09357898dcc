//! What answers reads before the database does.

use super::{COUNT, DURATION, Preset, Theme, preset, row};

pub(super) const THEME: Theme = Theme {
    title: "Caches",
    about: "What answers reads before the database does. A write is seen by the read that follows its answer, with and \
            without them.",
    settings: &[
        preset(
            "cache_url",
            Preset::Derived("memory:, or none: with a database that several processes share"),
            "redis://[<user>:<password>@]<host>[:<port>][/<number>] (redis-sentinel and redis-cluster, too; rediss for TLS), \
             memory: or none:",
            "the cache that product reads go through; with Redis, processes also hear there what others changed",
        )
        .url()
        .when("several processes share a database: redis://... spares it reads, and what one wrote the others see at once"),
        row("cache_prefix", "wareroom:", "visible characters without braces", "what every name in Redis begins with")
            .when("several installations share one server"),
        row("cache_ttl", "60s", DURATION, "how long a cached product is used at most"),
        row("cache_products", "10000", COUNT, "how many products the cache in memory holds at most"),
        row("near_cache", "10000", "a number, 0 for none", "how many rendered answers the API keeps at hand")
            .when("memory is short: 0 saves up to 4KiB an answer, and costs speed"),
    ],
};

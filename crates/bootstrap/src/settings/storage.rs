//! Where things are kept, and how long one waits for it.

use super::{DURATION, Preset, SIZE, Theme, preset, row};

pub(super) const THEME: Theme = Theme {
    title: "Storage",
    about: "Where products, jobs and images are kept. The scheme of a URL picks what keeps them.",
    settings: &[
        row("data_dir", "./wareroom-data", "a folder", "where database and files are kept; locked while in use"),
        preset(
            "database_url",
            Preset::Derived("sqlite: in data_dir"),
            "sqlite:, sqlite:<file>, postgres://<user>:<password>@<host>/<database> or memory:",
            "where products are kept",
        )
        .url()
        .when("several machines serve: postgres://...; or nothing is to be left behind: memory:"),
        preset(
            "queue_url",
            Preset::Derived("database:"),
            "database:, amqp://<user>:<password>@<host>[:<port>][/<vhost>] (amqps for TLS) or memory:",
            "where jobs wait for a worker; database: is the database's own queue",
        )
        .url()
        .when("there are so many workers that asking the database for jobs becomes work of its own"),
        row("queue_prefix", "wareroom", "1 to 100 letters, digits, dots, colons, underscores and hyphens", "what every name in RabbitMQ begins with")
            .when("several installations share one broker"),
        row(
            "outbox_limit",
            "100000",
            "a number, 0 for none",
            "how many jobs may wait until requests that bring new images are told to come back; all others go on",
        ),
        preset(
            "blob_url",
            Preset::Derived("file: in data_dir, or memory: with a database in memory"),
            "file:, file:<folder>, s3://<bucket>[/<prefix>] or memory:",
            "where images are kept",
        )
        .url()
        .when("images belong on another disk than the database, or into a bucket that several machines share; the usual AWS_* variables say where that is and who may use it"),
        row(
            "media_delivery",
            "proxy",
            "proxy or redirect",
            "whether the API reads renditions for clients or sends them to the bucket, by links that it signs",
        )
        .when("clients reach the bucket, and much is downloaded; a content delivery network has media_url"),
        row("blob_timeout", "30s", DURATION, "how long the service of a bucket may keep silent until a request to it is given up")
            .when("the bucket is far away"),
        row("media_link_time", "15min", DURATION, "how long links into the bucket work, at most 7d")
            .when("a page that shows them stays open for longer"),
        row(
            "min_free_space",
            "500MB",
            SIZE,
            "below this much free disk no new images are accepted and those in flight wait; the rest goes on",
        ),
        row(
            "database_readers",
            "4",
            "a number from 1 to 64",
            "how many queries the database answers at once; writes go one by one",
        )
        .when("there are many cores, and many reads that no cache answers; a server of PostgreSQL has database_connections"),
        row(
            "database_connections",
            "10",
            "a number from 1 to 1000",
            "how many connections to PostgreSQL this process holds at most; each write has one to itself",
        )
        .when("many requests write at once, as far as the server's max_connections goes for all processes together"),
        row(
            "database_statement_time",
            "10s",
            DURATION,
            "how long PostgreSQL may take for a statement, waiting for locks included; a write that stands still for three \
             quarters of it is given up",
        ),
        row("list_time", "2s", DURATION, "how long a list may take before its request is told to come back")
            .when("a very large catalogue is filtered by what little fits"),
        row(
            "store_wait",
            "5s",
            DURATION,
            "how long a request waits for its turn to write, or for a connection, before it is told to come back",
        ),
    ],
};

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
            "database: or memory:",
            "where jobs wait for a worker; database: is the database's own queue",
        )
        .url(),
        preset(
            "blob_url",
            Preset::Derived("file: in data_dir, or memory: with a database in memory"),
            "file:, file:<folder> or memory:",
            "where images are kept",
        )
        .url()
        .when("images belong on another disk than the database"),
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
            "how long PostgreSQL may take for a statement, waiting for locks included",
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

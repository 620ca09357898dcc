//! What can be set. Where settings come from is not known here.

use std::{fmt, time::Duration};

/// How to reach a database, and how patient to be with it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database`, with the parameters that PostgreSQL's own programs take. `sslmode` is one
    /// of `disable`, `prefer` (as without one), `require`, `verify-ca` and `verify-full`; the last two look at the server's
    /// certificate, by the roots in the file `sslrootcert` or, without one, by the machine's own.
    pub url: String,
    /// How many connections are open at most. Each unit of work has one to itself. At least one.
    pub connections: usize,
    /// How long to wait for a connection before answering that the store is busy.
    pub begin_wait: Duration,
    /// How long the server may take for a statement, waiting for locks included, before it is given up (busy).
    pub statement_time: Duration,
    /// How long a list may take before it answers that the store is busy. A filter that little fits may have much to look
    /// through.
    pub list_time: Duration,
    /// How long a worker keeps a job that was delivered to it. Longer than the longest job, or it is delivered again.
    pub lease: Duration,
    /// How often to look for jobs that another process left.
    pub poll: Duration,
}

impl PostgresConfig {
    /// The usual settings: 10 connections, 5 seconds to begin, 10 seconds for a statement, 2 for a list, 6 minutes for a job, a
    /// look every quarter of a second.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 10,
            begin_wait: Duration::from_secs(5),
            statement_time: Duration::from_secs(10),
            list_time: Duration::from_secs(2),
            lease: Duration::from_mins(6),
            poll: Duration::from_millis(250),
        }
    }
}

/// Without the URL, which has a password.
impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("connections", &self.connections)
            .field("begin_wait", &self.begin_wait)
            .field("statement_time", &self.statement_time)
            .field("list_time", &self.list_time)
            .field("lease", &self.lease)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}

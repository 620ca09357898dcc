//! What an operator may decide about connections. Knows no names of variables: those belong to the configuration.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// Beyond this a time-out means never; it keeps instants from overflowing.
pub(super) const FOREVER: Duration = Duration::from_hours(24 * 365);

/// How connections are taken, watched and let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// At most this many connections at a time, at least one. At the limit nothing more is accepted: newcomers wait in
    /// the kernel's backlog until a connection ends, and what does not fit there is turned away by the kernel.
    pub max_connections: usize,
    /// Connections that the kernel may hold for us before they are accepted.
    pub backlog: u32,
    /// A request's head must be complete this long after its first byte, however steadily it trickles, and a new
    /// connection must send that first byte in the same time; else the connection is closed.
    pub header_timeout: Duration,
    /// The largest head (request line and fields), in bytes; more of it, or more than 100 fields, is 431.
    pub max_header_bytes: usize,
    /// How long a connection may stay open between two requests.
    pub idle_timeout: Duration,
    /// How long a body may stand still: an answer that the client does not read is cut after it, and [`BodyLimits`]
    /// should be given the same for requests.
    ///
    /// [`BodyLimits`]: super::BodyLimits
    pub body_idle_timeout: Duration,
    /// How long requests may go on after the server was told to stop; what is left then is cut.
    pub drain: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            max_connections: 1024,
            backlog: 1024,
            header_timeout: Duration::from_secs(10),
            max_header_bytes: 32 * 1024,
            idle_timeout: Duration::from_secs(75),
            body_idle_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

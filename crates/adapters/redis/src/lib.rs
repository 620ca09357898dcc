//! Redis: the shared cache, and the news by which the caches of several processes agree.
//!
//! ```text
//! RedisCache --commands--> Session: one connection for life, or none        RedisInvalidations
//!     |                       |                                                |    ^
//!     | what was not told     | opened anew by a task of its own               v    | news, numbered by their sender
//!     +--> Unsettled ---------+ before anybody reads                        one channel, heard by every process
//! ```
//!
//! A driver that connects again by itself would go on with a server that has meanwhile been restarted from an old snapshot,
//! or with a replica that was promoted and lags behind. So nothing here outlives its connection: when there is any doubt
//! about it, it is given up, and whoever calls is told at once that the cache cannot be reached. That is the breaker: an
//! outage costs those who were under way one time-out, and nobody after them anything. A task opens the next one.
//!
//! What a server holds is named by its own `run_id`, which no snapshot and no replica brings along. Versions are compared
//! within the server, in Lua. An invalidation that did not reach the server is kept, and told before anybody reads again.
//!
//! A server that somebody emptied has lost its tombstones: it takes no values until nobody can be under way any more who
//! read before. A cluster is not watched for that: do not empty one that is in use.
//!
//! Use it without eviction (`maxmemory-policy noeviction`, which is how Redis starts): then a full cache refuses values and
//! still takes tombstones. Where keys are evicted, tombstones may be among them.
//!
//! Knows no other adapter and no use case, and not what is cached.

mod back_off;
mod cache;
mod channel;
mod config;
mod connection;
mod entry;
mod error;
mod examine;
mod invalidations;
mod keeper;
mod names;
mod news;
mod scripts;
mod session;
mod told;
mod unsettled;

pub use cache::RedisCache;
pub use config::RedisConfig;
pub use error::OpenError;
pub use examine::Examined;
pub use invalidations::RedisInvalidations;

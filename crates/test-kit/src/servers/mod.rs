//! Real servers of one test's own, for tests that do harm to them: each has a port and a folder that it comes back to when it is
//! started again, and is gone when it is dropped. Knows nothing of Wareroom.

mod postgres;
mod process;
mod redis;

pub use postgres::PostgresServer;
pub use redis::RedisServer;

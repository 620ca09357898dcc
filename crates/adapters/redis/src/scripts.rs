//! The scripts that compare and set within the server, loaded once for each connection.
//!
//! A server that has forgotten them answers so, and its connection is opened anew. The driver's own methods for scripts do
//! not let one choose the node of a cluster.

use fred::bytes::Bytes;
use fred::error::Error;
use fred::interfaces::ClientLike;
use fred::types::{ClusterHash, CustomCommand, FromValue, Value};

const PUT: &str = include_str!("lua/put.lua");
const BURY: &str = include_str!("lua/bury.lua");
const MARK: &str = include_str!("lua/mark.lua");

/// By what names a server knows the scripts. The same on all.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    put: String,
    bury: String,
}

impl Scripts {
    /// Loads them into the server that `node` leads to.
    pub(crate) async fn load(node: &impl ClientLike) -> Result<Self, Error> {
        Ok(Self { put: load(node, PUT).await?, bury: load(node, BURY).await? })
    }

    /// Stores an entry: 1 stored, 0 outdated, -1 when the server was emptied.
    pub(crate) async fn put(
        &self,
        node: &impl ClientLike,
        keys: Vec<String>,
        arguments: Vec<Bytes>,
    ) -> Result<i64, Error> {
        run(node, "EVALSHA", &self.put, keys, arguments).await
    }

    /// Leaves a tombstone.
    pub(crate) async fn bury(
        &self,
        node: &impl ClientLike,
        keys: Vec<String>,
        arguments: Vec<Bytes>,
    ) -> Result<(), Error> {
        run::<i64>(node, "EVALSHA", &self.bury, keys, arguments).await.map(drop)
    }

    /// Marks a server, and says what the mark is.
    pub(crate) async fn mark(node: &impl ClientLike, key: String, milliseconds: String) -> Result<String, Error> {
        run(node, "EVAL", MARK, vec![key], vec![milliseconds.into()]).await
    }
}

async fn load(node: &impl ClientLike, script: &'static str) -> Result<String, Error> {
    let command = CustomCommand::new_static("SCRIPT", ClusterHash::FirstKey, false);
    node.custom(command, vec!["LOAD", script]).await
}

async fn run<T: FromValue>(
    node: &impl ClientLike,
    command: &'static str,
    script: &str,
    keys: Vec<String>,
    arguments: Vec<Bytes>,
) -> Result<T, Error> {
    let mut words: Vec<Value> = Vec::with_capacity(2 + keys.len() + arguments.len());
    words.extend([script.into(), keys.len().to_string().into()]);
    words.extend(keys.into_iter().map(Value::from));
    words.extend(arguments.into_iter().map(Value::Bytes));
    node.custom(CustomCommand::new_static(command, ClusterHash::FirstKey, false), words).await
}

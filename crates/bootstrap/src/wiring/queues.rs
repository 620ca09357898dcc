//! Opens the queue that jobs wait in, where that is not the database.

use super::Opening;
use super::database::Database;
use crate::{Config, Connection, QueueUrl, StartError};
#[cfg(feature = "rabbitmq")]
use crate::{Leads, ServerUrl, reach::Server};
use std::sync::Arc;
use wareroom_memory::MemoryQueue;
use wareroom_ports::{OutboxRelay, Queue};

/// The queue, and the outbox that has to be relayed into it.
type Queued = (Option<Arc<dyn OutboxRelay>>, Arc<dyn Queue>);

#[cfg_attr(
    not(feature = "rabbitmq"),
    expect(
        clippy::unused_async,
        clippy::ptr_arg,
        unused_variables,
        reason = "only a queue on a server is opened by asking it"
    )
)]
pub(super) async fn queued(
    config: &Config,
    opening: Opening,
    database: &Database,
    connections: &mut Vec<Connection>,
) -> Result<Queued, StartError> {
    let relayed = || Some(Arc::clone(&database.outbox));
    match &config.queue {
        QueueUrl::Database => Ok((None, Arc::clone(&database.queue))),
        QueueUrl::Memory => Ok((relayed(), Arc::new(MemoryQueue::new(config.job_lease)))),
        #[cfg(feature = "rabbitmq")]
        QueueUrl::Amqp(url) => {
            let queue = Arc::new(open_rabbit(config, url, opening).await?);
            let known = Arc::clone(&queue);
            connections.push(Connection::new(Leads::ToQueue, move || known.is_connected()));
            Ok((relayed(), queue))
        }
        #[cfg(not(feature = "rabbitmq"))]
        QueueUrl::Amqp(_) => Err(StartError::NotBuilt("amqp:")),
    }
}

#[cfg(feature = "rabbitmq")]
async fn open_rabbit(
    config: &Config,
    url: &ServerUrl,
    opening: Opening,
) -> Result<wareroom_rabbitmq::RabbitQueue, StartError> {
    use wareroom_rabbitmq::{OpenError, RabbitQueue};
    let settings = rabbit(config, url);
    let server = Server { key: "queue_url", url, wait: opening.wait(config) };
    let is_away = |error: &OpenError| matches!(error, OpenError::Unreachable(_));
    server.open(|| RabbitQueue::open(settings.clone()), is_away).await
}

#[cfg(feature = "rabbitmq")]
pub(crate) fn rabbit(config: &Config, url: &ServerUrl) -> wareroom_rabbitmq::RabbitConfig {
    use wareroom_rabbitmq::RabbitConfig;
    RabbitConfig { prefix: config.queue_prefix.clone(), ..RabbitConfig::at(url.reveal()) }
}

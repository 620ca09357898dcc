//! Declares what is missing in a broker.

use crate::channel::Channel;
use crate::connection::Connection;
use crate::error::Trouble;
use crate::topology::{Argument, QueueDeclaration, Topology};
use amqprs::channel::{ExchangeDeclareArguments, QueueBindArguments, QueueDeclareArguments};
use amqprs::{FieldName, FieldTable, FieldValue};
use std::time::Duration;

/// Declares all of it; what is there already stays.
pub(crate) async fn declare(connection: &Connection, topology: &Topology, time: Duration) -> Result<(), Trouble> {
    let channel = connection.channel(None).await?;
    for exchange in &topology.exchanges {
        let arguments = ExchangeDeclareArguments::new(&exchange.name, exchange.kind).durable(true).finish();
        channel.answer(time, channel.exchange_declare(arguments)).await?;
    }
    for queue in &topology.queues {
        let arguments = QueueDeclareArguments::new(&queue.name).durable(true).arguments(arguments(queue)).finish();
        channel.answer(time, channel.queue_declare(arguments)).await?;
        for binding in topology.bindings.iter().filter(|binding| binding.queue == queue.name) {
            let arguments = QueueBindArguments::new(&binding.queue, &binding.exchange, &binding.routing_key);
            channel.answer(time, channel.queue_bind(arguments)).await?;
        }
    }
    Ok(())
}

/// How many messages wait in a queue; `None` where there is no such queue.
pub(crate) async fn count(connection: &Connection, queue: &str, time: Duration) -> Result<Option<u32>, Trouble> {
    // The broker closes the channel that asked for one that is not there.
    let channel: Channel = connection.channel(None).await?;
    let arguments = QueueDeclareArguments::new(queue).passive(true).finish();
    match channel.answer(time, channel.queue_declare(arguments)).await {
        Ok(found) => Ok(found.map(|(_, messages, _)| messages)),
        Err(Trouble::Refused { code: 404, .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn arguments(queue: &QueueDeclaration) -> FieldTable {
    let mut table = FieldTable::new();
    for (name, value) in &queue.arguments {
        let value = match value {
            Argument::Text(text) => FieldValue::from(text.as_str()),
            Argument::Number(number) => FieldValue::l(*number),
        };
        if let Ok(name) = FieldName::try_from(*name) {
            table.insert(name, value);
        }
    }
    table
}

//! The promises of the queue. Loans end with their connection, which is cut on the way to the broker.

use crate::link::Link;
use crate::server;
use crate::stand::{Opened, open, patient};
use std::sync::Arc;
use std::time::Duration;
use wareroom_port_contracts::{async_trait, queue::QueueFixture};
use wareroom_ports::Queue;

struct Linked {
    link: Link,
    opened: Opened,
}

#[async_trait]
impl QueueFixture for Linked {
    async fn fresh(_: Duration) -> Self {
        let link = Link::to(server::shared()).await;
        let opened = open(patient(link.url())).await;
        Self { link, opened }
    }

    fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.opened.queue) as _
    }

    async fn end_loans(&self) {
        self.link.cut();
    }
}

wareroom_port_contracts::queue_suite!(Linked);

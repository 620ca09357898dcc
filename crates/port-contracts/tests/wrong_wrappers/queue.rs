//! A queue that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use futures::FutureExt;
use std::collections::VecDeque;
use std::mem::{ManuallyDrop, forget};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::Lane;
use wareroom_memory::MemoryQueue;
use wareroom_port_contracts::queue::{CASES, QueueFixture};
use wareroom_port_contracts::queue_cases;
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError, Receipt};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ForgetsTheLastMessage,
    AnswersOncePerBatch,
    LosesTheSchema,
    IgnoresThePrefetch,
    LendsForAnInstant,
    LosesWhatACutReceiveTook,
    DoesNotStop,
    KeepsWhatItFetched,
    TakesBackWhatItLent,
    AcksWhatIsDropped,
    ReleasesWhenTheLeaseEnds,
    ForgetsAcks,
    AcksAllBefore,
    AcksWhatIsLost,
}

struct Wrong {
    behind: MemoryQueue,
    fault: Option<Fault>,
}

#[async_trait]
impl Queue for Wrong {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        let mut kept = messages;
        if let (Some(Fault::ForgetsTheLastMessage), [before @ .., _]) = (self.fault, messages) {
            kept = before;
        }
        self.behind.publish(kept).await?;
        let outcomes = if self.fault == Some(Fault::AnswersOncePerBatch) { 1 } else { messages.len() };
        Ok((0..outcomes).map(|_| Ok(())).collect())
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let prefetch = if self.fault == Some(Fault::IgnoresThePrefetch) { u16::MAX } else { prefetch };
        let behind = self.behind.consume(lane, prefetch).await?;
        let (fetched, lent) = (VecDeque::new(), Arc::default());
        Ok(Box::new(WrongConsumer { behind, fault: self.fault, fetched, lent }))
    }
}

/// What a consumer has lent, in order.
type Lent = Arc<Mutex<Vec<Option<Delivery>>>>;

struct WrongConsumer {
    behind: Box<dyn Consumer>,
    fault: Option<Fault>,
    fetched: VecDeque<Delivery>,
    lent: Lent,
}

#[async_trait]
impl Consumer for WrongConsumer {
    async fn receive(&mut self) -> Result<Delivery, QueueError> {
        let mut delivery = match self.fetched.pop_front() {
            Some(delivery) => delivery,
            None => self.behind.receive().await?,
        };
        match self.fault {
            None => return Ok(delivery),
            Some(Fault::LosesTheSchema) => delivery.message.schema = 1,
            Some(Fault::LosesWhatACutReceiveTook) => {
                let taken = ManuallyDrop::new(delivery);
                sleep(Duration::from_millis(5)).await;
                delivery = ManuallyDrop::into_inner(taken);
            }
            Some(Fault::KeepsWhatItFetched) => {
                while let Some(Ok(more)) = self.behind.receive().now_or_never() {
                    self.fetched.push_back(more);
                }
            }
            _ => {}
        }
        let message = delivery.message.clone();
        let mut lent = self.lent.lock().unwrap();
        lent.push(Some(delivery));
        let receipt = WrongReceipt { lent: Arc::clone(&self.lent), index: lent.len() - 1, fault: self.fault };
        Ok(Delivery::new(message, Box::new(receipt)))
    }

    async fn stop(&mut self) -> Result<(), QueueError> {
        if self.fault == Some(Fault::DoesNotStop) {
            return Ok(());
        }
        if self.fault == Some(Fault::TakesBackWhatItLent) {
            self.lent.lock().unwrap().iter_mut().for_each(|lent| drop(lent.take()));
        }
        self.fetched.drain(..).for_each(forget);
        self.behind.stop().await
    }
}

struct WrongReceipt {
    lent: Lent,
    index: usize,
    fault: Option<Fault>,
}

impl WrongReceipt {
    fn take(&self, index: usize) -> Option<Delivery> {
        self.lent.lock().unwrap()[index].take()
    }
}

#[async_trait]
impl Receipt for WrongReceipt {
    async fn ack(&mut self) -> Result<(), QueueError> {
        let from = if self.fault == Some(Fault::AcksAllBefore) { 0 } else { self.index };
        for delivery in (from..=self.index).filter_map(|index| self.take(index)).collect::<Vec<_>>() {
            match self.fault {
                Some(Fault::ForgetsAcks) => forget(delivery),
                Some(Fault::AcksWhatIsLost) => drop(delivery.ack().await),
                _ => delivery.ack().await?,
            }
        }
        Ok(())
    }

    fn release(&mut self) {
        let Some(delivery) = self.take(self.index) else { return };
        match self.fault {
            Some(Fault::AcksWhatIsDropped) => drop(delivery.ack().now_or_never()),
            Some(Fault::ReleasesWhenTheLeaseEnds) => forget(delivery),
            _ => delivery.release(),
        }
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl QueueFixture for Fixture {
    async fn fresh(lease: Duration) -> Self {
        let fault = fault();
        let lease = if fault == Some(Fault::LendsForAnInstant) { Duration::from_millis(1) } else { lease };
        Self(Arc::new(Wrong { behind: MemoryQueue::new(lease), fault }))
    }

    fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.0) as _
    }
}

queue_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_queue_notices_its_fault() {
    let faults = [
        ("a_published_message_is_delivered", Fault::ForgetsTheLastMessage),
        ("publish_answers_one_outcome_a_message", Fault::AnswersOncePerBatch),
        ("a_message_comes_back_as_it_was_published", Fault::LosesTheSchema),
        ("a_consumer_holds_at_most_its_prefetch", Fault::IgnoresThePrefetch),
        ("a_message_is_lent_to_one_consumer_at_a_time", Fault::LendsForAnInstant),
        ("a_cancelled_receive_loses_nothing", Fault::LosesWhatACutReceiveTook),
        ("a_stopped_consumer_answers_closed", Fault::DoesNotStop),
        ("stop_gives_back_what_was_not_received", Fault::KeepsWhatItFetched),
        ("what_was_received_is_settled_after_its_consumer_is_gone", Fault::TakesBackWhatItLent),
        ("a_dropped_delivery_is_available_again", Fault::AcksWhatIsDropped),
        ("a_released_delivery_is_available_now", Fault::ReleasesWhenTheLeaseEnds),
        ("an_acked_message_is_not_delivered_again", Fault::ForgetsAcks),
        ("deliveries_are_acked_in_any_order", Fault::AcksAllBefore),
        ("an_ack_is_lost_when_the_message_was_lent_to_another_since", Fault::AcksWhatIsLost),
    ];
    prove("queue", CASES, &queue(), &faults);
}

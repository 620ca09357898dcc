//! Dead letters in a unit of work. The job is kept as it travels, so that a replay is the same message again.

use crate::{
    dead_letter_list::{Conditions, letter_columns, to_dead_letter},
    pipeline::step,
    rows::{count, instant, limit, text},
    unit::Unit,
};
use async_trait::async_trait;
use wareroom_domain::{DeadLetterId, ImageId, MessageId, ProductId, Stamped, UserId};
use wareroom_ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, StoreError};

const ADD: &str = concat!(
    "INSERT INTO dead_letters (",
    letter_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
);

const LOAD: &str = concat!("SELECT ", letter_columns!(), " FROM dead_letters WHERE id = $1");

const OF_IMAGE: &str = concat!("SELECT ", letter_columns!(), " FROM dead_letters WHERE image_id = $1 ORDER BY at, seq");

const REMOVE: &str = "DELETE FROM dead_letters WHERE id = $1 RETURNING id";

const REMOVE_OF_IMAGE: &str = "WITH removed AS (DELETE FROM dead_letters WHERE image_id = $1 RETURNING 1)
     SELECT count(*) AS count FROM removed";

const MARKED: &str = concat!("SELECT ", letter_columns!(), " FROM dead_letters WHERE marked ORDER BY at, id LIMIT $1");

#[async_trait]
impl DeadLetters for Unit {
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let job = Stamped { id: MessageId(letter.id.0), at: letter.at, trace: letter.trace.clone(), body: letter.job };
        let message = Message::of(&job);
        self.keep(step!(
            ADD,
            letter.id.0,
            message.lane.as_str(),
            message.kind,
            i32::from(message.schema),
            message.body.to_vec(),
            letter.image.0,
            letter.product.map(ProductId::get),
            letter.owner.map(UserId::get),
            letter.host.as_deref().map(text),
            letter.failure.reason.code(),
            text(&letter.failure.detail),
            i64::from(letter.attempts.0),
            instant(letter.at),
            letter.trace.request_id.as_deref().map(text),
            letter.trace.traceparent.as_deref().map(text),
        ))
    }

    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        let rows = self.ask(step!(LOAD, id.0)).await?;
        self.judge(rows.first().map(to_dead_letter).transpose())
    }

    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError> {
        let rows = self.ask(step!(OF_IMAGE, image.0)).await?;
        self.judge(rows.iter().map(to_dead_letter).collect())
    }

    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError> {
        Ok(!self.ask(step!(REMOVE, id.0)).await?.is_empty())
    }

    async fn remove_of_image(&mut self, image: ImageId) -> Result<u64, StoreError> {
        let rows = self.ask(step!(REMOVE_OF_IMAGE, image.0)).await?;
        self.judge(count(&rows))
    }

    async fn discard(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let discard = Conditions::of(filter, None)
            .step("WITH gone AS (DELETE FROM dead_letters", "RETURNING 1) SELECT count(*) AS count FROM gone");
        let rows = self.ask(discard).await?;
        self.judge(count(&rows))
    }

    async fn mark(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let mark = Conditions::of(filter, None).step(
            "WITH found AS (UPDATE dead_letters SET marked = true",
            "RETURNING 1) SELECT count(*) AS count FROM found",
        );
        let rows = self.ask(mark).await?;
        self.judge(count(&rows))
    }

    async fn marked(&mut self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let rows = self.ask(step!(MARKED, limit(most))).await?;
        self.judge(rows.iter().map(to_dead_letter).collect())
    }
}

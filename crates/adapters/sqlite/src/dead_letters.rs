//! Dead letters in a unit of work. The job is kept as it travels, so that a replay is the same message again.

use crate::{
    rows::{checked, instant, to_failure, to_instant, to_message, to_trace},
    unit::Unit,
};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row};
use uuid::Uuid;
use wareroom_domain::{Attempts, DeadLetterId, ImageId, MessageId, ProductId, Stamped};
use wareroom_ports::{DeadLetter, DeadLetters, Message, StoreError};

fn to_dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let product: Option<i64> = row.get("product_id")?;
    Ok(DeadLetter {
        id: DeadLetterId(row.get::<_, Uuid>("id")?),
        job: checked(row, "body", to_message(row)?.job())?.body,
        image: ImageId(row.get("image_id")?),
        product: checked(row, "product_id", product.map(ProductId::new).transpose())?,
        failure: to_failure(row)?,
        attempts: Attempts(row.get("attempts")?),
        at: to_instant(row, "at")?,
        trace: to_trace(row)?,
    })
}

#[async_trait]
impl DeadLetters for Unit {
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let letter = letter.clone();
        self.call(move |connection| {
            let job =
                Stamped { id: MessageId(letter.id.0), at: letter.at, trace: letter.trace.clone(), body: letter.job };
            let message = Message::of(&job);
            connection
                .prepare_cached(
                    "INSERT INTO dead_letters
                         (id, lane, kind, schema, body, image_id, product_id, reason, detail, attempts, at, request_id,
                          traceparent)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                )?
                .execute((
                    letter.id.0,
                    message.lane.as_str(),
                    message.kind,
                    message.schema,
                    message.body.as_ref(),
                    letter.image.0,
                    letter.product.map(ProductId::get),
                    letter.failure.reason.code(),
                    letter.failure.detail,
                    letter.attempts.0,
                    instant(letter.at),
                    letter.trace.request_id,
                    letter.trace.traceparent,
                ))?;
            Ok(())
        })
        .await
    }

    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        self.call(move |connection| {
            let mut select = connection.prepare_cached("SELECT * FROM dead_letters WHERE id = ?1")?;
            Ok(select.query_one([id.0], to_dead_letter).optional()?)
        })
        .await
    }

    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError> {
        self.call(move |connection| {
            let mut select =
                connection.prepare_cached("SELECT * FROM dead_letters WHERE image_id = ?1 ORDER BY at, seq")?;
            let letters = select.query_map([image.0], to_dead_letter)?;
            Ok(letters.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError> {
        self.call(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM dead_letters WHERE id = ?1")?;
            Ok(delete.execute([id.0])? == 1)
        })
        .await
    }
}

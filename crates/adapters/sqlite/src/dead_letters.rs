//! Dead letters in a unit of work. The job is kept as it travels, so that a replay is the same message again.

use crate::{
    dead_letter_list::{Conditions, to_dead_letter},
    rows::instant,
    unit::Unit,
};
use async_trait::async_trait;
use rusqlite::OptionalExtension;
use wareroom_domain::{DeadLetterId, ImageId, MessageId, ProductId, Stamped, UserId};
use wareroom_ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, StoreError};

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
                         (id, lane, kind, schema, body, image_id, product_id, owner_id, host, reason, detail, attempts,
                          at, request_id, traceparent)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                )?
                .execute((
                    letter.id.0,
                    message.lane.as_str(),
                    message.kind,
                    message.schema,
                    message.body.as_ref(),
                    letter.image.0,
                    letter.product.map(ProductId::get),
                    letter.owner.map(UserId::get),
                    letter.host,
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

    async fn remove_of_image(&mut self, image: ImageId) -> Result<u64, StoreError> {
        self.call(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM dead_letters WHERE image_id = ?1")?;
            Ok(count(delete.execute([image.0])?))
        })
        .await
    }

    async fn discard(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let fitting = Conditions::of(filter, None);
        self.call(move |connection| {
            let sql = format!("DELETE FROM dead_letters WHERE {}", fitting.sql());
            Ok(count(connection.prepare_cached(&sql)?.execute(&*fitting.values())?))
        })
        .await
    }

    async fn mark(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        let fitting = Conditions::of(filter, None);
        self.call(move |connection| {
            let sql = format!("UPDATE dead_letters SET marked = 1 WHERE {}", fitting.sql());
            Ok(count(connection.prepare_cached(&sql)?.execute(&*fitting.values())?))
        })
        .await
    }

    async fn marked(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.call(move |connection| {
            let mut select =
                connection.prepare_cached("SELECT * FROM dead_letters WHERE marked = 1 ORDER BY at, id LIMIT ?1")?;
            let letters = select.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], to_dead_letter)?;
            Ok(letters.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

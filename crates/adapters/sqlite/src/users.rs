//! Users in a unit of work.

use crate::{
    rows::{instant, to_user},
    unit::Unit,
};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};
use wareroom_domain::{User, UserDraft, UserId};
use wareroom_ports::{StoreError, UserRepo};

pub(crate) fn load(connection: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    let mut select = connection.prepare_cached("SELECT * FROM users WHERE id = ?1")?;
    select.query_one([id.get()], to_user).optional()
}

#[async_trait]
impl UserRepo for Unit {
    async fn insert(&mut self, draft: &UserDraft) -> Result<User, StoreError> {
        let draft = draft.clone();
        self.add(move |connection| {
            let mut insert = connection.prepare_cached(
                "INSERT INTO users (first_name, last_name, first_name_folded, last_name_folded, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 RETURNING *",
            )?;
            let values = (
                draft.first_name.as_str(),
                draft.last_name.as_str(),
                draft.first_name.folded(),
                draft.last_name.folded(),
                instant(draft.created_at),
            );
            Ok(insert.query_one(values, to_user)?)
        })
        .await
    }

    async fn load(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.call(move |connection| Ok(load(connection, id)?)).await
    }
}

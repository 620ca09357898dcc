//! Users in a unit of work.

use crate::{
    pipeline::step,
    rows::{checked, first, instant, to_user},
    unit::Unit,
};
use async_trait::async_trait;
use wareroom_domain::{User, UserDraft, UserId};
use wareroom_ports::{StoreError, UserRepo};

const INSERT: &str = "INSERT INTO users (first_name, last_name, first_name_folded, last_name_folded, created_at)
     VALUES ($1, $2, $3, $4, $5) RETURNING id";

pub(crate) const LOAD: &str = "SELECT id, first_name, last_name, created_at FROM users WHERE id = $1";

#[async_trait]
impl UserRepo for Unit {
    async fn insert(&mut self, draft: &UserDraft) -> Result<User, StoreError> {
        let created_at = instant(draft.created_at);
        let rows = self.ask(step!(
            INSERT,
            draft.first_name.to_string(),
            draft.last_name.to_string(),
            draft.first_name.folded(),
            draft.last_name.folded(),
            created_at,
        ));
        let rows = rows.await?;
        let id = self.judge(checked("id", UserId::new(first(&rows, "id").unwrap_or_default())))?;
        Ok(UserDraft { created_at, ..draft.clone() }.accepted(id))
    }

    async fn load(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let rows = self.ask(step!(LOAD, id.get())).await?;
        self.judge(rows.first().map(to_user).transpose())
    }
}

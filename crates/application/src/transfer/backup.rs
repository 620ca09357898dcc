//! A backup beside those who work: first the database, then the blobs that it names, while no collector deletes any.
//!
//! A blob is put before the row that names it is stored, and is deleted after the last row that names it is gone, by a collector
//! only. So what the copy of the database names is there when the copy is made, and stays while collecting pauses.

use super::{
    Carried, CollectingPaused, PauseError, Watch,
    blobs::{CarryError, carry_all},
};
use std::sync::Arc;
use wareroom_ports::{BlobError, BlobStore, BoxError, Census, Clock, Export, Store, StoreError};

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// How much the copy of the database holds.
    pub rows: Census,
    /// The blobs that it names.
    pub blobs: Carried,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackUpError {
    /// Collecting did not pause.
    #[error(transparent)]
    Pause(#[from] PauseError),
    /// The database was not copied.
    #[error("the database cannot be copied")]
    Database(#[source] BoxError),
    /// The copy of the database cannot be read.
    #[error("the copy of the database cannot be read")]
    Rows(#[source] StoreError),
    /// Blobs cannot be read or written.
    #[error("blobs cannot be copied")]
    Blobs(#[from] BlobError),
}

impl From<CarryError> for BackUpError {
    fn from(error: CarryError) -> Self {
        match error {
            CarryError::Rows(error) => Self::Rows(error),
            CarryError::Blobs(error) => Self::Blobs(error),
        }
    }
}

/// Backs a store up: `database` copies the rows and answers with the copy, or with what shows them at that moment; blobs are
/// carried to `to`, or only named without one. `store` and `clock` are those of whoever works meanwhile.
pub async fn back_up(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    database: impl Future<Output = Result<Arc<dyn Export>, BoxError>>,
    from: &dyn BlobStore,
    to: Option<&dyn BlobStore>,
    watch: Watch<'_>,
) -> Result<BackedUp, BackUpError> {
    let mut pause = CollectingPaused::begin(store, clock).await?;
    let work = async {
        let copy = database.await.map_err(BackUpError::Database)?;
        let mut register = copy.snapshot().await.map_err(BackUpError::Rows)?;
        let blobs = carry_all(&mut *register, from, to, watch).await?;
        let rows = register.census().await.map_err(BackUpError::Rows)?;
        Ok::<_, BackUpError>(BackedUp { rows, blobs })
    };
    let backed_up = pause.during(work).await;
    // Also when it failed; if that fails, too, the turn ends by itself.
    let ended = pause.end().await;
    let backed_up = backed_up??;
    ended?;
    Ok(backed_up)
}

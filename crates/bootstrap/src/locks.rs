//! The locks that keep a second `serve` away from what this one uses. Commands work beside it.

use crate::{BlobUrl, Config, DatabaseUrl, StartError};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The locks of everything on disk that a configuration names. They go with the process, however it ends; keep them until
/// nothing is written any more.
#[derive(Debug)]
pub struct Locks {
    _held: Vec<File>,
}

impl Locks {
    /// Makes the folders if need be and locks them; refused when another process holds one.
    pub fn take(config: &Config) -> Result<Self, StartError> {
        Ok(Self { _held: places(config).iter().map(|place| lock(place)).collect::<Result<_, _>>()? })
    }
}

/// The lock files; none where several processes serve from one database, and share their blobs as well. One in the data directory covers what is in it; a database or a folder of blobs elsewhere has its own.
fn places(config: &Config) -> Vec<PathBuf> {
    let inside = |path: &Path| path.starts_with(&config.data_dir);
    let database = match &config.database {
        DatabaseUrl::Postgres(_) => return vec![],
        DatabaseUrl::Memory => None,
        DatabaseUrl::Sqlite(file) if inside(file) => Some(config.data_dir.join("serve.lock")),
        DatabaseUrl::Sqlite(file) => Some(file.with_added_extension("lock")),
    };
    let blobs = match &config.blobs {
        BlobUrl::Memory | BlobUrl::S3(_) => None,
        BlobUrl::Files(folder) if inside(folder) => Some(config.data_dir.join("serve.lock")),
        BlobUrl::Files(folder) => Some(folder.join("blobs.lock")),
    };
    let mut places: Vec<PathBuf> = database.into_iter().chain(blobs).collect();
    places.dedup();
    places
}

fn lock(place: &Path) -> Result<File, StartError> {
    let unusable = |source| StartError::Lock { path: place.to_owned(), source };
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let file = File::create(place).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked(place.to_owned())),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;

    fn config(set: &[(&str, String)]) -> Config {
        let flags = set.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        Config::from_sources(&Sources::new().with_flags(flags)).unwrap()
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&[("data_dir", folder.path().join("new/data").display().to_string())]);
        let first = Locks::take(&config).unwrap();
        assert!(matches!(Locks::take(&config), Err(StartError::Locked(_))));
        drop(first);
        Locks::take(&config).unwrap();
    }

    #[test]
    fn a_database_and_blobs_elsewhere_are_not_shared_by_two_data_directories() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let of = |data: &str, database: &str, blobs: &str| {
            let (database, blobs) = (format!("sqlite:{}", at(database)), format!("file:{}", at(blobs)));
            config(&[("data_dir", at(data)), ("database_url", database), ("blob_url", blobs)])
        };
        let _first = Locks::take(&of("a", "one.sqlite", "blobs")).unwrap();
        for (database, blobs) in [("one.sqlite", "others"), ("two.sqlite", "blobs")] {
            let second = Locks::take(&of("b", database, blobs));
            assert!(matches!(second, Err(StartError::Locked(_))), "{database} {blobs}: {second:?}");
        }
        Locks::take(&of("b", "two.sqlite", "others")).unwrap();
    }
}

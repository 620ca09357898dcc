//! The folder where everything is kept, and the lock that keeps a second `serve` out of it.

use crate::StartError;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A data directory that this process holds the lock of. The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the folder if need be and locks it.
    pub fn lock(path: &Path) -> Result<Self, StartError> {
        let unusable = |source| StartError::DataDirectory { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::create(path.join("serve.lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/data");
        let first = DataDirectory::lock(&path).unwrap();
        assert!(matches!(DataDirectory::lock(&path), Err(StartError::Locked(_))));
        drop(first);
        DataDirectory::lock(&path).unwrap();
    }
}

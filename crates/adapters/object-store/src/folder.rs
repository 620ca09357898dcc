//! Folders on disk: made so that they are still there after a power cut, and rid of what a crash left behind.

use crate::{
    OpenError,
    config::{FOLDERS, PROBE},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Makes the root and its folders, durably, and removes what a put or a check that never ended left in them. Answers the
/// root's full path, which stays true when the process changes its folder.
///
/// To be called by the one process that holds the lock of the data directory: the staged file of a put that is still
/// going on in another one is a left-over to this.
pub(crate) fn prepare(root: &Path) -> Result<PathBuf, OpenError> {
    make_durable(root)?;
    for name in FOLDERS {
        let folder = root.join(name);
        fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
        remove_leftovers(&folder, is_staged).map_err(|source| failed(&folder, source))?;
        // Also for renames of a process that died before it synced them.
        sync(&folder)?;
    }
    remove_leftovers(root, |name| name.starts_with(PROBE)).map_err(|source| failed(root, source))?;
    // The entries of the folders that were just made, or made by a process that died before it came this far.
    sync(root)?;
    root.canonicalize().map_err(|source| failed(root, source))
}

/// Makes a folder and the folders above it, and syncs the entry of each that is new.
fn make_durable(folder: &Path) -> Result<(), OpenError> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_durable(above)?;
    match fs::create_dir(folder) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        outcome => outcome.map_err(|source| failed(folder, source))?,
    }
    sync(above)
}

/// Whether `object_store` names staged files so: the target's name, `#` and a number. No key of ours looks like that.
fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn remove_leftovers(folder: &Path, is_leftover: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&is_leftover) && entry.file_type()?.is_file() {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<(), OpenError> {
    sync_entries(folder).map_err(|source| failed(folder, source))
}

/// Waits until the names of a folder are on disk.
#[cfg(unix)]
pub(crate) fn sync_entries(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Folders cannot be synced elsewhere: their file systems keep the order of such changes themselves.
#[cfg(not(unix))]
pub(crate) fn sync_entries(_: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(path: &Path, source: io::Error) -> OpenError {
    OpenError::Folder { path: path.to_owned(), source }
}

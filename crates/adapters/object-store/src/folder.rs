//! Folders on disk: made so that they are still there after a power cut, and rid of what a crash left behind.
//! Must not know what blobs hold or who needs them.

use crate::{
    OpenError,
    config::{FOLDERS, Opening, PROBE},
    listing::age,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Makes the root and its folders, durably. Answers the root's full path, which stays true when the process changes its
/// folder.
///
/// Who is alone there also removes what a put or a check that never ended left in them. Beside another process that would
/// be the staged file of a put that is still going on.
pub(crate) fn prepare(root: &Path, opening: Opening) -> Result<PathBuf, OpenError> {
    make_durable(root)?;
    for name in FOLDERS {
        let folder = root.join(name);
        fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
        if opening == Opening::Sole {
            leftovers_in(&folder, is_staged, Duration::ZERO, true).map_err(|source| failed(&folder, source))?;
        }
        // Also for renames of a process that died before it synced them.
        sync(&folder)?;
    }
    if opening == Opening::Sole {
        leftovers_in(root, is_probe, Duration::ZERO, true).map_err(|source| failed(root, source))?;
    }
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

/// What a check writes, staged or not.
fn is_probe(name: &str) -> bool {
    name.starts_with(PROBE)
}

/// Counts what puts and checks that never ended left in the folders, if nothing was written to it for `age`, and removes it
/// when told to.
pub(crate) fn leftovers(root: &Path, age: Duration, remove: bool) -> io::Result<u64> {
    let mut count = leftovers_in(root, is_probe, age, remove)?;
    for name in FOLDERS {
        count += leftovers_in(&root.join(name), is_staged, age, remove)?;
    }
    Ok(count)
}

fn leftovers_in(folder: &Path, is_leftover: fn(&str) -> bool, age: Duration, remove: bool) -> io::Result<u64> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_leftover) {
            continue;
        }
        // Each is looked at just before it goes, not all of them at first: the name may be another put's by then.
        match take(&entry, age, remove) {
            Ok(taken) => count += u64::from(taken),
            // Its put has ended, or somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Whether a file is old enough; it is removed then, when it is to be.
fn take(entry: &fs::DirEntry, age: Duration, remove: bool) -> io::Result<bool> {
    let old = is_old_file(entry, age)?;
    if old && remove {
        fs::remove_file(entry.path())?;
    }
    Ok(old)
}

/// Whether it is a file that nobody has written to for so long.
fn is_old_file(entry: &fs::DirEntry, limit: Duration) -> io::Result<bool> {
    let meta = entry.metadata()?;
    Ok(meta.is_file() && age(meta.modified()?) >= limit)
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

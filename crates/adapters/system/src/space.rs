//! The room on the machine's disks, as their file systems tell it. Must not know what is kept there.

use rustix::{
    fs::statvfs,
    io::{Errno, retry_on_intr},
};
use std::path::{Path, PathBuf};
use wareroom_ports::{BoxError, Space};

/// The least room of some places in the file system.
///
/// What counts is what a process without privileges can still fill. A place that is not there yet is judged by the nearest
/// folder above it, which is where it will be made.
#[derive(Clone, Debug)]
pub struct DiskSpace {
    places: Vec<PathBuf>,
}

impl DiskSpace {
    /// The room in these files or folders. Without any there is no limit.
    pub fn new(places: Vec<PathBuf>) -> Self {
        Self { places }
    }
}

impl Space for DiskSpace {
    /// One system call for each place that is there.
    fn free(&self) -> Result<Option<u64>, BoxError> {
        let free = self.places.iter().map(|place| free_at(place)).collect::<Result<Vec<_>, _>>()?;
        Ok(free.into_iter().flatten().min())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the free space of {} cannot be read", place.display())]
struct Unreadable {
    place: PathBuf,
    source: Errno,
}

/// The room at the nearest existing of a place and the folders above it; `None` where the file system does not tell.
fn free_at(place: &Path) -> Result<Option<u64>, Unreadable> {
    for nearest in place.ancestors() {
        // What is above the first part of a relative path.
        let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
        match retry_on_intr(|| statvfs(nearest)) {
            Ok(found) => return Ok(room(found.f_blocks, found.f_bavail, found.f_frsize)),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(source) => return Err(Unreadable { place: place.to_owned(), source }),
        }
    }
    Err(Unreadable { place: place.to_owned(), source: Errno::NOENT })
}

/// The bytes of the blocks that are available, each of `size` bytes. One with no blocks at all, as some network file systems
/// say of themselves, is not full: it does not know.
fn room(blocks: u64, available: u64, size: u64) -> Option<u64> {
    (blocks > 0).then(|| available.saturating_mul(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_the_available_blocks_hold() {
        assert_eq!(room(1_000, 10, 4_096), Some(40_960));
        assert_eq!(room(1_000, 0, 4_096), Some(0));
        assert_eq!(room(0, 0, 4_096), None);
        assert_eq!(room(u64::MAX, u64::MAX, 4_096), Some(u64::MAX));
    }
}

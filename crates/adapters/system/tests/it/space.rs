//! What the port does not say: which file system is asked for a place.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::PathBuf};
use tempfile::TempDir;
use wareroom_ports::Space;
use wareroom_system::DiskSpace;

fn free(places: &[PathBuf]) -> Option<u64> {
    DiskSpace::new(places.to_vec()).free().unwrap()
}

#[test]
fn a_place_that_is_not_there_yet_is_judged_by_the_nearest_folder_above_it() {
    let root = TempDir::new().unwrap();
    let file = root.path().join("a file");
    fs::write(&file, b"").unwrap();
    let places =
        [root.path().join("not/there/yet"), file.join("in the way"), file, PathBuf::from("not/there"), PathBuf::new()];
    for place in places {
        assert!(free(std::slice::from_ref(&place)).is_some(), "{}", place.display());
    }
}

#[test]
fn without_a_place_there_is_no_limit() {
    assert_eq!(free(&[]), None);
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_tells_no_size_does_not_hide_the_room_of_others() {
    let (endless, root) = (PathBuf::from("/proc"), TempDir::new().unwrap());
    assert_eq!(free(std::slice::from_ref(&endless)), None);
    for places in [[endless.clone(), root.path().to_owned()], [root.path().to_owned(), endless]] {
        assert!(free(&places).is_some(), "{places:?}");
    }
}

/// `/dev/shm` is memory, with a size of its own.
#[cfg(target_os = "linux")]
#[test]
fn the_least_of_all_places_is_told() {
    let root = TempDir::new().unwrap();
    let (disk, memory) = (root.path().to_owned(), PathBuf::from("/dev/shm"));
    // Others write meanwhile: what is told lies between what was told before and after, or one tries again.
    let told = (0..100).any(|_| {
        let least = || free(std::slice::from_ref(&disk)).min(free(std::slice::from_ref(&memory)));
        let before = least();
        let both = [free(&[disk.clone(), memory.clone()]), free(&[memory.clone(), disk.clone()])];
        before == least() && both == [before; 2]
    });
    assert!(told);
}

#[test]
fn a_place_that_cannot_be_asked_for_is_an_error_that_names_it() {
    let impossible = PathBuf::from(OsStr::from_bytes(b"a\0b"));
    let error = DiskSpace::new(vec![PathBuf::from("."), impossible]).free().unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
    assert!(error.source().is_some());
}

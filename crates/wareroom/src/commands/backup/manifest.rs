//! What a backup says of itself. It is written last: a folder with a manifest holds all that the manifest names.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The manifest's file.
const NAME: &str = "manifest.json";
/// The folder of the blobs, as a blob store of files has it.
pub(crate) const BLOBS: &str = "blobs";
/// Where blobs are only named: a line for each, with its size in bytes and its name.
pub(crate) const LIST: &str = "blobs.txt";

/// What a backup holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The form of all this; another is not read.
    pub(crate) form: u16,
    /// Which Wareroom wrote it.
    pub(crate) wareroom: String,
    /// When it was begun, by that machine's clock.
    pub(crate) made_at: String,
    /// The newest migration that the database has.
    pub(crate) schema: u32,
    pub(crate) database: DatabasePart,
    /// How many rows there are, by kind.
    pub(crate) rows: BTreeMap<String, u64>,
    pub(crate) blobs: BlobsPart,
}

/// Where the rows are.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum DatabasePart {
    /// In a file of this folder.
    Sqlite {
        /// The file's name.
        file: String,
        /// Its size.
        bytes: u64,
        /// Its hash, in hexadecimal digits.
        sha256: String,
    },
    /// In a dump that PostgreSQL's own program writes.
    Postgres,
}

/// Which blobs there are.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlobsPart {
    /// Whether they are in this folder; if not, they are only named.
    pub(crate) kept: bool,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// Why a folder is no backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("there is no complete backup in {}: it has no {NAME}", .0.display())]
    None(PathBuf),
    #[error("{} cannot be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a manifest of a backup", path.display())]
    Nonsense {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("the backup has form {0}, and this program reads {form} only; use the newer program", form = wareroom_ports::transfer::FORM)]
    Form(u16),
}

impl Manifest {
    pub(crate) fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(NAME);
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ManifestError::None(folder.to_owned()),
            _ => ManifestError::File { path: path.clone(), source },
        })?;
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|source| ManifestError::Nonsense { path, source })?;
        if manifest.form == wareroom_ports::transfer::FORM {
            Ok(manifest)
        } else {
            Err(ManifestError::Form(manifest.form))
        }
    }

    /// It is there, and on disk, or the one before it is.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ManifestError> {
        let path = folder.join(NAME);
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|source| ManifestError::Nonsense { path: path.clone(), source })?;
        bytes.push(b'\n');
        publish(&path, &bytes).map_err(|source| ManifestError::File { path, source })
    }
}

/// Writes a file that is there whole, and on disk, or not at all.
pub(crate) fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_added_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(form: u16) -> Manifest {
        let database = DatabasePart::Sqlite { file: "database.sqlite".to_owned(), bytes: 7, sha256: "ab".repeat(32) };
        Manifest {
            form,
            wareroom: "0.1.0".to_owned(),
            made_at: "2026-11-21T10:00:00Z".to_owned(),
            schema: 5,
            database,
            rows: BTreeMap::from([("users".to_owned(), 3)]),
            blobs: BlobsPart { kept: true, count: 2, bytes: 9 },
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestError::None(_))));
        let written = manifest(wareroom_ports::transfer::FORM);
        written.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), written);
        manifest(999).write(folder.path()).unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestError::Form(999))));
        fs::write(folder.path().join(NAME), "{").unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestError::Nonsense { .. })));
    }
}

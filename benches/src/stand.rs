//! What every row is given: the programs, a folder, how long and how often.

use crate::Outcome;
use crate::load::Load;
use crate::pictures::Photos;
use crate::stack::{Servers, Stack};
use clap::ArgMatches;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The place where everything is measured.
pub(crate) struct Stand {
    /// The `wareroom` binary under test.
    pub(crate) binary: PathBuf,
    /// This program, for the bare side.
    pub(crate) own: PathBuf,
    /// This program, built with the codec's assembler feature.
    pub(crate) assembler: Option<PathBuf>,
    pub(crate) load: Load,
    pub(crate) pairs: u16,
    pub(crate) photos: Photos,
    /// What the second table is measured on.
    pub(crate) servers: Option<Servers>,
    /// How many products the list of the second table has.
    pub(crate) products: u32,
    folder: PathBuf,
}

impl Stand {
    pub(crate) fn of(arguments: &ArgMatches) -> Outcome<Self> {
        let path = |name: &str| arguments.get_one::<PathBuf>(name).cloned();
        let needed = |name: &str| path(name).ok_or_else(|| format!("--{name} is needed"));
        let folder = needed("folder")?;
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            binary: needed("binary")?,
            own: std::env::current_exe()?,
            assembler: path("assembler"),
            load: Load {
                seconds: arguments.get_one("seconds").copied().unwrap_or(10),
                scripts: needed("wrk")?.canonicalize()?,
            },
            pairs: arguments.get_one("pairs").copied().unwrap_or(5),
            photos: Photos::find(path("photos").as_deref())?,
            servers: Servers::of(arguments),
            products: arguments.get_one("products").copied().unwrap_or(200_000),
            folder: folder.canonicalize()?,
        })
    }

    /// A new folder on the disk that is measured, gone when the row is done.
    pub(crate) fn folder(&self) -> Outcome<TempDir> {
        Ok(tempfile::tempdir_in(&self.folder)?)
    }

    /// The servers, which a row of the second table cannot do without.
    pub(crate) fn servers(&self) -> Outcome<&Servers> {
        let missing =
            "this row needs servers: --postgres and --redis say where they are, and scripts/bench starts them";
        self.servers.as_ref().ok_or_else(|| missing.into())
    }

    /// A database with Wareroom's schema on these servers.
    pub(crate) async fn stack(&self) -> Outcome<Stack<'_>> {
        self.servers()?.stack(&self.binary).await
    }

    /// A file of the stand, to be kept as long as this folder.
    pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }
}

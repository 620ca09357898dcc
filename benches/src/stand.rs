//! What every row is given: the programs, a folder, how long and how often.

use crate::Outcome;
use crate::load::Load;
use crate::pictures::Photos;
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
            folder: folder.canonicalize()?,
        })
    }

    /// A new folder on the disk that is measured, gone when the row is done.
    pub(crate) fn folder(&self) -> Outcome<TempDir> {
        Ok(tempfile::tempdir_in(&self.folder)?)
    }

    /// What a reader of the figures has to know.
    pub(crate) fn notes(&self) -> String {
        let (seconds, pairs, photos) = (self.load.seconds, self.pairs, self.photos.origin());
        format!(
            "How it was measured\n\n\
             - Load by wrk with one thread and 32 connections for {seconds} s, answers of 1 KB unless a row says otherwise; \
             {pairs} pairs of runs in turns, first one side and then the other. Only one of the two servers is under load at a \
             time, and it shares the cores with wrk. A ratio is of the two runs of a pair: median, least and greatest. A run \
             with a single answer that is no success, or a broken connection, does not count.\n\
             - Wareroom is the release binary with default settings, its log in a file and its worker on, unless the row says \
             otherwise. The bare side is poem's own server on tokio's default runtime, the same allocator and the same \
             profile (`benches/src/bare.rs`).\n\
             - GET by id asks for one product without images, whose whole answer stands in one row: the bare SELECT answers the \
             same bytes. It prepares its statement once for each of four connections, which it uses on blocking threads \
             as Wareroom does, and makes the body with serde. Wareroom also looks for images, in the same transaction.\n\
             - POST brings a name, a description and the URL of one image at a local server, each request another. The bare \
             side reads the same JSON, stores it as one row of one table in a transaction of its own on one connection, in a \
             write-ahead log with `synchronous=FULL`, and answers with it. Wareroom stores product, image, job and events, \
             and its worker fetches and renders images on the same cores meanwhile. Each run has a new data directory.\n\
             - Lists are of 20 products, 200,000 stored.\n\
             - The CPU's seconds are of the whole process and the system on its behalf, files written included: all three \
             renditions of every photo, one thread. `vipsthumbnail` makes one size in a run and reads the file anew for \
             each, which it does at a reduced size where JPEG allows that; Wareroom decodes once, in full. Both write WebP \
             with libwebp at method 4, quality 78, and progressive JPEG of quality 80. A libvips that is built without \
             mozjpeg, as Debian's is, cannot do what mozjpeg does for smaller files (trellis quantisation, the choice of \
             scans), and so spends less.\n\
             - Create to ready counts from the upload of a JPEG to the answer that says its renditions are there, asked for \
             with `wait`; one at a time, no two alike.\n\
             - Memory is what Linux counts as resident. Photos: {photos}.\n"
        )
    }

    /// A file of the stand, to be kept as long as this folder.
    pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }
}

//! All renditions of some files by Wareroom's codec, as the worker asks for them, one file at a time on one thread.

use crate::Outcome;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use tokio::time::Duration;
use wareroom_domain::default_renditions;
use wareroom_imaging::{Imaging, ImagingConfig};
use wareroom_ports::{CodecLimits, ImageCodec};

/// Writes them into a folder, as whoever is compared with does.
pub(crate) async fn make(files: &[PathBuf], into: &Path) -> Outcome {
    let codec = Imaging::new(ImagingConfig { threads: 1, memory: 1 << 30 });
    let limits = CodecLimits { pixels: 50_000_000, time: Duration::from_mins(2) };
    let specs = default_renditions();
    for file in files {
        let rendering = codec.render(Bytes::from(std::fs::read(file)?), &specs, &limits).await?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        for (spec, rendition) in specs.iter().zip(rendering.renditions) {
            std::fs::write(into.join(format!("{stem}-{}.{}", spec.name, spec.format.extension())), rendition.bytes)?;
        }
    }
    Ok(())
}

//! Seconds of CPU for all renditions, against `vipsthumbnail`.

use crate::Outcome;
use crate::pairs::alternate;
use crate::pictures::Photo;
use crate::processor::seconds_of;
use crate::report::{Aim, Line};
use crate::stand::Stand;
use std::path::{Path, PathBuf};
use tokio::process::Command;
use wareroom_domain::{Format, RenditionSpec, default_renditions};

pub(crate) async fn measure(stand: &Stand) -> Outcome<Vec<Line>> {
    let photos = &stand.photos;
    let sets = [
        (format!("{} photos of a megapixel", photos.usual.len()), photos.usual.clone()),
        ("the photo of 16 megapixels".to_owned(), vec![photos.large.clone()]),
    ];
    let mut lines = vec![];
    for (name, set) in sets {
        lines.push(compare(stand, &stand.own, &name, "without assembler", &set).await?);
        if let Some(assembler) = &stand.assembler {
            lines.push(compare(stand, assembler, &name, "with assembler", &set).await?);
        }
    }
    Ok(lines)
}

async fn compare(stand: &Stand, program: &Path, name: &str, how: &str, set: &[Photo]) -> Outcome<Line> {
    let folder = stand.folder()?;
    let write = |photo: &Photo| Stand::write(folder.path(), &photo.name, &photo.bytes);
    let files: Vec<PathBuf> = set.iter().map(write).collect::<Outcome<_>>()?;
    let into = stand.folder()?;
    let ours =
        async || seconds_of(Command::new(program).arg("renditions").arg("--into").arg(into.path()).args(&files)).await;
    let theirs = async || {
        let mut seconds = 0.0;
        for spec in default_renditions() {
            seconds += seconds_of(&mut vips(&spec, &files, into.path())).await?;
        }
        Ok(seconds)
    };
    let compared = alternate(stand.pairs, ours, theirs).await?;
    let what = format!("CPU for all renditions of {name}, {how}");
    Ok(Line::compared(&what, "`vipsthumbnail`", Aim::Told, &compared, "s"))
}

/// One size of all files, on one thread, with the settings of our encoders, as far as this libvips knows them.
fn vips(spec: &RenditionSpec, files: &[PathBuf], into: &Path) -> Command {
    let (side, quality) = (spec.max_side, spec.quality);
    let settings = match spec.format {
        Format::WebP => format!("Q={quality},effort=4,strip"),
        Format::Jpeg => format!(
            "Q={quality},interlace,optimize_coding,trellis_quant,overshoot_deringing,optimize_scans,quant_table=3,strip"
        ),
    };
    let output = format!("{}/%s-{}-vips.{}[{settings}]", into.display(), spec.name, spec.format.extension());
    let mut command = Command::new("vipsthumbnail");
    command.env("VIPS_CONCURRENCY", "1").env("VIPS_WARNING", "0").args(files);
    command.arg(format!("--size={side}x{side}>")).arg(format!("--output={output}"));
    command
}

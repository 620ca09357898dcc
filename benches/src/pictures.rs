//! The photos: those of a folder or, without one, pictures that were made.

use crate::Outcome;
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The name of the large photo within the folder.
const LARGE: &str = "_mosaic_16mp.jpg";

/// How many made pictures stand in for a folder's.
const MADE: u8 = 24;

/// A JPEG file.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

/// Photos of about a megapixel, and one of sixteen.
pub(crate) struct Photos {
    pub(crate) usual: Vec<Photo>,
    pub(crate) large: Photo,
    from_folder: bool,
}

impl Photos {
    pub(crate) fn find(folder: Option<&Path>) -> Outcome<Self> {
        let Some(folder) = folder else {
            let usual = (0..MADE).map(|number| made(1024, number)).collect::<Outcome<_>>()?;
            return Ok(Self { usual, large: made(4096, MADE)?, from_folder: false });
        };
        Self::of_folder(folder)
    }

    fn of_folder(folder: &Path) -> Outcome<Self> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
        paths.sort();
        let (large, usual): (Vec<Photo>, Vec<Photo>) = paths
            .iter()
            .map(|path| read(path))
            .collect::<Outcome<Vec<_>>>()?
            .into_iter()
            .partition(|p| p.name == LARGE);
        match <[Photo; 1]>::try_from(large) {
            Ok([large]) if !usual.is_empty() => Ok(Self { usual, large, from_folder: true }),
            _ => Err(format!("{} has no JPEG photos with {LARGE} among them", folder.display()).into()),
        }
    }

    /// What they are, in words.
    pub(crate) fn origin(&self) -> String {
        let (count, kind) = (self.usual.len(), if self.from_folder { "real ones" } else { "made by the benchmark" });
        format!("{count} of about a megapixel and one of 16 megapixels, {kind}")
    }
}

impl Photo {
    /// The same picture in a file that differs from every other: with a comment that holds a number.
    pub(crate) fn numbered(&self, number: u32) -> Self {
        const START: usize = 2;
        let comment = [&[0xff, 0xfe, 0, 6][..], &number.to_be_bytes()].concat();
        Self { bytes: [&self.bytes[..START], &comment, &self.bytes[START..]].concat().into(), ..self.clone() }
    }

    /// The same picture within a smaller square.
    pub(crate) fn small(&self, side: u32) -> Outcome<Self> {
        let image = image::load_from_memory(&self.bytes)?.resize(side, side, FilterType::Triangle);
        Ok(Self { bytes: jpeg(&image)?, ..self.clone() })
    }
}

fn read(path: &Path) -> Outcome<Photo> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Photo { name, bytes: std::fs::read(path)?.into() })
}

/// Soft shapes with some grain, as photos have both; the same for the same number.
fn made(side: u32, number: u8) -> Outcome<Photo> {
    let mut random = fastrand::Rng::with_seed(number.into());
    let coarse = RgbImage::from_fn(8, 8, |_, _| image::Rgb([random.u8(..), random.u8(..), random.u8(..)]));
    let mut picture = image::imageops::resize(&coarse, side, side, FilterType::CatmullRom);
    for channel in picture.iter_mut() {
        *channel = channel.saturating_add(random.u8(0..12));
    }
    Ok(Photo { name: format!("made-{number}.jpg"), bytes: jpeg(&DynamicImage::from(picture))? })
}

fn jpeg(image: &DynamicImage) -> Outcome<Bytes> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(image.to_rgb8()).write_to(&mut file, ImageFormat::Jpeg)?;
    Ok(file.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_files_differ_and_show_the_same() {
        let photo = made(16, 3).unwrap();
        let (one, two) = (photo.numbered(1), photo.numbered(2));
        assert_ne!(one.bytes, two.bytes);
        let pixels = |photo: &Photo| image::load_from_memory(&photo.bytes).unwrap().into_rgb8();
        assert_eq!(pixels(&one), pixels(&photo));
        assert_eq!(pixels(&one), pixels(&two));
    }
}

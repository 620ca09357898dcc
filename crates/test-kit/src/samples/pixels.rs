//! Pictures in memory, and the plain way to and from a file. Knows no file format's inside.

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, metadata::Orientation};
use std::io::Cursor;

/// Four smooth corners of different colours, so that every way of turning it can be told from every other.
pub fn picture(width: u32, height: u32) -> DynamicImage {
    let blend = |x: u32, y: u32| {
        let (right, down) = (x * 255 / width, y * 255 / height);
        Rgb([right, down, 255 - u32::midpoint(right, down)].map(|level| u8::try_from(level).unwrap()))
    };
    RgbImage::from_fn(width, height, blend).into()
}

/// Opaque red on the left, nothing on the right.
pub fn half_transparent(width: u32, height: u32) -> DynamicImage {
    let half = |x: u32, _| if x < width / 2 { Rgba([200, 40, 40, 255]) } else { Rgba([0, 0, 0, 0]) };
    RgbaImage::from_fn(width, height, half).into()
}

/// A picture as it has to be stored so that the orientation of that number, from 1 to 8 as in EXIF, sets it upright.
pub fn turned(upright: &DynamicImage, orientation: u8) -> DynamicImage {
    let mut image = upright.clone();
    image.apply_orientation(match orientation {
        6 => Orientation::Rotate270,
        8 => Orientation::Rotate90,
        other => Orientation::from_exif(other).unwrap(),
    });
    image
}

/// A file as the usual encoder writes it: JPEG baseline, PNG of the picture's own depth and channels, WebP without loss, GIF.
pub fn file(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

/// What a sound file shows.
pub fn decoded(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

/// The largest difference of any channel of any pixel of two pictures, which must have the same size.
pub fn distance(a: &DynamicImage, b: &DynamicImage) -> u8 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let (a, b) = (a.to_rgba8().into_raw(), b.to_rgba8().into_raw());
    a.iter().zip(&b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

//! JPEG files that the plain encoder does not write: progressive ones, inks, profiles.

use super::pixels::file;
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb};
use mozjpeg::{ColorSpace, Compress};

/// How the four inks of a print stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredInks {
    /// As they are.
    Cmyk,
    /// Three of them as luminance and chrominance.
    Ycck,
}

/// How a picture is stored in inks.
#[derive(Clone, Copy, Debug)]
pub struct Inks<'a> {
    /// As what.
    pub stored: StoredInks,
    /// In several scans.
    pub progressive: bool,
    /// The profile that says what the inks look like; none if empty.
    pub profile: &'a [u8],
}

/// A JPEG file that shows a coarse picture first and finer ones after it.
pub fn jpeg_progressive(image: &DynamicImage) -> Bytes {
    let rgb = image.to_rgb8();
    let mut encoder = Compress::new(ColorSpace::JCS_RGB);
    encoder.set_progressive_mode();
    written(encoder, rgb.dimensions(), &rgb).into()
}

/// A JPEG file of a picture in inks: cyan, magenta and yellow of full strength, without black.
pub fn jpeg_in_inks(image: &DynamicImage, how: &Inks<'_>) -> Bytes {
    let rgb = image.to_rgb8();
    let pixels: Vec<u8> = rgb.pixels().flat_map(|Rgb([r, g, b])| [*r, *g, *b, 255]).collect();
    jpeg_of_inks(rgb.dimensions(), &pixels, how)
}

/// A JPEG file of four inks a pixel, inverted as all such files hold them: 255 is none.
pub fn jpeg_of_inks(size: (u32, u32), pixels: &[u8], how: &Inks<'_>) -> Bytes {
    let mut encoder = Compress::new(ColorSpace::JCS_CMYK);
    encoder.set_color_space(match how.stored {
        StoredInks::Cmyk => ColorSpace::JCS_CMYK,
        StoredInks::Ycck => ColorSpace::JCS_YCCK,
    });
    if how.progressive {
        encoder.set_progressive_mode();
    }
    let plain = written(encoder, size, pixels);
    if how.profile.is_empty() { plain.into() } else { with_profile(&plain, how.profile) }
}

/// A JPEG file with a profile.
pub fn jpeg_in(image: &DynamicImage, profile: &[u8]) -> Bytes {
    with_profile(&file(image, ImageFormat::Jpeg), profile)
}

fn written(mut encoder: Compress, (width, height): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    encoder.set_size(width.try_into().unwrap(), height.try_into().unwrap());
    encoder.set_quality(95.0);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(pixels).unwrap();
    started.finish().unwrap()
}

fn with_profile(jpeg: &[u8], profile: &[u8]) -> Bytes {
    with_segments(jpeg, &segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", profile].concat()))
}

/// A segment of a JPEG file.
pub(super) fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &u16::try_from(body.len() + 2).unwrap().to_be_bytes(), body].concat()
}

/// The file with these segments behind its start marker.
pub(super) fn with_segments(jpeg: &[u8], segments: &[u8]) -> Bytes {
    [&jpeg[..2], segments, &jpeg[2..]].concat().into()
}

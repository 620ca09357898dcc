//! One sound file of each kind.

use super::{
    Inks, Metadata, StoredInks, cyan_is_red, display_p3, file, gif_animated, gif_with, green_is_red, half_transparent,
    jpeg_in, jpeg_in_inks, jpeg_progressive, jpeg_with, linear_grey, picture, png_in, png_interlaced, png_with,
    png_with_palette, turned, webp_animated, webp_in, webp_lossy, webp_with,
};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};

/// Small sound files of every format and of every way that it stores a picture in, each with what it is.
pub fn sound() -> Vec<(&'static str, Bytes)> {
    [jpegs(), pngs(), webps(), gifs()].concat()
}

const FRAMES: [[u8; 4]; 3] = [[200, 40, 40, 255], [0, 255, 0, 255], [0, 0, 255, 128]];

fn metadata(orientation: u8) -> Metadata<'static> {
    Metadata { orientation, text: b"taken at home" }
}

fn jpegs() -> Vec<(&'static str, Bytes)> {
    let image = picture(40, 24);
    let inks = |stored, progressive, profile: &[u8]| jpeg_in_inks(&image, &Inks { stored, progressive, profile });
    vec![
        ("JPEG, baseline", file(&image, ImageFormat::Jpeg)),
        ("JPEG, progressive", jpeg_progressive(&image)),
        ("JPEG, grey", file(&image.to_luma8().into(), ImageFormat::Jpeg)),
        ("JPEG, grey with a profile", jpeg_in(&image.to_luma8().into(), &linear_grey())),
        ("JPEG with a profile", jpeg_in(&image, &display_p3())),
        ("JPEG, upside down", jpeg_with(&turned(&image, 3), &metadata(3))),
        ("JPEG, on its side", jpeg_with(&turned(&image, 6), &metadata(6))),
        ("JPEG, inks", inks(StoredInks::Cmyk, false, b"")),
        ("JPEG, inks with a profile, progressive", inks(StoredInks::Ycck, true, &cyan_is_red())),
    ]
}

fn pngs() -> Vec<(&'static str, Bytes)> {
    let (image, clear) = (picture(40, 24), half_transparent(40, 24));
    let png = |image: DynamicImage| file(&image, ImageFormat::Png);
    vec![
        ("PNG", png(image.clone())),
        ("PNG with alpha", png(clear.clone())),
        ("PNG of sixteen bits", png(image.to_rgb16().into())),
        ("PNG of sixteen bits with alpha", png(clear.to_rgba16().into())),
        ("PNG, grey", png(image.to_luma8().into())),
        ("PNG, grey of sixteen bits", png(image.to_luma16().into())),
        ("PNG, grey with alpha", png(clear.to_luma_alpha8().into())),
        ("PNG, two colours", png_with_palette(1, &[])),
        ("PNG, palette with transparency", png_with_palette(8, &[0])),
        ("PNG, interlaced", png_interlaced(&image.to_rgb8())),
        ("PNG with a profile", png_in(&image, &green_is_red())),
        ("PNG, mirrored", png_with(&turned(&image, 2), &metadata(2))),
    ]
}

fn webps() -> Vec<(&'static str, Bytes)> {
    let (image, clear) = (picture(40, 24), half_transparent(40, 24));
    vec![
        ("WebP, lossy", webp_lossy(&image)),
        ("WebP, lossy with alpha", webp_lossy(&clear)),
        ("WebP, lossless", file(&image, ImageFormat::WebP)),
        ("WebP, lossless with alpha", file(&clear, ImageFormat::WebP)),
        ("WebP with a profile", webp_in(&image, &green_is_red())),
        ("WebP, on its side", webp_with(&turned(&clear, 8), &metadata(8))),
        ("WebP, animated", webp_animated(&FRAMES)),
    ]
}

fn gifs() -> Vec<(&'static str, Bytes)> {
    vec![
        ("GIF", file(&picture(40, 24), ImageFormat::Gif)),
        ("GIF with transparency and a comment", gif_with(&half_transparent(40, 24), &metadata(1))),
        ("GIF, animated", gif_animated(&FRAMES)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_what_it_is_called_and_decodes() {
        for (name, bytes) in sound() {
            let format = image::guess_format(&bytes).unwrap();
            assert!(name.to_lowercase().starts_with(&format!("{format:?}").to_lowercase()), "{name} is {format:?}");
            if let Err(error) = image::load_from_memory(&bytes) {
                panic!("{name}: {error}");
            }
        }
    }
}

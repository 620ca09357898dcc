//! Metadata put into files by hand: orientation, EXIF, XMP, texts and comments.

use super::pixels::file;
use super::png::{self, png_chunk};
use super::{jpeg, webp};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};

/// What to put into a file beside its pixels.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    /// As in EXIF: 1 is upright. Other numbers than 1 to 8 mean nothing, and are written all the same.
    pub orientation: u8,
    /// Goes wherever the format has a place for text; at most 200 bytes.
    pub text: &'a [u8],
}

/// EXIF with an orientation and a text.
fn exif(Metadata { orientation, text }: &Metadata<'_>) -> Vec<u8> {
    let text = [*text, b"\0"].concat();
    let mut exif = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    // Orientation: one short.
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, *orientation, 0, 0]);
    // Description: text behind the directory.
    exif.extend([0x01, 0x0e, 0, 2, 0, 0, 0, u8::try_from(text.len()).unwrap(), 0, 0, 0, 38]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(text);
    exif
}

fn xmp(text: &[u8]) -> Vec<u8> {
    [b"<x:xmpmeta><rdf:li>", text, b"</rdf:li></x:xmpmeta>"].concat()
}

/// A JPEG file with EXIF, XMP and a comment.
pub fn jpeg_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let exif = jpeg::segment(0xe1, &[b"Exif\0\0", &exif(metadata)[..]].concat());
    let xmp = jpeg::segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp(metadata.text)[..]].concat());
    let comment = jpeg::segment(0xfe, metadata.text);
    jpeg::with_segments(&file(image, ImageFormat::Jpeg), &[exif, xmp, comment].concat())
}

/// A PNG file with EXIF and two texts.
pub fn png_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let text = png_chunk(*b"tEXt", &[b"Comment\0", metadata.text].concat());
    let xmp = png_chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp(metadata.text)[..]].concat());
    let exif = png_chunk(*b"eXIf", &exif(metadata));
    png::with_chunks(&file(image, ImageFormat::Png), &[text, xmp, exif].concat())
}

/// A WebP file with EXIF and XMP.
pub fn webp_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let plain = file(image, ImageFormat::WebP);
    let behind = [webp::chunk(*b"EXIF", &exif(metadata)), webp::chunk(*b"XMP ", &xmp(metadata.text))].concat();
    webp::extended(0x0c, image, &[&plain[12..], &behind])
}

/// A GIF file with a comment. The format knows no orientation, so the one given must be the first.
pub fn gif_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    assert_eq!(metadata.orientation, 1);
    let plain = file(image, ImageFormat::Gif);
    // Behind the header, the screen and its colours.
    let at = 13 + if plain[10] & 0x80 == 0 { 0 } else { 3 << ((plain[10] & 7) + 1) };
    let length = u8::try_from(metadata.text.len()).unwrap();
    let comment = if length == 0 { Vec::new() } else { [&[0x21, 0xfe, length][..], metadata.text, &[0]].concat() };
    [&plain[..at], &comment, &plain[at..]].concat().into()
}

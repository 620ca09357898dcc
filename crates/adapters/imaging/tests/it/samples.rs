//! Pictures made on the spot, and metadata put into their files by hand.

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::{io::Cursor, time::Duration};
use wareroom_domain::{Format, RenditionSpec};
use wareroom_imaging::{Imaging, ImagingConfig};
use wareroom_ports::CodecLimits;

pub(crate) const LIMITS: CodecLimits = CodecLimits { pixels: 50_000_000, time: Duration::from_mins(1) };
/// Must never come out of the codec.
pub(crate) const CANARY: &str = "canary-59.33N-18.06E";

pub(crate) fn codec() -> Imaging {
    Imaging::new(ImagingConfig { threads: 2, memory: 64 << 20 })
}

pub(crate) fn spec(max_side: u32, format: Format) -> RenditionSpec {
    RenditionSpec { name: "sample".to_owned(), max_side, format, quality: 90 }
}

/// Four smooth corners of different colours, so that every way of turning it can be told from every other.
pub(crate) fn picture(width: u32, height: u32) -> DynamicImage {
    let blend = |x: u32, y: u32| {
        let (right, down) = (x * 255 / width, y * 255 / height);
        Rgb([right, down, 255 - u32::midpoint(right, down)].map(|level| u8::try_from(level).unwrap()))
    };
    RgbImage::from_fn(width, height, blend).into()
}

/// Opaque on the left, nothing on the right.
pub(crate) fn half_transparent(width: u32, height: u32) -> DynamicImage {
    let half = |x: u32, _| if x < width / 2 { Rgba([200, 40, 40, 255]) } else { Rgba([0, 0, 0, 0]) };
    RgbaImage::from_fn(width, height, half).into()
}

pub(crate) fn file(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

pub(crate) fn decoded(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

/// What to put into a file beside its pixels.
pub(crate) struct Metadata<'a> {
    /// As in EXIF.
    pub(crate) orientation: u8,
    /// Goes wherever the format has a place for text.
    pub(crate) text: &'a [u8],
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
pub(crate) fn jpeg_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let plain = file(image, ImageFormat::Jpeg);
    let segment = |marker: u8, body: &[u8]| {
        [&[0xff, marker][..], &u16::try_from(body.len() + 2).unwrap().to_be_bytes(), body].concat()
    };
    let exif = segment(0xe1, &[b"Exif\0\0", &exif(metadata)[..]].concat());
    let xmp = segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp(metadata.text)[..]].concat());
    let comment = segment(0xfe, metadata.text);
    [&plain[..2], &exif, &xmp, &comment, &plain[2..]].concat().into()
}

/// A PNG file with EXIF and two texts.
pub(crate) fn png_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let plain = file(image, ImageFormat::Png);
    let text = png_chunk(*b"tEXt", &[b"Comment\0", metadata.text].concat());
    let xmp = png_chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp(metadata.text)[..]].concat());
    let exif = png_chunk(*b"eXIf", &exif(metadata));
    // Signature and header chunk come first.
    [&plain[..33], &text, &xmp, &exif, &plain[33..]].concat().into()
}

/// A WebP file with EXIF and XMP.
pub(crate) fn webp_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    let plain = file(image, ImageFormat::WebP);
    let chunk = |tag: &[u8; 4], body: &[u8]| {
        let padding = &[0][..body.len() % 2];
        [&tag[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), body, padding].concat()
    };
    let less_one = |side: u32| (side - 1).to_le_bytes();
    let (width, height) = (less_one(image.width()), less_one(image.height()));
    let alpha = if image.color().has_alpha() { 0x10 } else { 0 };
    let extended = chunk(b"VP8X", &[&[0x0c | alpha, 0, 0, 0][..], &width[..3], &height[..3]].concat());
    let body =
        [b"WEBP", &extended[..], &plain[12..], &chunk(b"EXIF", &exif(metadata)), &chunk(b"XMP ", &xmp(metadata.text))]
            .concat();
    chunk(b"RIFF", &body).into()
}

/// A GIF file with a comment. The format knows no orientation, so the one given must be the first.
pub(crate) fn gif_with(image: &DynamicImage, metadata: &Metadata<'_>) -> Bytes {
    assert_eq!(metadata.orientation, 1);
    let plain = file(image, ImageFormat::Gif);
    // Behind the header, the screen and its colours.
    let at = 13 + if plain[10] & 0x80 == 0 { 0 } else { 3 << ((plain[10] & 7) + 1) };
    let length = u8::try_from(metadata.text.len()).unwrap();
    let comment = if length == 0 { Vec::new() } else { [&[0x21, 0xfe, length][..], metadata.text, &[0]].concat() };
    [&plain[..at], &comment, &plain[at..]].concat().into()
}

/// A GIF file that declares a size and holds nothing.
pub(crate) fn gif_declaring(width: u16, height: u16) -> Bytes {
    [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0, 0, 0]].concat().into()
}

/// A PNG file that declares a size and holds nothing.
pub(crate) fn png_declaring(width: u32, height: u32) -> Bytes {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &png_chunk(*b"IHDR", &header)[..], &png_chunk(*b"IDAT", b""), &png_chunk(*b"IEND", b"")]
        .concat()
        .into()
}

/// A JPEG file of 8 x 8 pixels that declares another size.
pub(crate) fn jpeg_declaring(width: u16, height: u16) -> Bytes {
    let mut bytes = file(&picture(8, 8), ImageFormat::Jpeg).to_vec();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes.into()
}

/// A WebP file that declares a size and holds nothing.
pub(crate) fn webp_declaring(width: u32, height: u32) -> Bytes {
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"[..], &width[..3], &height[..3]].concat().into()
}

/// A PNG chunk with its checksum.
pub(crate) fn png_chunk(tag: [u8; 4], body: &[u8]) -> Vec<u8> {
    let tagged = [&tag[..], body].concat();
    let checksum = !tagged.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    });
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &tagged, &checksum.to_be_bytes()].concat()
}

/// The largest difference of any channel of any pixel.
pub(crate) fn distance(a: &DynamicImage, b: &DynamicImage) -> u8 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let (a, b) = (a.to_rgba8().into_raw(), b.to_rgba8().into_raw());
    a.iter().zip(&b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

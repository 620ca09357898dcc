//! PNG files of every depth and layout, and chunks that are more than they seem.

use super::pixels::{file, picture};
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, write::ZlibEncoder};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Write;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Where the signature and the header chunk end.
const BEHIND_HEADER: usize = 33;

/// What the header of a PNG file says.
#[derive(Clone, Copy, Debug)]
pub struct PngLayout {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Bits a sample: 1, 2, 4, 8 or 16.
    pub depth: u8,
    /// As the format numbers them: 0 grey, 2 colours, 3 a palette, 4 grey and alpha, 6 colours and alpha.
    pub colours: u8,
    /// In seven passes, from coarse to fine.
    pub interlaced: bool,
}

/// A PNG file of that layout with these chunks between its header and its pixels. Each of `lines` begins with the number of
/// its filter, 0 for none.
pub fn png_of(layout: &PngLayout, chunks: &[u8], lines: &[u8]) -> Bytes {
    let (width, height) = layout.size;
    let kind = [layout.depth, layout.colours, 0, 0, u8::from(layout.interlaced)];
    let header = png_chunk(*b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &kind].concat());
    let pixels = png_chunk(*b"IDAT", &packed(lines));
    [SIGNATURE, &header, chunks, &pixels, &png_chunk(*b"IEND", b"")].concat().into()
}

/// A PNG file that shows a coarse picture first and finer ones after it.
pub fn png_interlaced(image: &RgbImage) -> Bytes {
    // Where each pass begins, across and down, and its steps.
    const PASSES: [(u32, u32, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let (width, height) = image.dimensions();
    let mut lines = Vec::new();
    for (left, top, across, down) in PASSES {
        for y in (top..height).step_by(down) {
            lines.push(0);
            lines.extend((left..width).step_by(across).flat_map(|x| image.get_pixel(x, y).0));
        }
    }
    png_of(&PngLayout { size: (width, height), depth: 8, colours: 2, interlaced: true }, b"", &lines)
}

/// A PNG file of 64 x 32 pixels in two bands: on the left the first colour of a palette of that depth, 250 20 30, on the
/// right its last, 20 30 250. Its first colours have that much opacity, the others all of it.
pub fn png_with_palette(depth: u8, opacity: &[u8]) -> Bytes {
    let half = 32 * usize::from(depth) / 8;
    let line = [&[0][..], &vec![0x00; half], &vec![0xff; half]].concat();
    let last = (1 << depth) - 1;
    let mut palette = vec![0; 3 * (last + 1)];
    palette[..3].copy_from_slice(&[250, 20, 30]);
    palette[3 * last..].copy_from_slice(&[20, 30, 250]);
    let mut chunks = png_chunk(*b"PLTE", &palette);
    if !opacity.is_empty() {
        chunks.extend(png_chunk(*b"tRNS", opacity));
    }
    png_of(&PngLayout { size: (64, 32), depth, colours: 3, interlaced: false }, &chunks, &line.repeat(32))
}

/// A PNG file with a profile.
pub fn png_in(image: &DynamicImage, profile: &[u8]) -> Bytes {
    let chunk = png_chunk(*b"iCCP", &[b"colours\0\0", &packed(profile)[..]].concat());
    with_chunks(&file(image, ImageFormat::Png), &chunk)
}

/// A PNG file of 40 x 24 pixels whose chunk of that name (`zTXt` for a text, `iCCP` for a profile) unpacks to so many
/// megabytes of nothing, and takes a thousandth of that.
pub fn png_unpacking(tag: [u8; 4], megabytes: u32) -> Bytes {
    const MEGABYTE: usize = 1_000_000;
    // A piece that stands alone can be repeated: packing so much anew would take minutes.
    let (mut packer, mut piece) = (Compress::new(Compression::best(), false), Vec::with_capacity(MEGABYTE));
    packer.compress_vec(&vec![0; MEGABYTE], &mut piece, FlushCompress::Full).unwrap();
    // The checksum of nothing but zeros: one, and their number in parts of a prime.
    let checksum = u32::try_from(u64::from(megabytes) * 1_000_000 % 65_521).unwrap() << 16 | 1;
    let stream = [
        &[0x78, 0xda][..],
        &piece.repeat(megabytes.try_into().unwrap()),
        // An empty last block.
        &[0x03, 0x00],
        &checksum.to_be_bytes(),
    ];
    let chunk = png_chunk(tag, &[b"name\0\0", &stream.concat()[..]].concat());
    with_chunks(&file(&picture(40, 24), ImageFormat::Png), &chunk)
}

/// A chunk of a PNG file, with its checksum.
pub fn png_chunk(tag: [u8; 4], body: &[u8]) -> Vec<u8> {
    let tagged = [&tag[..], body].concat();
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &tagged, &checksum(&tagged).to_be_bytes()].concat()
}

/// The checksum over a chunk's tag and body.
pub(super) fn checksum(tagged: &[u8]) -> u32 {
    let mut checksum = flate2::Crc::new();
    checksum.update(tagged);
    checksum.sum()
}

/// The file with these chunks behind its header.
pub(super) fn with_chunks(png: &[u8], chunks: &[u8]) -> Bytes {
    [&png[..BEHIND_HEADER], chunks, &png[BEHIND_HEADER..]].concat().into()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_packed_chunk_unpacks_to_what_was_asked_for() {
        let file = png_unpacking(*b"zTXt", 3);
        let start = file.windows(6).position(|window| window == b"name\0\0").unwrap() + 6;
        let mut unpacked = Vec::new();
        flate2::read::ZlibDecoder::new(&file[start..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, vec![0; 3_000_000]);
        assert!(file.len() < 10_000);
    }
}

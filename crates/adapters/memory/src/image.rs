//! The toy format that [`MemoryCodec`](crate::MemoryCodec) reads and writes: uncompressed, with just enough in its header to
//! stand for what real formats have.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `WRIM` |
//! | 4 | width, big-endian, from 1 |
//! | 4 | height, big-endian, from 1 |
//! | 1 | orientation, 1 to 8 as in EXIF |
//! | 2 | length of the metadata, big-endian |
//! | so many | metadata |
//! | 3 x width x height | pixels by row: red, green, blue |
//! | 0 or 2 | in a rendition: the code of the format it stands for (see `format_code`) and its quality |

use bytes::{BufMut, Bytes, BytesMut};
use wareroom_domain::Format;
use wareroom_ports::CodecError;

pub(crate) const MAGIC: &[u8] = b"WRIM";
const HEADER: usize = 15;
const TAIL: usize = 2;

/// An image of the toy format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryImage {
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// How to turn it to see it upright: 1 to 8, as in EXIF; 1 is upright.
    pub orientation: u8,
    /// What a camera would add: a place, a name. At most 65,535 bytes.
    pub metadata: Bytes,
    /// Red, green and blue of each pixel, by row.
    pub pixels: Bytes,
}

impl MemoryImage {
    /// An upright image of one colour, without metadata.
    pub fn filled(width: u32, height: u32, colour: [u8; 3]) -> Self {
        let pixels = colour.repeat(width as usize * height as usize).into();
        Self { width, height, orientation: 1, metadata: Bytes::new(), pixels }
    }

    /// The image as bytes. Nothing is checked, so that damaged images can be made too; metadata beyond the allowed length is
    /// left out.
    pub fn encode(&self) -> Bytes {
        let length = u16::try_from(self.metadata.len()).unwrap_or(u16::MAX);
        let metadata = &self.metadata[..usize::from(length)];
        let mut bytes = BytesMut::with_capacity(HEADER + metadata.len() + self.pixels.len());
        put_header(&mut bytes, self.width, self.height, self.orientation, length);
        bytes.extend_from_slice(metadata);
        bytes.extend_from_slice(&self.pixels);
        bytes.freeze()
    }

    /// Reads an image, or a rendition, whose format and quality are passed over.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let header = Header::read(bytes)?;
        let pixels = Bytes::copy_from_slice(header.pixels(bytes)?);
        let Header { width, height, orientation, metadata } = header;
        let metadata = Bytes::copy_from_slice(&bytes[HEADER..HEADER + metadata]);
        Ok(Self { width, height, orientation, metadata, pixels })
    }
}

/// A rendition as bytes, as far as its header, and with room for the rest: the caller appends the pixels.
pub(crate) fn begin_rendition(width: u32, height: u32) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(HEADER + 3 * width as usize * height as usize + TAIL);
    put_header(&mut bytes, width, height, 1, 0);
    bytes
}

/// Ends what [`begin_rendition`] began, once its pixels are appended.
pub(crate) fn end_rendition(mut bytes: BytesMut, format: Format, quality: u8) -> Bytes {
    bytes.put_u8(format_code(format));
    bytes.put_u8(quality);
    bytes.freeze()
}

const fn format_code(format: Format) -> u8 {
    match format {
        Format::Jpeg => 1,
        Format::WebP => 2,
    }
}

fn put_header(bytes: &mut BytesMut, width: u32, height: u32, orientation: u8, metadata: u16) {
    bytes.extend_from_slice(MAGIC);
    bytes.put_u32(width);
    bytes.put_u32(height);
    bytes.put_u8(orientation);
    bytes.put_u16(metadata);
}

/// What stands before the metadata.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) orientation: u8,
    metadata: usize,
}

impl Header {
    /// Reads and checks the header; says what it is when it is not of this format.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        if !bytes.starts_with(MAGIC) {
            return Err(foreign(bytes));
        }
        let Some(header) = bytes.first_chunk::<HEADER>() else { return Err(CodecError::Truncated) };
        let [.., w0, w1, w2, w3, h0, h1, h2, h3, orientation, m0, m1] = *header;
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        if width == 0 || height == 0 {
            return Err(CodecError::Damaged(format!("{width} x {height} pixels")));
        }
        if !(1..=8).contains(&orientation) {
            return Err(CodecError::Damaged(format!("orientation {orientation}")));
        }
        Ok(Self { width, height, orientation, metadata: usize::from(u16::from_be_bytes([m0, m1])) })
    }

    pub(crate) const fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The pixels: exactly as many as declared.
    pub(crate) fn pixels<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let rest = bytes.get(HEADER + self.metadata..).ok_or(CodecError::Truncated)?;
        let length = usize::try_from(u128::from(self.area()) * 3).map_err(|_| CodecError::Truncated)?;
        let (pixels, tail) = rest.split_at_checked(length).ok_or(CodecError::Truncated)?;
        match tail.len() {
            0 | TAIL => Ok(pixels),
            more => Err(CodecError::Damaged(format!("{more} bytes after the last pixel"))),
        }
    }
}

/// What bytes of another format are.
fn foreign(bytes: &[u8]) -> CodecError {
    if bytes.starts_with(b"%PDF") {
        CodecError::Unsupported("PDF")
    } else if bytes.starts_with(b"<svg") {
        CodecError::Unsupported("SVG")
    } else {
        CodecError::NotAnImage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> MemoryImage {
        let metadata = Bytes::from_static(b"52.5 N");
        MemoryImage { orientation: 6, metadata, ..MemoryImage::filled(3, 2, [1, 2, 3]) }
    }

    #[test]
    fn an_image_survives_its_bytes() {
        assert_eq!(MemoryImage::decode(&image().encode()).unwrap(), image());
    }

    #[test]
    fn every_cut_is_an_error_and_none_a_panic() {
        let bytes = image().encode();
        for end in 0..bytes.len() {
            let outcome = MemoryImage::decode(&bytes[..end]);
            let expected = if end < MAGIC.len() {
                matches!(outcome, Err(CodecError::NotAnImage))
            } else {
                matches!(outcome, Err(CodecError::Truncated))
            };
            assert!(expected, "{end}: {outcome:?}");
        }
    }

    #[test]
    fn a_size_that_no_memory_holds_is_truncated_before_anything_is_allocated() {
        let huge = MemoryImage { width: u32::MAX, height: u32::MAX, ..image() };
        assert!(matches!(MemoryImage::decode(&huge.encode()), Err(CodecError::Truncated)));
    }

    #[test]
    fn nothing_by_nothing_a_ninth_orientation_and_a_longer_tail_are_damaged() {
        let mut longer = image().encode().to_vec();
        longer.push(0);
        let none = MemoryImage { width: 0, ..image() }.encode();
        let ninth = MemoryImage { orientation: 9, ..image() }.encode();
        for bytes in [longer.into(), none, ninth] {
            assert!(matches!(MemoryImage::decode(&bytes), Err(CodecError::Damaged(_))));
        }
    }
}

//! What a file's structure tells before a decoder sees it: format, size, and whether it reaches its own end. Reads
//! lengths and tags only, allocates nothing, and believes nothing that the bytes do not bear out.

mod gif;
mod jpeg;
mod kind;
mod png;
mod webp;

use kind::Kind;
use wareroom_ports::CodecError;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
}

impl SourceFormat {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// What to call a file of this format that uses a part of it that is not read.
    pub(crate) const fn rare(self) -> &'static str {
        match self {
            Self::Jpeg => "this kind of JPEG",
            Self::Png => "this kind of PNG",
            Self::WebP => "this kind of WebP",
            Self::Gif => "this kind of GIF",
        }
    }
}

/// A file as its structure shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) format: SourceFormat,
    /// The picture's size as stored.
    pub(crate) size: (u32, u32),
    /// Whether the file reaches its own end, as far as its structure tells without decoding.
    pub(crate) complete: bool,
    /// The most bytes that decoding takes for each pixel, the decoded one included.
    pub(crate) decoding: u64,
}

/// What one format's reader found.
struct Found {
    /// The picture's size, when the file reaches that far.
    size: Option<(u32, u32)>,
    /// The most pixels of any picture within the file: a part may declare more than the whole.
    most_pixels: u64,
    complete: bool,
    /// As in [`Header`].
    decoding: u64,
}

impl Header {
    /// Tells the format by content and reads the size.
    pub(crate) fn read(bytes: &[u8], limit: u64) -> Result<Self, CodecError> {
        let format = match Kind::of(bytes) {
            Some(Kind::Read(format)) => format,
            Some(Kind::Other(name)) => return Err(CodecError::Unsupported(name)),
            None => return Err(CodecError::NotAnImage),
        };
        let found = match format {
            SourceFormat::Jpeg => jpeg::read(bytes),
            SourceFormat::Png => png::read(bytes),
            SourceFormat::WebP => webp::read(bytes),
            SourceFormat::Gif => gif::read(bytes),
        };
        match found.size {
            Some((0, _) | (_, 0)) => Err(CodecError::Damaged("the picture has no pixels".to_owned())),
            Some(_) if found.most_pixels > limit => Err(CodecError::TooManyPixels { limit }),
            Some(size) => Ok(Self { format, size, complete: found.complete, decoding: found.decoding }),
            None if found.complete => Err(CodecError::Damaged("the picture's size is missing".to_owned())),
            None => Err(CodecError::Truncated),
        }
    }
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_read_of_a_format_is_told_by_its_name() {
        use SourceFormat::{Gif, Jpeg, Png, WebP};
        for (format, name) in [(Jpeg, "JPEG"), (Png, "PNG"), (WebP, "WebP"), (Gif, "GIF")] {
            assert_eq!(format.rare(), format!("this kind of {name}"));
            assert_eq!(format.media_type(), format!("image/{}", name.to_lowercase()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in 0..5usize, tail in proptest::collection::vec(any::<u8>(), 0..400)) {
            let starts: [&[u8]; 5] =
                [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\xff\0\0\0WEBPVP8X", b"GIF89a"];
            let bytes = [starts[start], &tail].concat();
            if let Ok(header) = Header::read(&bytes, 1000) {
                prop_assert!(pixels(header.size) <= 1000);
            }
        }
    }
}

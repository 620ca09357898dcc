//! From a file's bytes to samples as they are stored, with what is needed to show them: profile and orientation.

mod jpeg;
mod other;
mod png;

use crate::header::{Header, SourceFormat};
use image::metadata::Orientation;
use wareroom_ports::CodecError;

/// What was decoded, eight bits a sample.
pub(crate) struct Decoded {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) samples: Samples,
    pub(crate) bytes: Vec<u8>,
    /// The embedded profile that says which colours the samples stand for.
    pub(crate) profile: Option<Vec<u8>>,
    pub(crate) orientation: Orientation,
}

/// What a pixel consists of, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Inks as JPEG files hold them: 255 is none.
    InvertedCmyk,
}

impl Samples {
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::InvertedCmyk => 4,
        }
    }
}

/// A file whose header its decoder has read.
trait Opened {
    /// The size as stored.
    fn size(&self) -> (u32, u32);

    /// Decodes the picture, the first one if there are several. `header` is of the same file.
    fn decode(self: Box<Self>, header: Header) -> Result<Decoded, CodecError>;
}

/// A source whose header was accepted, by us and by its decoder.
pub(crate) struct Source<'a> {
    header: Header,
    opened: Box<dyn Opened + 'a>,
}

impl<'a> Source<'a> {
    /// Reads the header only. `header` is what our own reader found in the same bytes.
    pub(crate) fn open(bytes: &'a [u8], header: Header, limit: u64) -> Result<Self, CodecError> {
        let opened: Box<dyn Opened + 'a> = match header.format {
            SourceFormat::Jpeg => Box::new(jpeg::Jpeg::open(bytes, header)?),
            SourceFormat::Png => Box::new(png::Png::open(bytes, header)?),
            SourceFormat::WebP | SourceFormat::Gif => Box::new(other::Other::open(bytes, header, limit)?),
        };
        let (width, height) = opened.size();
        if u64::from(width) * u64::from(height) > limit {
            return Err(CodecError::TooManyPixels { limit });
        }
        Ok(Self { header, opened })
    }

    pub(crate) fn media_type(&self) -> &'static str {
        self.header.format.media_type()
    }

    /// The size as stored.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.opened.size()
    }

    pub(crate) fn decode(self) -> Result<Decoded, CodecError> {
        if !self.header.complete {
            return Err(CodecError::Truncated);
        }
        self.opened.decode(self.header)
    }
}

/// Room for that many pixels, which the header's limit has bounded.
fn room((width, height): (u32, u32), samples: Samples) -> Result<Vec<u8>, CodecError> {
    let pixels = u64::from(width) * u64::from(height);
    let bytes = usize::try_from(pixels).ok().and_then(|pixels| pixels.checked_mul(samples.count()));
    Ok(vec![0; bytes.ok_or_else(|| crate::error::fault("a picture is larger than this machine's addresses"))?])
}

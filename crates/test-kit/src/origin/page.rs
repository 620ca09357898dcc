//! What a page of the origin can be. Knows no sockets.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::time::Duration;

/// What is answered on a path.
#[derive(Clone, Debug)]
pub enum OriginPage {
    /// These bytes, with their length.
    Bytes {
        /// Told as `Content-Type`, true or not.
        media_type: &'static str,
        /// Told as `Content-Encoding`.
        encoding: Option<&'static str>,
        /// As they travel.
        bytes: Bytes,
    },
    /// A status that is no success.
    Status {
        /// The number.
        status: u16,
        /// Told in whole seconds.
        retry_after: Option<Duration>,
        /// The body.
        body: Bytes,
    },
    /// So many bytes of nothing.
    Large {
        /// How many.
        bytes: u64,
        /// Whether the length is told beforehand; otherwise they come in chunks.
        announced: bool,
    },
    /// Bytes without an end, as quickly as they are taken.
    Endless,
    /// These bytes with their length, one at a time.
    Trickle {
        /// What would arrive in the end.
        bytes: Bytes,
        /// How long each byte takes.
        pause: Duration,
    },
    /// No answer at all; the connection stays open.
    Silence,
    /// The length of all these bytes, the first half of them, and then the connection ends.
    BreaksOff(Bytes),
    /// These bytes with a length that is not theirs. When it says more, the connection stays open and nothing follows.
    Misannounced {
        /// What is sent.
        bytes: Bytes,
        /// What is told.
        length: u64,
    },
    /// On to another URL.
    Redirect(String),
    /// On to itself.
    RedirectLoop,
    /// The first page for so many times, then the second for good.
    Recovers {
        /// How often it fails.
        failures: usize,
        /// How.
        failing: Box<OriginPage>,
        /// What follows.
        then: Box<OriginPage>,
    },
}

impl OriginPage {
    /// An image, told to be what it is.
    pub fn image(bytes: Bytes) -> Self {
        let media_type = match &bytes[..] {
            [0xff, 0xd8, ..] => "image/jpeg",
            [0x89, b'P', ..] => "image/png",
            [b'R', b'I', b'F', b'F', ..] => "image/webp",
            [b'G', b'I', b'F', ..] => "image/gif",
            _ => "application/octet-stream",
        };
        Self::body(media_type, bytes)
    }

    /// Bytes of that media type.
    pub const fn body(media_type: &'static str, bytes: Bytes) -> Self {
        Self::Bytes { media_type, encoding: None, bytes }
    }

    /// A page for people.
    pub fn html() -> Self {
        Self::body("text/html; charset=utf-8", Bytes::from_static(crate::samples::HTML))
    }

    /// A status without more.
    pub const fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None, body: Bytes::new() }
    }

    /// A status that asks to be left alone for so long.
    pub const fn later(status: u16, retry_after: Duration) -> Self {
        Self::Status { status, retry_after: Some(retry_after), body: Bytes::new() }
    }

    /// These bytes, packed on their way.
    pub fn gzip(media_type: &'static str, bytes: &[u8]) -> Self {
        let mut packer = GzEncoder::new(vec![], Compression::best());
        packer.write_all(bytes).unwrap();
        Self::Bytes { media_type, encoding: Some("gzip"), bytes: packer.finish().unwrap().into() }
    }

    /// So many bytes of nothing, packed to a thousandth.
    pub fn gzip_bomb(bytes: usize) -> Self {
        Self::gzip("image/png", &vec![0; bytes])
    }

    /// Fails with a status so many times, and is well from then on.
    pub fn recovering(failures: usize, status: u16, then: Self) -> Self {
        Self::Recovers { failures, failing: Box::new(Self::status(status)), then: Box::new(then) }
    }

    /// What is answered when it is asked for the `times`th time, counted from one.
    pub(super) fn at(&self, times: usize) -> &Self {
        match self {
            Self::Recovers { failures, failing, .. } if times <= *failures => failing.at(times),
            Self::Recovers { failures, then, .. } => then.at(times - failures),
            page => page,
        }
    }
}

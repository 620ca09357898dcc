//! Takes in a body piece by piece, unpacks and hashes it, and never holds more than is allowed. Knows no network.

use flate2::write::MultiGzDecoder;
use sha2::Digest;
use std::io::{self, Write};
use wareroom_domain::Sha256;
use wareroom_ports::{BoxError, SourceError};

/// How a body is packed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
}

impl Packing {
    /// What `Content-Encoding` says; `None` for a packing that cannot be undone here.
    pub(crate) fn read(encoding: Option<&str>) -> Option<Self> {
        let encoding = encoding.unwrap_or_default().trim();
        if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
            return Some(Self::None);
        }
        ["gzip", "x-gzip"].iter().any(|gzip| encoding.eq_ignore_ascii_case(gzip)).then_some(Self::Gzip)
    }
}

/// What has come out so far.
struct Taken {
    bytes: Vec<u8>,
    hash: sha2::Sha256,
    limit: u64,
    full: bool,
}

impl Write for Taken {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + piece.len()) as u64 > self.limit {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.hash.update(piece);
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Unpacked {
    Plain(Taken),
    Gzip(Box<MultiGzDecoder<Taken>>),
}

/// A body on its way in.
pub(crate) struct Body {
    unpacked: Unpacked,
    arrived: u64,
    limit: u64,
}

impl Body {
    pub(crate) fn new(packing: Packing, limit: u64) -> Self {
        let taken = Taken { bytes: vec![], hash: sha2::Sha256::new(), limit, full: false };
        let unpacked = match packing {
            Packing::None => Unpacked::Plain(taken),
            Packing::Gzip => Unpacked::Gzip(Box::new(MultiGzDecoder::new(taken))),
        };
        Self { unpacked, arrived: 0, limit }
    }

    /// How many bytes are held.
    pub(crate) fn held(&self) -> u64 {
        let taken = match &self.unpacked {
            Unpacked::Plain(taken) => taken,
            Unpacked::Gzip(decoder) => decoder.get_ref(),
        };
        taken.bytes.len() as u64
    }

    /// Makes room for that many bytes at once, where they are known to come as they are.
    pub(crate) fn reserve(&mut self, bytes: u64) {
        if let Unpacked::Plain(taken) = &mut self.unpacked {
            let more = usize::try_from(bytes.min(self.limit)).unwrap_or_default().saturating_sub(taken.bytes.len());
            taken.bytes.reserve_exact(more);
        }
    }

    /// Takes in a piece as it arrived.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), SourceError> {
        self.arrived = self.arrived.saturating_add(piece.len() as u64);
        if self.arrived > self.limit {
            return Err(SourceError::TooLarge { limit: self.limit });
        }
        let written = match &mut self.unpacked {
            Unpacked::Plain(taken) => taken.write_all(piece),
            Unpacked::Gzip(decoder) => decoder.write_all(piece),
        };
        written.map_err(|error| self.refused(error))
    }

    /// The whole, once the last piece was taken in.
    pub(crate) fn end(mut self) -> Result<(Vec<u8>, Sha256), SourceError> {
        if let Unpacked::Gzip(decoder) = &mut self.unpacked
            && let Err(error) = decoder.try_finish()
        {
            return Err(self.refused(error));
        }
        let taken = match &mut self.unpacked {
            Unpacked::Plain(taken) => taken,
            Unpacked::Gzip(decoder) => decoder.get_mut(),
        };
        let sha256 = Sha256(std::mem::take(&mut taken.hash).finalize().into());
        let mut bytes = std::mem::take(&mut taken.bytes);
        bytes.shrink_to_fit();
        Ok((bytes, sha256))
    }

    fn refused(&self, error: io::Error) -> SourceError {
        let full = match &self.unpacked {
            Unpacked::Plain(taken) => taken.full,
            Unpacked::Gzip(decoder) => decoder.get_ref().full,
        };
        if full { SourceError::TooLarge { limit: self.limit } } else { SourceError::Unreachable(BoxError::from(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn taken(packing: Packing, limit: u64, arriving: &[u8], piece: usize) -> Result<(Vec<u8>, Sha256), SourceError> {
        let mut body = Body::new(packing, limit);
        arriving.chunks(piece).try_for_each(|piece| body.take(piece))?;
        body.end()
    }

    #[test]
    fn the_names_of_packings_are_read_in_any_case() {
        for (text, packing) in [
            (None, Some(Packing::None)),
            (Some("identity"), Some(Packing::None)),
            (Some(" GZip "), Some(Packing::Gzip)),
            (Some("x-gzip"), Some(Packing::Gzip)),
            (Some("br"), None),
            (Some("gzip, gzip"), None),
        ] {
            assert_eq!(Packing::read(text), packing, "{text:?}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = packed(&vec![0; 10_000_000]);
        let mut body = Body::new(Packing::Gzip, 50_000);
        assert!(bomb.len() < 50_000, "the sample is no bomb");
        assert!(matches!(body.take(&bomb), Err(SourceError::TooLarge { limit: 50_000 })));
        let Unpacked::Gzip(decoder) = &body.unpacked else { panic!("it is packed") };
        assert!(decoder.get_ref().bytes.capacity() <= 131_072, "more was held than is allowed");
    }

    #[test]
    fn what_arrives_counts_although_little_comes_of_it() {
        let empty = packed(b"").repeat(1000);
        let outcome = taken(Packing::Gzip, 10_000, &empty, 100);
        assert!(matches!(outcome, Err(SourceError::TooLarge { limit: 10_000 })), "{outcome:?}");
    }

    #[test]
    fn a_packed_body_that_ends_early_or_is_damaged_is_an_error() {
        let whole = packed(&[7; 5000]);
        let mut damaged = whole.clone();
        let last = damaged.len() - 5;
        damaged[last] ^= 1;
        for broken in [&whole[..whole.len() - 1], &whole[..5], &damaged, b"no gzip at all"] {
            let outcome = taken(Packing::Gzip, 10_000, broken, 7);
            assert!(matches!(outcome, Err(SourceError::Unreachable(_))), "{outcome:?}");
        }
    }

    proptest! {
        #[test]
        fn any_body_in_any_pieces_comes_out_whole(bytes: Vec<u8>, piece in 1usize..50, gzip: bool) {
            let (packing, arriving) = if gzip { (Packing::Gzip, packed(&bytes)) } else { (Packing::None, bytes.clone()) };
            let (out, sha256) = taken(packing, 10_000, &arriving, piece).unwrap();
            prop_assert_eq!(sha256, Sha256(sha2::Sha256::digest(&bytes).into()));
            prop_assert_eq!(out, bytes);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, piece in 1usize..50) {
            let _ = taken(Packing::Gzip, 100, &bytes, piece);
        }
    }
}

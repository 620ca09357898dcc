//! What is kept packed: who is given it so, and how others are given it.

use bytes::Bytes;
use flate2::read::GzDecoder;
use futures::{Stream, stream};
use std::io::{self, Read};

/// What is unpacked at a time: little enough to be done between two other things.
const PORTION: usize = 64 * 1024;

/// Whether an `Accept-Encoding` has gzip, by itself or as one of all.
pub(super) fn is_accepted(header: Option<&str>) -> bool {
    let mut all = false;
    for coding in header.unwrap_or_default().split(',') {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => return !refused,
            "*" => all = !refused,
            _ => {}
        }
    }
    all
}

/// How many bytes come out: gzip says so in its last four.
pub(super) fn unpacked_length(packed: &[u8]) -> u64 {
    packed.last_chunk().map_or(0, |length| u32::from_le_bytes(*length).into())
}

/// What comes out, unpacked as it is read.
pub(super) fn unpacked(packed: &'static [u8]) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut unpacking = GzDecoder::new(packed);
    stream::iter(std::iter::from_fn(move || {
        let mut portion = vec![0; PORTION];
        match unpacking.read(&mut portion) {
            Ok(0) => None,
            Ok(length) => {
                portion.truncate(length);
                Some(Ok(portion.into()))
            }
            Err(error) => Some(Err(error)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_gzip_is_told_from_who_does_not() {
        for header in ["gzip", "br, GZIP", "deflate;q=0.5,x-gzip ; q=0.1", "*", "br;q=1, *;q=0.1"] {
            assert!(is_accepted(Some(header)), "{header}");
        }
        for header in ["", "br", "identity", "gzip;q=0", "*, gzip;q=0.0", "*;q=0", "gzipped"] {
            assert!(!is_accepted(Some(header)), "{header}");
        }
        assert!(!is_accepted(None));
    }
}

//! A codec over the toy format of [`MemoryImage`](crate::MemoryImage): it orients, scales and strips as a real one does, in
//! microseconds.
//!
//! A rendition is the same format with orientation 1 and no metadata, and ends with a code for the format that was asked
//! for and the quality, so that both matter to its bytes. The work is done a few rows at a time on the caller's task: it
//! gives way to others in between, and ends when the future is dropped.

use crate::deadline;
use crate::image::{Header, begin_rendition, end_rendition};
use async_trait::async_trait;
use bytes::{BufMut, Bytes};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::RenditionSpec;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendered, Rendering, Spent};

/// Reads and writes images of the toy format.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryCodec;

const MEDIA_TYPE: &str = "image/x-wareroom-memory";

/// About a millisecond of work.
const PIXELS_A_TURN: usize = 100_000;

#[async_trait]
impl ImageCodec for MemoryCodec {
    fn revision(&self) -> &'static str {
        "memory-1"
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        let header = checked(&source, limits)?;
        Ok(Inspected { media_type: MEDIA_TYPE, width: header.width, height: header.height })
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        let begun = Instant::now();
        let until = deadline::after(begun, limits.time);
        let header = checked(&source, limits)?;
        let upright = Upright::new(header, header.pixels(&source)?);
        let mut renditions = Vec::with_capacity(specs.len());
        for spec in specs {
            renditions.push(upright.scaled(spec, until).await?);
        }
        // Nothing is decoded beforehand: each pixel is looked up when it is needed.
        let spent = Spent { decoding: Duration::ZERO, encoding: begun.elapsed() };
        Ok(Rendering { media_type: MEDIA_TYPE, width: upright.width, height: upright.height, renditions, spent })
    }
}

fn checked(source: &[u8], limits: &CodecLimits) -> Result<Header, CodecError> {
    let header = Header::read(source)?;
    if header.area() > limits.pixels {
        return Err(CodecError::TooManyPixels { limit: limits.pixels });
    }
    Ok(header)
}

/// The source as it is to be seen. Nothing is copied: each pixel is looked up where it stands.
struct Upright<'a> {
    width: u32,
    height: u32,
    stored: Header,
    pixels: &'a [u8],
}

impl<'a> Upright<'a> {
    const fn new(stored: Header, pixels: &'a [u8]) -> Self {
        let turned = stored.orientation >= 5;
        let (width, height) = if turned { (stored.height, stored.width) } else { (stored.width, stored.height) };
        Self { width, height, stored, pixels }
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let (width, height) = (self.stored.width as usize, self.stored.height as usize);
        let (column, row) = match self.stored.orientation {
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            8 => (width - 1 - y, x),
            _ => (x, y),
        };
        let at = 3 * (row * width + column);
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// Each pixel of a rendition is the mean of those it stands for.
    async fn scaled(&self, spec: &RenditionSpec, until: Instant) -> Result<Rendered, CodecError> {
        let (width, height) = spec.fit(self.width, self.height);
        let mut bytes = begin_rendition(width, height);
        let mut read = PIXELS_A_TURN;
        for y in 0..height as usize {
            if read >= PIXELS_A_TURN {
                tokio::task::yield_now().await;
                if Instant::now() >= until {
                    return Err(CodecError::Timeout);
                }
                read = 0;
            }
            let rows = span(y, height, self.height);
            for x in 0..width as usize {
                let columns = span(x, width, self.width);
                read += rows.len() * columns.len();
                bytes.put_slice(&self.mean(columns, rows.clone()));
            }
        }
        Ok(Rendered { width, height, bytes: end_rendition(bytes, spec.format, spec.quality) })
    }

    fn mean(&self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> [u8; 3] {
        let count = (columns.len() * rows.len()) as u64;
        let mut sums = [0u64; 3];
        for y in rows {
            for x in columns.clone() {
                for (sum, value) in sums.iter_mut().zip(self.pixel(x, y)) {
                    *sum += u64::from(value);
                }
            }
        }
        sums.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX))
    }
}

/// Which of `of` pixels the one at `at` of `out` stands for: at least one.
fn span(at: usize, out: u32, of: u32) -> std::ops::Range<usize> {
    let (out, of) = (out as usize, of as usize);
    at * of / out..((at + 1) * of).div_ceil(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryImage;
    use std::time::Duration;
    use wareroom_domain::Format;

    const LIMITS: CodecLimits = CodecLimits { pixels: 1_000_000, time: Duration::from_secs(10) };

    fn spec(max_side: u32) -> RenditionSpec {
        RenditionSpec { name: "x".to_owned(), max_side, format: Format::Jpeg, quality: 80 }
    }

    /// Six pixels, each its own colour: `0 1 2` over `3 4 5`, stored in the given orientation.
    fn numbered(orientation: u8) -> Bytes {
        let pixels: Vec<u8> = (0..6).flat_map(|number| [number; 3]).collect();
        let metadata = Bytes::from_static(b"secret place");
        MemoryImage { width: 3, height: 2, orientation, metadata, pixels: pixels.into() }.encode()
    }

    async fn rendered(source: Bytes, max_side: u32) -> MemoryImage {
        let rendering = MemoryCodec.render(source, &[spec(max_side)], &LIMITS).await.unwrap();
        MemoryImage::decode(&rendering.renditions[0].bytes).unwrap()
    }

    #[tokio::test]
    async fn every_orientation_comes_out_upright() {
        let expected: [(u8, u32, [u8; 6]); 8] = [
            (1, 3, [0, 1, 2, 3, 4, 5]),
            (2, 3, [2, 1, 0, 5, 4, 3]),
            (3, 3, [5, 4, 3, 2, 1, 0]),
            (4, 3, [3, 4, 5, 0, 1, 2]),
            (5, 2, [0, 3, 1, 4, 2, 5]),
            (6, 2, [3, 0, 4, 1, 5, 2]),
            (7, 2, [5, 2, 4, 1, 3, 0]),
            (8, 2, [2, 5, 1, 4, 0, 3]),
        ];
        for (orientation, width, numbers) in expected {
            let image = rendered(numbered(orientation), 10).await;
            let seen: Vec<u8> = image.pixels.iter().copied().step_by(3).collect();
            assert_eq!((image.width, seen.as_slice()), (width, numbers.as_slice()), "orientation {orientation}");
            assert_eq!((image.orientation, image.metadata.len()), (1, 0));
        }
    }

    #[tokio::test]
    async fn a_smaller_rendition_is_the_mean_of_what_it_covers() {
        let pixels: Vec<u8> = [0u8, 100, 50, 250].into_iter().flat_map(|grey| [grey; 3]).collect();
        let source = MemoryImage { width: 4, height: 1, pixels: pixels.into(), ..MemoryImage::filled(1, 1, [0; 3]) };
        let image = rendered(source.encode(), 2).await;
        assert_eq!((image.width, image.height), (2, 1));
        assert_eq!(&image.pixels[..], &[50, 50, 50, 150, 150, 150]);
    }

    #[tokio::test]
    async fn format_and_quality_are_part_of_the_bytes() {
        let specs =
            [spec(10), RenditionSpec { quality: 79, ..spec(10) }, RenditionSpec { format: Format::WebP, ..spec(10) }];
        let rendering = MemoryCodec.render(numbered(1), &specs, &LIMITS).await.unwrap();
        let [a, b, c] = &rendering.renditions[..] else { panic!("three renditions") };
        assert!(a.bytes != b.bytes && b.bytes != c.bytes && a.bytes != c.bytes);
    }

    #[tokio::test]
    async fn the_limits_hold_before_a_pixel_is_looked_at() {
        let huge = MemoryImage { width: 60_000, height: 60_000, ..MemoryImage::filled(1, 1, [0; 3]) }.encode();
        let limit = LIMITS.pixels;
        let outcome = MemoryCodec.inspect(huge.clone(), &LIMITS).await;
        assert!(matches!(outcome, Err(CodecError::TooManyPixels { limit: l }) if l == limit));
        let outcome = MemoryCodec.render(huge, &[spec(10)], &LIMITS).await;
        assert!(matches!(outcome, Err(CodecError::TooManyPixels { limit: l }) if l == limit));
        let hurried = CodecLimits { time: Duration::ZERO, ..LIMITS };
        assert!(matches!(MemoryCodec.render(numbered(1), &[spec(10)], &hurried).await, Err(CodecError::Timeout)));
    }

    #[tokio::test]
    async fn what_is_no_image_is_told_from_what_is_not_read() {
        let inspect = |bytes: &'static [u8]| MemoryCodec.inspect(Bytes::from_static(bytes), &LIMITS);
        assert!(matches!(inspect(b"").await, Err(CodecError::NotAnImage)));
        assert!(matches!(inspect(b"<html>").await, Err(CodecError::NotAnImage)));
        assert!(matches!(inspect(b"%PDF-1.7").await, Err(CodecError::Unsupported("PDF"))));
        assert!(matches!(inspect(b"<svg/>").await, Err(CodecError::Unsupported("SVG"))));
        assert!(matches!(inspect(b"WRIM\0").await, Err(CodecError::Truncated)));
    }
}

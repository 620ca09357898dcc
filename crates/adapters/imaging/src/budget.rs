//! How much memory a source takes, judged before any of it is taken.
//!
//! ```text
//! decoding    pixels of the source x what its format takes for one, see the header
//! afterwards  the decoded picture, a half-resized one, the pictures made of it, the encoder's own
//! ```

use crate::header::Header;
use wareroom_domain::RenditionSpec;

/// Tables, profiles, the encoders' rows: what does not grow with the picture.
const FIXED: u64 = 8 << 20;
/// The bytes of a pixel that was made of the source.
const MADE: u64 = 4;
/// What an encoder holds for each pixel of the picture that it writes: planes or coefficients, and the file so far.
const ENCODING: u64 = 16;

/// The most bytes that rendering a file of that header and length takes, the file itself included.
pub(crate) fn needed(header: &Header, length: usize, specs: &[RenditionSpec]) -> u64 {
    let (width, height) = header.size;
    let pixels = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    let source = pixels(header.size);
    let sizes = || specs.iter().map(|spec| spec.fit(width, height));
    let made = sizes().map(pixels).fold(0, u64::saturating_add);
    let largest = sizes().map(pixels).max().unwrap_or(0);
    // Resizing goes by one axis after the other: between them a picture has one side of each size.
    let between = sizes().map(|(narrow, _)| pixels((narrow, height))).max().unwrap_or(0);
    let decoding = source.saturating_mul(header.decoding);
    let afterwards = source
        .saturating_add(between)
        .saturating_add(made)
        .saturating_mul(MADE)
        .saturating_add(largest.saturating_mul(MADE + ENCODING));
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    FIXED.saturating_add(length).saturating_add(decoding.max(afterwards))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::SourceFormat;
    use wareroom_domain::{Format, default_renditions};

    fn header(width: u32, height: u32, decoding: u64) -> Header {
        Header { format: SourceFormat::Png, size: (width, height), complete: true, decoding }
    }

    #[test]
    fn a_large_source_needs_what_its_pixels_take() {
        let photo = needed(&header(6000, 4000, 3), 5_000_000, &default_renditions());
        assert!((150_000_000..400_000_000).contains(&photo), "{photo}");
        let deep = needed(&header(6000, 4000, 40), 5_000_000, &default_renditions());
        assert!((960_000_000..1_000_000_000).contains(&deep), "{deep}");
    }

    #[test]
    fn no_size_overflows() {
        let spec = RenditionSpec { name: "all".to_owned(), max_side: u32::MAX, format: Format::Jpeg, quality: 80 };
        assert_eq!(needed(&header(u32::MAX, u32::MAX, 13), usize::MAX, &[spec]), u64::MAX);
    }
}

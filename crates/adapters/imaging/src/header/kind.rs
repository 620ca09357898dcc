//! Tells by its first bytes what a file is.

use super::SourceFormat;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An image that is read.
    Read(SourceFormat),
    /// An image, or a document that people take for one, that is not read.
    Other(&'static str),
}

const STARTS: [(&[u8], Kind); 26] = [
    (b"\xff\xd8\xff", Kind::Read(SourceFormat::Jpeg)),
    (b"\x89PNG\r\n\x1a\n", Kind::Read(SourceFormat::Png)),
    (b"GIF87a", Kind::Read(SourceFormat::Gif)),
    (b"GIF89a", Kind::Read(SourceFormat::Gif)),
    (b"II*\0", Kind::Other("TIFF")),
    (b"MM\0*", Kind::Other("TIFF")),
    (b"II+\0", Kind::Other("TIFF")),
    (b"MM\0+", Kind::Other("TIFF")),
    (b"IIRO", Kind::Other("camera raw")),
    (b"FUJIFILMCCD-RAW", Kind::Other("camera raw")),
    (b"II\xbc", Kind::Other("JPEG XR")),
    (b"\xff\x0a", Kind::Other("JPEG XL")),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind::Other("JPEG XL")),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind::Other("JPEG 2000")),
    (b"\xff\x4f\xff\x51", Kind::Other("JPEG 2000")),
    (b"8BPS", Kind::Other("PSD")),
    (b"%PDF-", Kind::Other("PDF")),
    (b"%!PS", Kind::Other("PostScript")),
    (b"\xc5\xd0\xd3\xc6", Kind::Other("PostScript")),
    (b"gimp xcf", Kind::Other("XCF")),
    (b"qoif", Kind::Other("QOI")),
    (b"DDS ", Kind::Other("DDS")),
    (b"\x76\x2f\x31\x01", Kind::Other("OpenEXR")),
    (b"#?RADIANCE", Kind::Other("Radiance HDR")),
    (b"farbfeld", Kind::Other("farbfeld")),
    (b"\x8aMNG\r\n\x1a\n", Kind::Other("MNG")),
];

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if let Some((_, kind)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
            return Some(*kind);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Some(Self::Read(SourceFormat::WebP));
        }
        iso_media(bytes).or_else(|| short_signature(bytes)).or_else(|| drawing(bytes)).map(Self::Other)
    }
}

/// AVIF and HEIC share a container, which names its contents by four-letter brands.
fn iso_media(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let end = usize::try_from(super::be32(bytes, 0)?).ok()?.clamp(12, 256).min(bytes.len());
    let brands = || bytes[8..end].chunks_exact(4);
    if brands().any(|brand| matches!(brand, b"avif" | b"avis")) {
        return Some("AVIF");
    }
    let heic =
        |brand: &[u8]| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1");
    brands().any(heic).then_some("HEIC")
}

/// Two bytes are too few to tell by: the fields after them must fit as well.
fn short_signature(bytes: &[u8]) -> Option<&'static str> {
    let bitmap = bytes.starts_with(b"BM")
        && super::le32(bytes, 6) == Some(0)
        && matches!(super::le32(bytes, 14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124));
    if bitmap {
        return Some("BMP");
    }
    let icon = super::le16(bytes, 0) == Some(0)
        && matches!(super::le16(bytes, 2), Some(1 | 2))
        && matches!(super::le16(bytes, 4), Some(1..=256))
        && bytes.get(9) == Some(&0);
    if icon {
        return Some("ICO");
    }
    let portable = matches!(bytes, [b'P', b'1'..=b'7', b' ' | b'\t' | b'\r' | b'\n', ..]);
    portable.then_some("PNM")
}

/// SVG is text: an `<svg` element within the first kilobyte of what begins like XML.
fn drawing(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let start = &start[..start.len().min(1024)];
    let element = start.windows(4).any(|window| window.eq_ignore_ascii_case(b"<svg"));
    (start.starts_with(b"<") && element).then_some("SVG")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_are_not_read_are_told_from_what_is_no_image() {
        let named: [(&[u8], &str); 12] = [
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"<?xml version=\"1.0\"?>\n<!-- a -->\n<svg xmlns=\"\"/>", "SVG"),
            (b"\xef\xbb\xbf  <SVG/>", "SVG"),
            (b"%PDF-1.7", "PDF"),
            (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "BMP"),
            (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", "ICO"),
            (b"8BPS\0\x01", "PSD"),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
            (b"P6\n2 2\n255\n", "PNM"),
        ];
        for (bytes, name) in named {
            assert_eq!(Kind::of(bytes), Some(Kind::Other(name)), "{name}");
        }
        let others: [&[u8]; 9] = [
            b"",
            b"\xff\xd8",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"BMW is a car maker of some renown",
            b"<html><body>an error page</body></html>",
            b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
            b"MZ\x90\0",
            b"\x7fELF",
            b"PK\x03\x04",
        ];
        for bytes in others {
            assert_eq!(Kind::of(bytes), None, "{bytes:?}");
        }
    }
}

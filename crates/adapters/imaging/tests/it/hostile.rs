//! What bad sources become: an error, soon.

use crate::samples::{
    CANARY, LIMITS, Metadata, codec, file, gif_declaring, gif_with, half_transparent, jpeg_declaring, jpeg_with,
    picture, png_chunk, png_declaring, png_with, spec, webp_declaring, webp_with,
};
use crate::{
    colours::{Inks, inks},
    profiles,
};
use bytes::Bytes;
use image::ImageFormat;
use mozjpeg::ColorSpace;
use proptest::{prelude::*, sample::Index};
use std::{io::Write, time::Duration};
use wareroom_domain::{Format, Reason};
use wareroom_ports::{CodecError, CodecLimits, ImageCodec};

fn sources() -> [Bytes; 8] {
    let image = picture(40, 24);
    let metadata = Metadata { orientation: 3, text: CANARY.as_bytes() };
    [
        jpeg_with(&image, &metadata),
        png_with(&image, &metadata),
        webp_with(&half_transparent(40, 24), &metadata),
        gif_with(&half_transparent(40, 24), &Metadata { orientation: 1, text: CANARY.as_bytes() }),
        file(&image, ImageFormat::Jpeg),
        file(&image, ImageFormat::Png),
        file(&image, ImageFormat::WebP),
        inks(&image, &Inks { stored: ColorSpace::JCS_YCCK, progressive: true, profile: &profiles::cyan_is_red() }),
    ]
}

#[tokio::test]
async fn a_tiny_file_that_declares_a_huge_picture_has_too_many_pixels_at_once() {
    let sources = [
        png_declaring(60_000, 60_000),
        png_declaring(u32::MAX >> 1, u32::MAX >> 1),
        jpeg_declaring(65_535, 65_535),
        webp_declaring(1 << 24, 1 << 24),
        gif_declaring(65_500, 65_500),
    ];
    for source in sources {
        assert!(matches!(codec().inspect(source.clone(), &LIMITS).await, Err(CodecError::TooManyPixels { .. })));
        let rendered = codec().render(source, &[spec(320, Format::WebP)], &LIMITS).await;
        assert!(matches!(rendered, Err(CodecError::TooManyPixels { limit: 50_000_000 })));
    }
}

#[tokio::test]
async fn a_picture_within_a_webp_counts_as_much_as_the_whole() {
    let mut frame = b"ANMF\x28\0\0\0\0\0\0\0\0\0\x07\0\0\x07\0\0\0\0\0\0".to_vec();
    frame.extend(b"VP8 \x10\0\0\0\x30\0\0\x9d\x01\x2a\xff\x3f\xff\x3f\0\0\0\0\0\0");
    let body = [&b"WEBPVP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0ANIM\x06\0\0\0\0\0\0\0\0\0"[..], &frame].concat();
    let source = [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat();
    let rendered = codec().render(source.into(), &[spec(320, Format::WebP)], &LIMITS).await;
    assert!(matches!(rendered, Err(CodecError::TooManyPixels { .. })), "{rendered:?}");
}

#[tokio::test]
async fn a_picture_without_pixels_is_damaged() {
    for source in [jpeg_declaring(0, 8), jpeg_declaring(8, 0), png_declaring(0, 1)] {
        let inspected = codec().inspect(source, &LIMITS).await;
        assert!(matches!(inspected, Err(CodecError::Damaged(_))), "{inspected:?}");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_anywhere_is_truncated() {
    for source in sources() {
        // The first bytes tell the format; the last ones may be checksums and end marks that no pixel depends on.
        for end in (16..source.len() - 16).step_by(7) {
            let rendered = codec().render(source.slice(..end), &[spec(40, Format::WebP)], &LIMITS).await;
            assert!(matches!(rendered, Err(CodecError::Truncated)), "{end} of {}: {rendered:?}", source.len());
        }
    }
}

#[tokio::test]
async fn other_formats_are_named_and_anything_else_is_no_image() {
    let limits = &LIMITS;
    let others: [(&[u8], &str); 12] = [
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "BMP"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", "ICO"),
        (b"8BPS\0\x01", "PSD"),
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    ];
    for (bytes, name) in others {
        let inspected = codec().inspect(Bytes::from_static(bytes), limits).await;
        assert!(matches!(inspected, Err(CodecError::Unsupported(told)) if told == name), "{name}: {inspected:?}");
    }
    for bytes in [&b""[..], b"\xff\xd8", b"hello", b"<!doctype html>"] {
        let text = codec().render(Bytes::from_static(bytes), &[spec(1, Format::Jpeg)], limits).await;
        assert_eq!(text.unwrap_err().reason(), Some(Reason::NotAnImage));
    }
}

#[tokio::test]
async fn the_caller_is_answered_in_time() {
    let limits = CodecLimits { time: Duration::from_millis(1), ..LIMITS };
    let source = file(&picture(3000, 2000), ImageFormat::Png);
    let rendered = codec().render(source, &[spec(2000, Format::WebP)], &limits).await;
    assert!(matches!(rendered, Err(CodecError::Timeout)), "{rendered:?}");
}

#[tokio::test]
async fn a_rendition_that_its_format_cannot_hold_is_an_error() {
    let source = file(&picture(16_400, 1), ImageFormat::Png);
    let rendered = codec().render(source, &[spec(20_000, Format::WebP)], &LIMITS).await;
    assert!(matches!(rendered, Err(CodecError::Unsupported(_))), "{rendered:?}");
}

/// A PNG file whose chunk of that name unpacks to 500 MB.
fn png_unpacking(tag: [u8; 4]) -> Bytes {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1_000_000];
    for _ in 0..500 {
        packed.write_all(&zeros).unwrap();
    }
    let plain = file(&picture(40, 24), ImageFormat::Png);
    let chunk = png_chunk(tag, &[b"name\0\0", &packed.finish().unwrap()[..]].concat());
    [&plain[..33], &chunk, &plain[33..]].concat().into()
}

#[tokio::test]
async fn what_unpacks_to_much_beside_the_picture_is_left_packed() {
    // What the whole process has ever taken, as the system counts it.
    let most = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    let sources = [png_unpacking(*b"zTXt"), png_unpacking(*b"iCCP")];
    let before = most();
    for source in sources {
        let rendering = codec().render(source, &[spec(40, Format::WebP)], &LIMITS).await.unwrap();
        assert_eq!((rendering.width, rendering.height), (40, 24));
    }
    let taken = most().zip(before).map_or(0, |(after, before)| after - before);
    assert!(taken < 400_000, "{taken} kB for a picture of 40 x 24 pixels, other tests running beside it");
}

#[tokio::test]
async fn a_picture_within_a_gif_counts_as_much_as_its_screen() {
    let source = [&b"GIF89a\x08\0\x08\0\0\0\0\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x01\0\0\x3b"[..]].concat();
    let rendered = codec().render(source.into(), &[spec(320, Format::WebP)], &LIMITS).await;
    assert!(matches!(rendered, Err(CodecError::TooManyPixels { .. })), "{rendered:?}");
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Repeat(Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, value)| Mutation::Set(at, value)),
        4 => (at(), 0..8u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => at().prop_map(Mutation::Cut),
        1 => (at(), any::<u8>()).prop_map(|(at, length)| Mutation::Remove(at, length)),
        1 => (at(), any::<u8>()).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

fn mutated(source: &Bytes, mutations: &[Mutation]) -> Bytes {
    let mut bytes = source.to_vec();
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        let range = |at: &Index, length: u8| {
            let from = at.index(bytes.len());
            from..(from + usize::from(length)).min(bytes.len())
        };
        match mutation {
            Mutation::Set(at, value) => {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            Mutation::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Mutation::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Mutation::Remove(at, length) => drop(bytes.drain(range(at, *length))),
            Mutation::Repeat(at, length) => {
                let range = range(at, *length);
                bytes.extend_from_within(range);
            }
        }
    }
    bytes.into()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// A panic that the decoder's library should not have is still an error here, so the test fails on one that got out.
    #[test]
    fn whatever_happened_to_a_file_it_gives_an_error_or_what_was_promised(
        mutations in proptest::collection::vec(mutation(), 1..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let limits = CodecLimits { pixels: 1_000_000, time: Duration::from_secs(20) };
        let specs = [spec(16, Format::WebP), spec(30, Format::Jpeg)];
        for source in sources() {
            let bytes = mutated(&source, &mutations);
            let inspected = runtime.block_on(codec().inspect(bytes.clone(), &limits));
            match runtime.block_on(codec().render(bytes, &specs, &limits)) {
                Ok(rendering) => {
                    let inspected = inspected.unwrap();
                    let stored = (inspected.width, inspected.height);
                    let turned = (inspected.height, inspected.width);
                    prop_assert!([stored, turned].contains(&(rendering.width, rendering.height)));
                    prop_assert_eq!(rendering.renditions.len(), specs.len());
                    for (spec, rendered) in specs.iter().zip(rendering.renditions) {
                        prop_assert_eq!(spec.fit(rendering.width, rendering.height), (rendered.width, rendered.height));
                        let image = image::load_from_memory(&rendered.bytes).unwrap();
                        prop_assert_eq!((image.width(), image.height()), (rendered.width, rendered.height));
                    }
                }
                Err(error) => prop_assert!(error.reason().is_some(), "not the image's fault: {error:?}"),
            }
        }
    }
}

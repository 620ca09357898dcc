//! What bad sources become: an error, soon.

use crate::stand::{LIMITS, codec, spec};
use bytes::Bytes;
use image::ImageFormat;
use std::time::Duration;
use wareroom_domain::{Format, Reason};
use wareroom_ports::{CodecError, CodecLimits, ImageCodec};
use wareroom_test_kit::samples::{
    FOREIGN, HTML, file, gif_declaring, jpeg_declaring, picture, png_declaring, png_unpacking, sound, webp_declaring,
};

#[tokio::test]
async fn a_tiny_file_that_declares_a_huge_picture_has_too_many_pixels_at_once() {
    let sources = [
        png_declaring(60_000, 60_000),
        png_declaring(u32::MAX >> 1, u32::MAX >> 1),
        jpeg_declaring(65_500, 65_500),
        jpeg_declaring(65_535, 65_535),
        webp_declaring(1 << 24, 1 << 24),
        gif_declaring(65_500, 65_500),
    ];
    for source in sources {
        assert!(source.len() < 1000, "{} bytes are not tiny", source.len());
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
    // What is behind the first picture of an animated GIF is never looked at.
    for (name, source) in sound().into_iter().filter(|(name, _)| *name != "GIF, animated") {
        // The first bytes tell the format; the last ones may be checksums and end marks that no pixel depends on.
        for end in (16..source.len() - 16).step_by(23) {
            let rendered = codec().render(source.slice(..end), &[spec(40, Format::WebP)], &LIMITS).await;
            assert!(matches!(rendered, Err(CodecError::Truncated)), "{end} of {}: {name}: {rendered:?}", source.len());
        }
    }
}

#[tokio::test]
async fn other_formats_are_named_and_anything_else_is_no_image() {
    for (name, bytes) in FOREIGN {
        let inspected = codec().inspect(Bytes::from_static(bytes), &LIMITS).await;
        assert!(matches!(inspected, Err(CodecError::Unsupported(told)) if told == name), "{name}: {inspected:?}");
    }
    for bytes in [&b""[..], b"\xff\xd8", b"hello", HTML] {
        let text = codec().render(Bytes::from_static(bytes), &[spec(1, Format::Jpeg)], &LIMITS).await;
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

#[tokio::test]
async fn what_unpacks_to_much_beside_the_picture_is_left_packed() {
    // What the whole process has ever taken, as the system counts it.
    let most = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    let sources = [png_unpacking(*b"zTXt", 500), png_unpacking(*b"iCCP", 500)];
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

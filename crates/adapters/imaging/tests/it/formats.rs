//! The ways in which one picture can be stored.

use crate::samples::{LIMITS, codec, decoded, distance, file, picture, png_chunk, spec};
use bytes::Bytes;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder};
use std::io::Write;
use wareroom_domain::Format;
use wareroom_ports::ImageCodec;

/// What a source looks like in its own size.
async fn shown(source: Bytes) -> DynamicImage {
    let rendering = codec().render(source, &[spec(u32::MAX, Format::WebP)], &LIMITS).await.unwrap();
    decoded(&rendering.renditions[0].bytes)
}

fn png_of(size: (u32, u32), (depth, colours, interlaced): (u8, u8, u8), before: &[u8], lines: &[u8]) -> Bytes {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(lines).unwrap();
    let header = [&size.0.to_be_bytes()[..], &size.1.to_be_bytes(), &[depth, colours, 0, 0, interlaced]].concat();
    let chunks = [
        &b"\x89PNG\r\n\x1a\n"[..],
        &png_chunk(*b"IHDR", &header),
        before,
        &png_chunk(*b"IDAT", &packed.finish().unwrap()),
        &png_chunk(*b"IEND", b""),
    ];
    chunks.concat().into()
}

/// A PNG file that shows a coarse picture first and finer ones after it.
fn interlaced(image: &RgbImage) -> Bytes {
    // Where each pass begins, across and down, and its steps.
    const PASSES: [(u32, u32, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let (width, height) = image.dimensions();
    let mut lines = Vec::new();
    for (left, top, across, down) in PASSES {
        for y in (top..height).step_by(down) {
            // How the line is filtered: not at all.
            lines.push(0);
            lines.extend((left..width).step_by(across).flat_map(|x| image.get_pixel(x, y).0));
        }
    }
    png_of((width, height), (8, 2, 1), b"", &lines)
}

#[tokio::test]
async fn an_interlaced_png_is_whole() {
    let original = picture(67, 45);
    let seen = shown(interlaced(&original.to_rgb8())).await;
    assert!(distance(&original, &seen) < 20);
}

#[tokio::test]
async fn palettes_of_every_depth_show_their_colours() {
    for depth in [1u8, 2, 4, 8] {
        // Two bands: the first and the last colour; a line of 64 pixels is packed into bytes.
        let (low, high) = (0x00u8, 0xffu8);
        let bytes = 64 * usize::from(depth) / 8;
        let line = [&[0][..], &vec![low; bytes / 2], &vec![high; bytes / 2]].concat();
        let last = (1usize << depth) - 1;
        let mut palette = vec![0; 3 * (last + 1)];
        palette[..3].copy_from_slice(&[250, 20, 30]);
        palette[3 * last..].copy_from_slice(&[20, 30, 250]);
        let opaque = shown(png_of((64, 32), (depth, 3, 0), &png_chunk(*b"PLTE", &palette), &line.repeat(32))).await;
        let opaque = opaque.to_rgb8();
        for (x, expected) in [(8, [250, 20, 30]), (56, [20, 30, 250])] {
            let seen = opaque.get_pixel(x, 16).0;
            assert!(seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12), "{depth}: {seen:?}");
        }
        // The first colour is transparent.
        let before = [png_chunk(*b"PLTE", &palette), png_chunk(*b"tRNS", &[0])].concat();
        let clear = shown(png_of((64, 32), (depth, 3, 0), &before, &line.repeat(32))).await.to_rgba8();
        assert_eq!((clear.get_pixel(8, 16).0[3], clear.get_pixel(56, 16).0[3]), (0, 255));
    }
}

#[tokio::test]
async fn a_colour_that_stands_for_transparency_is_transparent() {
    // Grey of one and of sixteen bits, whose darkest is named as transparent.
    for (depth, line) in
        [(1u8, [&[0][..], &[0; 4], &[0xff; 4]].concat()), (16, [&[0][..], &[0; 64], &[0xff; 64]].concat())]
    {
        let clear = shown(png_of((64, 32), (depth, 0, 0), &png_chunk(*b"tRNS", &[0, 0]), &line.repeat(32))).await;
        let clear = clear.to_rgba8();
        assert_eq!((clear.get_pixel(8, 16).0[3], clear.get_pixel(56, 16).0), (0, [255; 4]), "{depth}");
    }
}

#[tokio::test]
async fn a_progressive_jpeg_is_whole() {
    let original = picture(101, 67);
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(101, 67);
    encoder.set_quality(95.0);
    encoder.set_progressive_mode();
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(original.as_bytes()).unwrap();
    let seen = shown(started.finish().unwrap().into()).await;
    assert!(distance(&original, &seen) < 24);
}

fn animated(frames: &[[u8; 4]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in frames {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(40, 30, Rgba(*colour)))).unwrap();
    }
    drop(encoder);
    bytes
}

#[tokio::test]
async fn of_an_animation_the_first_picture_is_shown() {
    let first = [200, 40, 40, 255];
    let seen = shown(animated(&[first, [0, 255, 0, 255], [0, 0, 255, 255]]).into()).await;
    assert_eq!((seen.width(), seen.height()), (40, 30));
    assert!(seen.to_rgb8().pixels().all(|pixel| pixel.0.iter().zip(first).all(|(a, b)| a.abs_diff(b) < 10)));
}

#[tokio::test]
async fn what_is_behind_the_first_picture_of_a_gif_may_be_missing() {
    let alone = animated(&[[200, 40, 40, 255]]);
    let all = animated(&[[200, 40, 40, 255], [0, 255, 0, 255]]);
    let seen = shown(Bytes::from(all).slice(..alone.len() + 20)).await;
    assert!(seen.to_rgb8().get_pixel(20, 15).0[0] > 180);
}

#[tokio::test]
async fn a_gif_picture_that_does_not_fill_its_screen_stands_where_it_says() {
    let mut gif =
        file(&DynamicImage::from(RgbImage::from_pixel(20, 10, Rgb([200, 40, 40]))), ImageFormat::Gif).to_vec();
    // A screen of 40 x 30, and the picture at 10, 5 of it.
    gif[6..10].copy_from_slice(&[40, 0, 30, 0]);
    let colours = if gif[10] & 0x80 == 0 { 0 } else { 3 << ((gif[10] & 7) + 1) };
    let mut at = 13 + colours;
    while gif[at] != 0x2c {
        at += 2;
        while gif[at] != 0 {
            at += 1 + usize::from(gif[at]);
        }
        at += 1;
    }
    gif[at + 1..at + 5].copy_from_slice(&[10, 0, 5, 0]);
    let seen = shown(gif.into()).await.to_rgba8();
    assert_eq!(seen.dimensions(), (40, 30));
    assert_eq!((seen.get_pixel(2, 2).0[3], seen.get_pixel(38, 28).0[3]), (0, 0));
    assert!(seen.get_pixel(20, 10).0[3] == 255 && seen.get_pixel(20, 10).0[0] > 180);
}

//! The ways in which one picture can be stored.

use crate::stand::{LIMITS, codec, spec};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use wareroom_domain::Format;
use wareroom_ports::ImageCodec;
use wareroom_test_kit::samples::{
    PngLayout, decoded, distance, file, gif_animated, jpeg_progressive, picture, png_chunk, png_interlaced, png_of,
    png_with_palette, webp_animated, webp_lossy,
};

/// What a source looks like in its own size.
async fn shown(source: Bytes) -> DynamicImage {
    let rendering = codec().render(source, &[spec(u32::MAX, Format::WebP)], &LIMITS).await.unwrap();
    decoded(&rendering.renditions[0].bytes)
}

#[tokio::test]
async fn an_interlaced_png_is_whole() {
    let original = picture(67, 45);
    let seen = shown(png_interlaced(&original.to_rgb8())).await;
    assert!(distance(&original, &seen) < 20);
}

#[tokio::test]
async fn palettes_of_every_depth_show_their_colours() {
    for depth in [1, 2, 4, 8] {
        let opaque = shown(png_with_palette(depth, &[])).await.to_rgb8();
        for (x, expected) in [(8, [250, 20, 30]), (56, [20, 30, 250])] {
            let seen = opaque.get_pixel(x, 16).0;
            assert!(seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12), "{depth}: {seen:?}");
        }
        let clear = shown(png_with_palette(depth, &[0])).await.to_rgba8();
        assert_eq!((clear.get_pixel(8, 16).0[3], clear.get_pixel(56, 16).0[3]), (0, 255));
    }
}

#[tokio::test]
async fn a_colour_that_stands_for_transparency_is_transparent() {
    // Grey of one and of sixteen bits, whose darkest is named as transparent.
    for (depth, line) in
        [(1u8, [&[0][..], &[0; 4], &[0xff; 4]].concat()), (16, [&[0][..], &[0; 64], &[0xff; 64]].concat())]
    {
        let layout = PngLayout { size: (64, 32), depth, colours: 0, interlaced: false };
        let clear = shown(png_of(&layout, &png_chunk(*b"tRNS", &[0, 0]), &line.repeat(32))).await.to_rgba8();
        assert_eq!((clear.get_pixel(8, 16).0[3], clear.get_pixel(56, 16).0), (0, [255; 4]), "{depth}");
    }
}

#[tokio::test]
async fn a_progressive_jpeg_is_whole() {
    let original = picture(101, 67);
    let seen = shown(jpeg_progressive(&original)).await;
    assert!(distance(&original, &seen) < 24);
}

#[tokio::test]
async fn a_lossy_webp_is_whole() {
    let original = picture(96, 64);
    assert!(distance(&original, &shown(webp_lossy(&original)).await) < 40);
}

#[tokio::test]
async fn of_an_animation_the_first_picture_is_shown() {
    let first = [200, 40, 40, 255];
    let frames = [first, [0, 255, 0, 255], [0, 0, 255, 255]];
    for animation in [gif_animated(&frames), webp_animated(&frames)] {
        let seen = shown(animation).await;
        assert_eq!((seen.width(), seen.height()), (40, 30));
        assert!(seen.to_rgb8().pixels().all(|pixel| pixel.0.iter().zip(first).all(|(a, b)| a.abs_diff(b) < 10)));
    }
}

#[tokio::test]
async fn what_is_behind_the_first_picture_of_a_gif_may_be_missing() {
    let alone = gif_animated(&[[200, 40, 40, 255]]);
    let all = gif_animated(&[[200, 40, 40, 255], [0, 255, 0, 255]]);
    let seen = shown(all.slice(..alone.len() + 20)).await;
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

//! Files that are odd, of another kind, or meant to do harm: each once as an upload and once by URL.

use super::house::House;
use bytes::Bytes;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgba};
use serde_json::Value;
use wareroom_test_kit::samples::{
    FOREIGN, HTML, Inks, StoredInks, cyan_is_red, distance, file, gif_animated, gif_declaring, jpeg_declaring,
    jpeg_in_inks, picture, png_declaring, png_unpacking, webp_animated, webp_declaring,
};
use wareroom_test_kit::{Encoding, OriginPage, Picture};

/// What becomes of a file.
#[derive(Clone)]
enum Outcome {
    /// Its largest rendition looks like this, or is at least of this size.
    Shows(DynamicImage),
    /// It is ready in this size, or one of these reasons is given.
    ReadyOr(u32, u32, &'static [&'static str]),
    /// It is accepted and fails for this reason.
    Fails(&'static str),
    /// An upload is refused at the door, with this status and code; by URL it fails for this reason.
    Refused(u16, &'static str, &'static str),
}

/// A file of that name.
type Row = (String, Bytes, Outcome);

/// How far colours may be off that went through two lossy formats.
const TOLERANCE: u8 = 40;

/// Tiny files with a declared side of 65,500 pixels.
fn huge() -> [(&'static str, Bytes); 4] {
    [
        ("huge.jpg", jpeg_declaring(65_500, 65_500)),
        ("huge.png", png_declaring(65_500, 65_500)),
        ("huge.gif", gif_declaring(65_500, 65_500)),
        ("huge.webp", webp_declaring(65_500, 65_500)),
    ]
}

fn rows() -> Vec<Row> {
    let (original, first) = (picture(400, 300), [200, 40, 40, 255]);
    let frames = [first, [0, 255, 0, 255], [0, 0, 255, 255]];
    let still = DynamicImage::from(image::RgbaImage::from_pixel(40, 30, Rgba(first)));
    let inks = |stored, progressive| jpeg_in_inks(&original, &Inks { stored, progressive, profile: b"" });
    let red = image::RgbImage::from_pixel(40, 30, image::Rgb([255, 0, 0]));
    let cyan = image::RgbImage::from_pixel(40, 30, image::Rgb([0, 255, 255]));
    let printed = Inks { stored: StoredInks::Cmyk, progressive: false, profile: &cyan_is_red() };
    let mut rows: Vec<Row> = vec![
        row("cmyk.jpg", inks(StoredInks::Cmyk, false), Outcome::Shows(original.clone())),
        row("ycck.jpg", inks(StoredInks::Ycck, true), Outcome::Shows(original.clone())),
        row("printed.jpg", jpeg_in_inks(&cyan.into(), &printed), Outcome::Shows(red.into())),
        row("animated.gif", gif_animated(&frames), Outcome::Shows(still.clone())),
        row("animated.webp", webp_animated(&frames), Outcome::Shows(still)),
        row("text.png", png_unpacking(*b"zTXt", 500), Outcome::ReadyOr(40, 24, &["damaged"])),
        row("profile.png", png_unpacking(*b"iCCP", 500), Outcome::ReadyOr(40, 24, &["damaged"])),
        row("bits.png", bits_turned_over(&original), Outcome::Fails("damaged")),
        row("page.jpg", Bytes::from_static(HTML), Outcome::Refused(415, "unsupported_image", "not_an_image")),
    ];
    for (name, format) in
        [("cut.jpg", ImageFormat::Jpeg), ("cut.png", ImageFormat::Png), ("cut.webp", ImageFormat::WebP)]
    {
        let whole = file(&original, format);
        rows.push(row(name, whole.slice(..whole.len() / 2), Outcome::Fails("truncated")));
    }
    let refused = Outcome::Refused(422, "too_many_pixels", "too_many_pixels");
    rows.extend(huge().map(|(name, bytes)| row(name, bytes, refused.clone())));
    let refused = Outcome::Refused(415, "unsupported_image", "unsupported_image");
    rows.extend(FOREIGN.map(|(name, bytes)| row(name, Bytes::from_static(bytes), refused.clone())));
    rows
}

fn row(name: &str, bytes: Bytes, outcome: Outcome) -> Row {
    (name.to_owned(), bytes, outcome)
}

/// A file whose pixels have been hit on the way, in the middle of what is packed.
fn bits_turned_over(image: &DynamicImage) -> Bytes {
    let mut bytes = file(image, ImageFormat::Png).to_vec();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16].iter_mut().for_each(|byte| *byte ^= 0xff);
    bytes.into()
}

async fn assert_outcome(house: &House, name: &str, image: &Value, outcome: &Outcome) {
    match outcome {
        Outcome::Shows(expected) => {
            let renditions = house.renditions(image).await;
            let seen = image::load_from_memory(&renditions[2]).unwrap();
            assert_eq!(seen.dimensions(), expected.dimensions(), "{name}");
            assert!(distance(expected, &seen) < TOLERANCE, "{name}: {}", distance(expected, &seen));
        }
        Outcome::ReadyOr(width, height, _) if image["status"] == "ready" => {
            assert_eq!((&image["width"], &image["height"]), (&(*width).into(), &(*height).into()), "{name}");
            house.renditions(image).await;
        }
        Outcome::ReadyOr(_, _, reasons) => {
            house.assert_failed(image, reasons);
        }
        Outcome::Fails(reason) | Outcome::Refused(_, _, reason) => {
            house.assert_failed(image, &[reason]);
        }
    }
}

/// Each file between two sound ones: refused with them, or accepted and judged alone.
pub(super) async fn each_gets_its_outcome_by_upload(house: &House) {
    let (before, behind) = (Picture::new(30, 320, 240), Picture::new(31, 320, 240));
    for (name, bytes, outcome) in rows() {
        let product = house.product(&format!("{name} uploaded"), &[]).await;
        let sound = |picture: Picture| (format!("{}.png", picture.seed), picture.encode(Encoding::Png));
        let files = vec![sound(before), (name.clone(), bytes), sound(behind)];
        let answer = house.client.upload(product, files).await.unwrap();
        if let Outcome::Refused(status, code, _) = outcome {
            let problem = answer.expect(status);
            assert_eq!(problem["code"], code, "{name}: {problem:#}");
            let pointers: Vec<_> =
                problem["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
            assert_eq!(pointers, ["/file/1"], "{name}: {problem:#}");
            assert_eq!(house.images_of(product).await.len(), 0, "{name}: files of one request are all or nothing");
            continue;
        }
        answer.expect(201);
        let images = house.settled(product).await;
        let [first, odd, last] = &images[..] else { panic!("{name}: {images:#?}") };
        house.assert_shows(first, before).await;
        assert_outcome(house, &name, odd, &outcome).await;
        house.assert_shows(last, behind).await;
    }
}

/// All files at two products, as far as there is room, with a sound one at the end.
pub(super) async fn each_gets_its_outcome_by_url(house: &House) {
    const ROOM: usize = 19;
    for (part, rows) in rows().chunks(ROOM).enumerate() {
        let beside = Picture::new(32, 320, 240);
        let page = |(index, row): (usize, &Row)| {
            house.page(&format!("/files/{part}/{index}/{}", row.0.replace(' ', "-")), OriginPage::image(row.1.clone()))
        };
        let mut urls: Vec<String> = rows.iter().enumerate().map(page).collect();
        urls.push(house.sound(beside));
        let product = house.product("files by URL", &urls).await;
        let images = house.settled(product).await;
        assert_eq!(images.len(), rows.len() + 1);
        for ((name, _, outcome), image) in rows.iter().zip(&images) {
            assert_outcome(house, name, image, outcome).await;
        }
        house.assert_shows(&images[rows.len()], beside).await;
    }
}

//! `ImageCodec`: looks at images and makes renditions of them. The fixture knows the formats, so that the cases need not.

use crate::patience::within;
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use wareroom_domain::{Format, RenditionSpec};
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Rendering};

/// A codec to be held to account, with the images that it reads and a decoder of its renditions.
///
/// A fixture stands for one format of sources; a codec that reads several has a fixture for each.
#[async_trait]
pub trait CodecFixture: Send + Sync + Sized + 'static {
    /// A codec.
    async fn fresh() -> Self;

    /// The codec.
    fn codec(&self) -> Arc<dyn ImageCodec>;

    /// What the codec does, where codecs may differ.
    fn features(&self) -> Features;

    /// An image of those pixels, as stored, with an orientation (1 to 8, as in EXIF) and these bytes among its metadata,
    /// uncompressed, so that they can be found in the file.
    fn image(&self, picture: &Picture, orientation: u8, metadata: &[u8]) -> Bytes;

    /// Whether files of this format can ask for an orientation; if not, [`image`](Self::image) is only asked for the first.
    fn has_orientations(&self) -> bool {
        true
    }

    /// The pixels of a rendition.
    fn decode(&self, rendition: &Bytes) -> Picture;

    /// A file of less than 10,000 bytes that declares a picture of more than 100 million pixels.
    fn huge(&self) -> Bytes;

    /// Bytes that are no image.
    fn no_image(&self) -> Bytes;

    /// An image of a format that is not read.
    fn unsupported(&self) -> Bytes;

    /// An image that ends too early, after its header.
    fn truncated(&self) -> Bytes;

    /// The media type of what [`image`](Self::image) gives.
    fn media_type(&self) -> &'static str;
}

/// What codecs may do or not do.
#[derive(Clone, Copy, Debug)]
pub struct Features {
    /// Whether a call that takes longer than its limit is ended, as `Timeout`.
    pub enforces_time: bool,
}

/// Pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green and blue of each pixel, line by line.
    pub rgb: Vec<u8>,
}

/// The one list of cases of [`codec`](crate::codec).
#[macro_export]
macro_rules! codec_cases {
    ($then:path, $given:tt) => {
        $then! { codec $given
            the_revision_stays
            inspect_tells_type_and_size_as_stored
            a_tiny_file_that_declares_a_huge_picture_is_too_many_pixels_at_once
            what_is_no_image_is_told_by_content
            what_is_an_image_of_a_format_not_read_is_told_by_content
            an_image_that_ends_too_early_is_truncated
            renditions_come_in_order_in_the_size_that_fits
            nothing_is_enlarged
            a_rendering_tells_the_media_type
            a_rendition_shows_the_picture
            the_orientation_is_applied
            no_metadata_is_carried_over
            the_same_input_gives_the_same_bytes
            too_many_pixels_are_refused_before_decoding
            any_input_is_survived
            a_render_ends_within_its_time
        }
    };
}

/// Tests that hold a [`CodecFixture`] to every case of [`codec`](crate::codec).
#[macro_export]
macro_rules! codec_suite {
    ($fixture:ty) => {
        $crate::codec_cases!($crate::tests, ($fixture));
    };
}

codec_cases!(names, ());

const LIMITS: CodecLimits = CodecLimits { pixels: 1_000_000, time: Duration::from_mins(1) };
const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

/// Four fields: red and green above blue and white.
fn fields(width: u32, height: u32) -> Picture {
    let colour = |x, y| match (2 * x < width, 2 * y < height) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => WHITE,
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y))).collect();
    Picture { width, height, rgb }
}

impl Picture {
    /// The colours in the middle of the four fields, named by the nearest pure one, which survives any encoder.
    fn corners(&self) -> [[u8; 3]; 4] {
        let at = |x: u32, y: u32| {
            let index = 3 * (y as usize * self.width as usize + x as usize);
            let seen = &self.rgb[index..index + 3];
            let distance = |pure: &[u8; 3]| pure.iter().zip(seen).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
            [RED, GREEN, BLUE, WHITE, [0; 3], [128; 3]].into_iter().min_by_key(distance).expect("colours")
        };
        let (left, right) = (self.width / 4, self.width - 1 - self.width / 4);
        let (top, bottom) = (self.height / 4, self.height - 1 - self.height / 4);
        [at(left, top), at(right, top), at(left, bottom), at(right, bottom)]
    }
}

fn specs(sides: &[u32]) -> Vec<RenditionSpec> {
    let spec = |(index, max_side): (usize, &u32)| RenditionSpec {
        name: format!("side {max_side}"),
        max_side: *max_side,
        format: Format::ALL[index % Format::ALL.len()],
        quality: 85,
    };
    sides.iter().enumerate().map(spec).collect()
}

async fn render(codec: &Arc<dyn ImageCodec>, source: Bytes, specs: &[RenditionSpec]) -> Rendering {
    let rendering = within("render answers", codec.render(source, specs, &LIMITS)).await.expect("renditions");
    assert_eq!(rendering.renditions.len(), specs.len(), "one rendition for each specification");
    rendering
}

/// `revision` changes only with what the codec does.
pub async fn the_revision_stays<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let codec = fixture.codec();
    let before = codec.revision().to_owned();
    render(&codec, fixture.image(&fields(8, 8), 1, b""), &specs(&[4])).await;
    assert_eq!(codec.revision(), before);
    assert!(!before.is_empty(), "a revision says something");
}

/// `inspect` tells the type that the bytes show, and the size as stored.
pub async fn inspect_tells_type_and_size_as_stored<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let turned = if fixture.has_orientations() { 6 } else { 1 };
    for (width, height, orientation) in [(64, 48, 1), (31, 17, turned), (1, 1, 1)] {
        let source = fixture.image(&fields(width, height), orientation, b"");
        let inspected = within("inspect answers", fixture.codec().inspect(source, &LIMITS)).await.expect("a header");
        assert_eq!((inspected.width, inspected.height), (width, height));
        assert_eq!(inspected.media_type, fixture.media_type());
    }
}

/// `inspect` MUST NOT allocate by the declared size: a tiny file that declares a huge picture is `TooManyPixels` at once.
pub async fn a_tiny_file_that_declares_a_huge_picture_is_too_many_pixels_at_once<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let huge = fixture.huge();
    assert!(huge.len() < 10_000, "the sample is not tiny");
    let outcome = within("inspect answers", fixture.codec().inspect(huge, &LIMITS)).await;
    assert_refused!(outcome, CodecError::TooManyPixels { limit: 1_000_000 });
}

/// `inspect` MUST tell what is no image by content.
pub async fn what_is_no_image_is_told_by_content<F: CodecFixture>() {
    let fixture = F::fresh().await;
    for bytes in [fixture.no_image(), Bytes::new()] {
        let outcome = within("inspect answers", fixture.codec().inspect(bytes.clone(), &LIMITS)).await;
        assert_refused!(outcome, CodecError::NotAnImage);
        let outcome = within("render answers", fixture.codec().render(bytes, &specs(&[4]), &LIMITS)).await;
        assert_refused!(outcome, CodecError::NotAnImage);
    }
}

/// `inspect` MUST tell what is an image of a format not read by content.
pub async fn what_is_an_image_of_a_format_not_read_is_told_by_content<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let outcome = within("inspect answers", fixture.codec().inspect(fixture.unsupported(), &LIMITS)).await;
    assert_refused!(outcome, CodecError::Unsupported(_));
}

/// `render` answers `Truncated` when the bytes end too early: no rendition with a part of the picture missing.
pub async fn an_image_that_ends_too_early_is_truncated<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let outcome = within("render answers", fixture.codec().render(fixture.truncated(), &specs(&[4]), &LIMITS)).await;
    assert_refused!(outcome, CodecError::Truncated);
}

/// `render` MUST answer one rendition for each specification, in their order, of the size that `fit` says.
pub async fn renditions_come_in_order_in_the_size_that_fits<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let specs = specs(&[20, 61, 7, 40, 1]);
    for (width, height) in [(64, 48), (48, 64), (300, 2)] {
        let rendering = render(&fixture.codec(), fixture.image(&fields(width, height), 1, b""), &specs).await;
        assert_eq!((rendering.width, rendering.height), (width, height));
        for (rendered, spec) in rendering.renditions.iter().zip(&specs) {
            let picture = fixture.decode(&rendered.bytes);
            assert_eq!((rendered.width, rendered.height), spec.fit(width, height), "for {}", spec.name);
            assert_eq!((picture.width, picture.height), spec.fit(width, height), "the bytes show another size");
        }
    }
}

/// `render` MUST never enlarge.
pub async fn nothing_is_enlarged<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let rendering = render(&fixture.codec(), fixture.image(&fields(24, 16), 1, b""), &specs(&[25, 800])).await;
    for rendered in rendering.renditions {
        let picture = fixture.decode(&rendered.bytes);
        assert_eq!((rendered.width, rendered.height), (24, 16));
        assert_eq!((picture.width, picture.height), (24, 16));
    }
}

/// `render` MUST tell the source's media type, as `inspect` does.
pub async fn a_rendering_tells_the_media_type<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let rendering = render(&fixture.codec(), fixture.image(&fields(24, 16), 1, b""), &specs(&[8])).await;
    assert_eq!(rendering.media_type, fixture.media_type());
}

/// A rendition shows what its source shows.
pub async fn a_rendition_shows_the_picture<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let rendering = render(&fixture.codec(), fixture.image(&fields(96, 64), 1, b""), &specs(&[48, 96, 32])).await;
    for rendered in rendering.renditions {
        assert_eq!(fixture.decode(&rendered.bytes).corners(), [RED, GREEN, BLUE, WHITE]);
    }
}

/// `render` MUST apply the orientation that the source's metadata asks for.
pub async fn the_orientation_is_applied<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let upright: [[[u8; 3]; 4]; 8] = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    let known = if fixture.has_orientations() { upright.len() } else { 1 };
    for (orientation, corners) in (1..=8).zip(upright).take(known) {
        let source = fixture.image(&fields(64, 48), orientation, b"");
        let rendering = render(&fixture.codec(), source, &specs(&[32, 64])).await;
        let (width, height) = if orientation < 5 { (64, 48) } else { (48, 64) };
        assert_eq!((rendering.width, rendering.height), (width, height), "orientation {orientation}");
        for rendered in rendering.renditions {
            let picture = fixture.decode(&rendered.bytes);
            assert_eq!(picture.corners(), corners, "orientation {orientation}");
            assert_eq!(picture.width > picture.height, width > height, "orientation {orientation}");
        }
    }
}

/// `render` MUST NOT carry any metadata of the source over.
pub async fn no_metadata_is_carried_over<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let place = b"taken at 51.4778 N, 0.0014 W";
    let shows = |bytes: &Bytes| bytes.windows(place.len()).any(|window| window == place);
    let source = fixture.image(&fields(64, 48), 1, place);
    assert!(shows(&source), "the sample does not carry the metadata");
    for rendered in render(&fixture.codec(), source, &specs(&[32, 32, 64, 64])).await.renditions {
        assert!(!shows(&rendered.bytes), "a rendition tells where the picture was taken");
    }
}

/// `render` MUST give the same bytes for the same input, at the same time and on other instances too.
pub async fn the_same_input_gives_the_same_bytes<F: CodecFixture>() {
    let (fixture, other) = (F::fresh().await, F::fresh().await);
    let source = fixture.image(&fields(64, 48), 1, b"");
    let specs = specs(&[20, 40, 64]);
    let (codec, other) = (fixture.codec(), other.codec());
    let first = render(&codec, source.clone(), &specs).await;
    let at_once = futures::future::join_all([
        render(&codec, source.clone(), &specs),
        render(&codec, source.clone(), &specs),
        render(&other, source, &specs),
    ])
    .await;
    assert!(at_once.iter().all(|again| again.renditions == first.renditions), "the same input gave other bytes");
}

/// `render` MUST answer `TooManyPixels` before decoding a source beyond the limit.
pub async fn too_many_pixels_are_refused_before_decoding<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let codec = fixture.codec();
    // What is missing of it would be noticed while decoding, and would be another error.
    let outcome = within("render answers", codec.render(fixture.huge(), &specs(&[4]), &LIMITS)).await;
    assert_refused!(outcome, CodecError::TooManyPixels { limit: 1_000_000 });
    let source = fixture.image(&fields(64, 48), 1, b"");
    let limits = |pixels| CodecLimits { pixels, ..LIMITS };
    let outcome = within("render answers", codec.render(source.clone(), &specs(&[4]), &limits(64 * 48 - 1))).await;
    assert_refused!(outcome, CodecError::TooManyPixels { .. });
    let outcome = within("render answers", codec.render(source, &specs(&[4]), &limits(64 * 48))).await;
    outcome.expect("as many pixels as allowed");
}

/// Damaged files, the same at every run: bits flipped here and there, and ends cut off.
fn damaged(source: &Bytes) -> Vec<Bytes> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or_default() % below
    };
    let mut damaged = Vec::new();
    for round in 0..96 {
        let mut bytes = source.to_vec();
        for _ in 0..=round / 12 {
            // Every other flip lies in the first bytes, where the header is.
            let reach = if round % 2 == 0 { bytes.len().min(64) } else { bytes.len() };
            bytes[random(reach)] ^= 1 << random(8);
        }
        damaged.push(bytes.into());
    }
    damaged.extend((0..24).map(|_| source.slice(..random(source.len()))));
    damaged
}

/// `render` MUST survive any input: an error, not a panic; and so must `inspect`.
pub async fn any_input_is_survived<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let codec = fixture.codec();
    let turned = if fixture.has_orientations() { 6 } else { 1 };
    let sound = fixture.image(&fields(64, 48), turned, b"metadata");
    let mut inputs = damaged(&sound);
    inputs.extend([fixture.truncated(), fixture.unsupported(), fixture.no_image(), Bytes::new()]);
    for input in inputs {
        // Some damage goes unnoticed, and that is fine: what is asked for is an answer.
        let _ = within("inspect answers", codec.inspect(input.clone(), &LIMITS)).await;
        match within("render answers", codec.render(input, &specs(&[16]), &LIMITS)).await {
            Ok(rendering) => assert_eq!(rendering.renditions.len(), 1),
            Err(error) => assert!(error.reason().is_some(), "the fault is the image's, not the machine's: {error:?}"),
        }
    }
    render(&codec, sound, &specs(&[16])).await;
}

/// A call ends within `time`, as `Timeout`, where the codec enforces it.
pub async fn a_render_ends_within_its_time<F: CodecFixture>() {
    let fixture = F::fresh().await;
    let codec = fixture.codec();
    let source = fixture.image(&fields(900, 900), 1, b"");
    let hurry = CodecLimits { time: Duration::from_micros(1), ..LIMITS };
    let outcome = within("render answers", codec.render(source.clone(), &specs(&[800, 400]), &hurry)).await;
    if fixture.features().enforces_time {
        assert_refused!(outcome, CodecError::Timeout);
    } else {
        assert!(outcome.is_ok(), "the time is not enforced, and yet it is: {outcome:?}");
    }
    render(&codec, source, &specs(&[16])).await;
}

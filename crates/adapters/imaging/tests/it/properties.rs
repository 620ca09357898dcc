//! What must hold for any bytes whatsoever: an error that tells what is wrong with them, or renditions of exactly the
//! promised sizes; never a panic, of a decoder's neither.
//!
//! `WAREROOM_CODEC_CASES` and `WAREROOM_CODEC_SEED` ask for more cases or for the same ones again. A failure names the seed
//! of its own case, which alone repeats it.

use crate::stand::{codec, spec};
use bytes::Bytes;
use fastrand::Rng;
use std::{collections::BTreeMap, fmt::Debug, time::Duration};
use wareroom_domain::Format;
use wareroom_imaging::Imaging;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec};
use wareroom_test_kit::{
    report,
    samples::{Damage, FOREIGN, decoded, png_resealed, sound},
};

/// Few enough pixels that no case takes long, however large a picture its damage declares.
const LIMITS: CodecLimits = CodecLimits { pixels: 300_000, time: Duration::from_mins(1) };

/// How often each outcome came.
type Tally = BTreeMap<String, u64>;

#[tokio::test]
async fn whatever_happened_to_a_file_it_gives_an_error_or_what_was_promised() {
    let (cases, seed) = (asked("WAREROOM_CODEC_CASES").unwrap_or(20_000), first_seed());
    println!("damaged files: {cases} cases, seed {seed}");
    let (samples, codec, mut tally) = (sound(), codec(), Tally::new());
    for seed in (0..cases).map(|case| seed.wrapping_add(case)) {
        let mut random = Rng::with_seed(seed);
        let ((name, sample), (_, other)) =
            (&samples[random.usize(..samples.len())], &samples[random.usize(..samples.len())]);
        let mut bytes = sample.to_vec();
        let happened: Vec<_> = (0..random.usize(1..=5))
            .map(|_| {
                let damage = Damage::any(&mut random, bytes.len(), other);
                damage.apply(&mut bytes);
                damage
            })
            .collect();
        // Otherwise nearly all damage to a PNG file would end at its checksums.
        if random.bool() {
            png_resealed(&mut bytes);
        }
        let outcome = outcome(&codec, bytes.into(), &format_args!("seed {seed}, {name}, {happened:?}")).await;
        *tally.entry(outcome).or_default() += 1;
    }
    report(&format!("codec, damaged files: seed {seed}, {cases} cases, no panic: {tally:?}"));
    // Damage that spares nothing, or harms nothing, proves little.
    for expected in ["ready", "Truncated", "Damaged", "TooManyPixels"] {
        assert!(cases < 1_000 || tally.contains_key(expected), "no case was {expected}: {tally:?}");
    }
}

#[tokio::test]
async fn any_bytes_give_an_error_or_what_was_promised() {
    let (cases, seed) = (asked("WAREROOM_CODEC_CASES").unwrap_or(40_000), first_seed());
    println!("any bytes: {cases} cases, seed {seed}");
    let (codec, mut tally) = (codec(), Tally::new());
    let samples = sound();
    for seed in (0..cases).map(|case| seed.wrapping_add(case)) {
        let mut random = Rng::with_seed(seed);
        // Nothing, a signature, or as much of a file as a decoder may have begun with.
        let begin = match random.u8(..4) {
            0 => Bytes::new(),
            1 => Bytes::from_static(FOREIGN[random.usize(..FOREIGN.len())].1),
            _ => {
                let sample = &samples[random.usize(..samples.len())].1;
                sample.slice(..random.usize(..=sample.len().min(100)))
            }
        };
        let mut bytes = begin.to_vec();
        let further = random.usize(..500);
        bytes.extend(std::iter::repeat_with(|| random.u8(..)).take(further));
        let outcome = outcome(&codec, bytes.into(), &format_args!("seed {seed}")).await;
        *tally.entry(outcome).or_default() += 1;
    }
    report(&format!("codec, any bytes: seed {seed}, {cases} cases, no panic: {tally:?}"));
}

#[tokio::test]
async fn every_sound_file_gives_what_was_promised() {
    for (name, bytes) in sound() {
        assert_eq!(outcome(&codec(), bytes, &name).await, "ready", "{name}");
    }
}

/// What the codec makes of these bytes, in a word. `case` tells them to whoever reads of a failure.
async fn outcome(codec: &Imaging, bytes: Bytes, case: &impl Debug) -> String {
    let specs = [spec(16, Format::WebP), spec(30, Format::Jpeg)];
    let inspected = codec.inspect(bytes.clone(), &LIMITS).await;
    let rendering = match codec.render(bytes, &specs, &LIMITS).await {
        Ok(rendering) => rendering,
        Err(error) => return sound_error(&error, case),
    };
    let inspected = inspected.unwrap_or_else(|error| panic!("{case:?}: rendered, but inspected as {error:?}"));
    let sides = (rendering.width, rendering.height);
    assert!(
        [(inspected.width, inspected.height), (inspected.height, inspected.width)].contains(&sides),
        "{case:?}: inspected as {inspected:?}, rendered from {sides:?}"
    );
    assert_eq!(rendering.renditions.len(), specs.len(), "{case:?}");
    for (spec, rendered) in specs.iter().zip(&rendering.renditions) {
        let promised = spec.fit(rendering.width, rendering.height);
        let image = decoded(&rendered.bytes);
        assert_eq!((rendered.width, rendered.height), promised, "{case:?}");
        assert_eq!((image.width(), image.height()), promised, "{case:?}");
    }
    "ready".to_owned()
}

/// The kind of an error that the bytes account for. A crash is none, although the adapter survives it and says so: no
/// bytes are known that bring one of the decoders to it, and this test is to find them.
fn sound_error(error: &CodecError, case: &impl Debug) -> String {
    assert!(error.reason().is_some(), "{case:?}: not the image's fault: {error:?}");
    assert!(!matches!(error, CodecError::Crashed(_) | CodecError::Timeout), "{case:?}: {error:?}");
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn first_seed() -> u64 {
    asked("WAREROOM_CODEC_SEED").unwrap_or_else(|| Rng::new().u64(..))
}

fn asked(variable: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "how a longer run is asked for")]
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

//! What is behind and in front of every thing: paper that runs from the wall onto the table, light on it, and what a lens adds.

use super::{Canvas, Colour, Ink, Shape};
use tiny_skia::{Pixmap, PremultipliedColorU8};

const EVERYTHING: ((f32, f32), (f32, f32)) = ((0.0, 0.0), (1600.0, 1200.0));

/// Paper behind a thing.
#[derive(Clone, Copy)]
pub(super) struct Backdrop {
    pub(super) wall: Colour,
    pub(super) table: Colour,
}

impl Backdrop {
    /// Paper that is laid from the wall onto the table in a curve.
    pub(super) fn standing(self, canvas: &mut Canvas) {
        let Self { wall, table } = self;
        let paper = [
            (0.0, wall.shaded(0.06)),
            (0.3, wall),
            (0.58, wall.mixed(table, 0.25).shaded(0.03)),
            (0.68, table.shaded(0.05)),
            (0.85, table.lit(0.12)),
            (1.0, table.lit(0.04)),
        ];
        let everything = everything();
        canvas.fill(&everything, Ink::down(0.0, 1200.0, &paper));
        lamp_on(canvas, (380.0, 240.0), 900.0, 0.34);
    }

    /// The table alone, from above.
    pub(super) fn lying(self, canvas: &mut Canvas) {
        let slope = [(0.0, self.table.lit(0.16)), (0.5, self.table), (1.0, self.table.shaded(0.16))];
        canvas.fill(&everything(), Ink::line((200.0, 0.0), (1400.0, 1200.0), &slope));
        lamp_on(canvas, (420.0, 240.0), 1000.0, 0.22);
    }

    /// The wall alone, from the front.
    pub(super) fn hanging(self, canvas: &mut Canvas) {
        let slope = [(0.0, self.wall.lit(0.2)), (0.55, self.wall), (1.0, self.wall.shaded(0.2))];
        canvas.fill(&everything(), Ink::line((0.0, 0.0), (1500.0, 1200.0), &slope));
    }
}

/// Sunlight through a window with bars, slanting over the wall.
pub(super) fn window(canvas: &mut Canvas, (x, y): (f32, f32), strength: f32) {
    let pane = |left: f32, top: f32| {
        let slant = |across: f32, down: f32| (across.mul_add(0.95, down * 0.28), down + across * 0.3);
        let corner = |across: f32, down: f32| {
            let (across, down) = slant(left + across, top + down);
            (x + across, y + down)
        };
        Shape::polygon(&[corner(0.0, 0.0), corner(210.0, 0.0), corner(210.0, 250.0), corner(0.0, 250.0)])
    };
    for (left, top) in [(0.0, 0.0), (235.0, 0.0), (0.0, 275.0), (235.0, 275.0)] {
        canvas.soft(&pane(left, top), Colour::of(255, 243, 214).alpha(strength), 26.0);
    }
}

/// A pool of light.
pub(super) fn lamp_on(canvas: &mut Canvas, centre: (f32, f32), radius: f32, strength: f32) {
    let light = Colour::of(255, 248, 232);
    let stops = [(0.0, light.alpha(strength)), (0.5, light.alpha(strength * 0.35)), (1.0, light.alpha(0.0))];
    canvas.fill(&everything(), Ink::round(centre, radius, &stops));
}

/// The shadow of a thing that stands at `(x, y)` on a foot of that half width, and is so high.
pub(super) fn standing_shadow(canvas: &mut Canvas, (x, y): (f32, f32), half: f32, tilt: f32, height: f32) {
    let dark = Colour::of(44, 30, 38);
    let deep = half * tilt;
    let long = Shape::blob(&[
        (x - half, y),
        (x, y + deep),
        (x + half * 1.1, y + deep * 0.8),
        (x + half + height * 0.55, y - deep * 0.2),
        (x + half + height * 0.62, y - deep * 0.9),
        (x + half * 0.8, y - deep),
    ]);
    canvas.soft(&long, dark.alpha(0.2), 64.0);
    canvas.soft(&Shape::oval((x + half * 0.22, y + deep * 0.08), (half * 1.12, deep)), dark.alpha(0.3), 34.0);
    canvas.soft(&Shape::oval((x + half * 0.04, y + deep * 0.1), (half * 0.98, deep)), dark.alpha(0.5), 12.0);
}

/// What a lens and a sensor add: darker corners, and grain, which also hides the steps of smooth gradients.
pub(super) fn finish(canvas: &mut Canvas) {
    let dark = Colour::of(30, 20, 30);
    let corners =
        [(0.0, 0.0), (0.5, 0.0), (0.65, 0.02), (0.8, 0.08), (1.0, 0.24)].map(|(at, deep)| (at, dark.alpha(deep)));
    canvas.fill(&everything(), Ink::round((800.0, 580.0), 1080.0, &corners));
    if let Some(grain) = grain() {
        canvas.cover(&grain);
    }
}

/// The side of the square of grain that is repeated.
const GRAIN: u32 = 256;

/// How much a grain covers at most, of 255.
const COARSE: u32 = 7;

fn grain() -> Option<Pixmap> {
    let mut pixels = Pixmap::new(GRAIN, GRAIN)?;
    let mut dice = Dice::new(0x9E37_79B9);
    for pixel in pixels.pixels_mut() {
        let cover = u8::try_from(dice.roll(COARSE)).unwrap_or_default();
        let light = if dice.roll(2) == 0 { cover } else { 0 };
        *pixel = PremultipliedColorU8::from_rgba(light, light, light, cover)?;
    }
    Some(pixels)
}

fn everything() -> Shape {
    Shape::rectangle(EVERYTHING.0, EVERYTHING.1)
}

/// Numbers that look like chance and are the same every time (a xorshift of 32 bits).
pub(super) struct Dice(u32);

impl Dice {
    pub(super) const fn new(seed: u32) -> Self {
        Self(seed | 1)
    }

    /// A whole number below `sides`.
    pub(super) const fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) % sides
    }

    /// A number from `from` to `to`.
    #[expect(clippy::cast_precision_loss, reason = "a thousandth is near enough")]
    pub(super) fn between(&mut self, from: f32, to: f32) -> f32 {
        (to - from).mul_add(self.roll(1000) as f32 / 999.0, from)
    }
}

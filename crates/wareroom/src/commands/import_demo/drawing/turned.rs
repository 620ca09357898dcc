//! Things made on a wheel or a lathe: pots, cups, lids, knobs.

use super::{Canvas, Colour, Ink, Shape};

/// A thing with an upright axis.
pub(super) struct Turned<'a> {
    /// Where its axis is.
    pub(super) x: f32,
    /// Half widths at heights, from top to bottom: `(y, half width)`.
    pub(super) profile: &'a [(f32, f32)],
    /// How round its horizontal circles look: 0 from the side, 1 from above.
    pub(super) tilt: f32,
    pub(super) colour: Colour,
    /// From 0, clay, to 1, enamel.
    pub(super) gloss: f32,
}

impl Turned<'_> {
    pub(super) fn outline(&self) -> Shape {
        Shape::turned(self.x, self.profile, self.tilt)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let outline = self.outline();
        let half = self.profile.iter().map(|(_, radius)| *radius).fold(0.0, f32::max);
        let (first, last) = (self.profile.first(), self.profile.last());
        let (Some((top, _)), Some((bottom, foot))) = (first, last) else { return };
        canvas.fill(&outline, Ink::across(self.x - half, self.x + half, &round_shade(self.colour)));
        canvas.within(&outline, |canvas| {
            let fall = [(0.0, Colour::WHITE.alpha(0.1)), (0.35, Colour::WHITE.alpha(0.0))];
            canvas.fill(&outline, Ink::down(*top, *bottom, &fall));
            let below = Shape::oval((self.x + half * 0.1, bottom + foot * self.tilt), (half * 1.1, half * 0.16));
            canvas.soft(&below, Colour::of(40, 26, 34).alpha(0.4), half * 0.22);
            canvas.soft(&self.along(0.97, 0.05 * half), Colour::of(255, 240, 224).alpha(0.22), half * 0.05);
            canvas.soft(&self.along(-0.5, 0.2 * half), Colour::WHITE.alpha(0.12 + 0.25 * self.gloss), half * 0.16);
            if self.gloss > 0.4 {
                canvas.soft(&self.along(-0.56, 0.055 * half), Colour::WHITE.alpha(0.62 * self.gloss), half * 0.035);
            }
        });
    }

    /// A line that follows the form at a part of its half width, left of the axis when negative; as a highlight does, it
    /// leaves out both ends.
    fn along(&self, part: f32, width: f32) -> Shape {
        let count = self.profile.len();
        let inner = if count > 3 { &self.profile[1..count - 1] } else { self.profile };
        let places: Vec<_> = inner.iter().map(|(y, radius)| (self.x + radius * part, *y)).collect();
        Shape::curve(&places, width)
    }
}

/// The shades of something round and upright, from left to right, lit from the left.
pub(super) fn round_shade(colour: Colour) -> [(f32, Colour); 7] {
    [
        (0.0, colour.shaded(0.26)),
        (0.08, colour.shaded(0.1)),
        (0.27, colour.lit(0.22)),
        (0.45, colour.lit(0.04)),
        (0.68, colour.shaded(0.18)),
        (0.9, colour.shaded(0.46)),
        (1.0, colour.shaded(0.36)),
    ]
}

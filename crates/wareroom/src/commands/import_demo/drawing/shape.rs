//! Outlines of things.

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Rect, Stroke, Transform};

/// A place on the picture, in pixels from its upper left corner.
pub(super) type Place = (f32, f32);

/// The place half way between two.
pub(super) const fn middle(from: Place, to: Place) -> Place {
    (from.0.midpoint(to.0), from.1.midpoint(to.1))
}

/// How far the handles of a quarter of an ellipse reach, as a part of its radius.
const QUARTER: f32 = 0.552_285;

/// An outline. One without extent is nothing, and drawing it does nothing.
#[derive(Clone, Debug)]
pub(super) struct Shape(Option<Path>);

impl Shape {
    pub(super) fn oval((x, y): Place, (across, down): (f32, f32)) -> Self {
        Self(Rect::from_ltrb(x - across, y - down, x + across, y + down).and_then(PathBuilder::from_oval))
    }

    pub(super) fn disc(centre: Place, radius: f32) -> Self {
        Self::oval(centre, (radius, radius))
    }

    pub(super) fn rectangle((left, top): Place, (width, height): (f32, f32)) -> Self {
        Self(Rect::from_xywh(left, top, width, height).map(PathBuilder::from_rect))
    }

    /// A rectangle with round corners.
    pub(super) fn rounded((left, top): Place, (width, height): (f32, f32), radius: f32) -> Self {
        let (right, bottom, handle) = (left + width, top + height, radius * (1.0 - QUARTER));
        let mut path = PathBuilder::new();
        path.move_to(left + radius, top);
        path.line_to(right - radius, top);
        path.cubic_to(right - handle, top, right, top + handle, right, top + radius);
        path.line_to(right, bottom - radius);
        path.cubic_to(right, bottom - handle, right - handle, bottom, right - radius, bottom);
        path.line_to(left + radius, bottom);
        path.cubic_to(left + handle, bottom, left, bottom - handle, left, bottom - radius);
        path.line_to(left, top + radius);
        path.cubic_to(left, top + handle, left + handle, top, left + radius, top);
        path.close();
        Self(path.finish())
    }

    pub(super) fn polygon(corners: &[Place]) -> Self {
        let mut path = PathBuilder::new();
        for (index, (x, y)) in corners.iter().enumerate() {
            if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
        }
        path.close();
        Self(path.finish())
    }

    /// A line through these places without corners, as thick as `width`, with round ends.
    pub(super) fn curve(places: &[Place], width: f32) -> Self {
        let mut path = PathBuilder::new();
        if let Some((x, y)) = places.first() {
            path.move_to(*x, *y);
        }
        through(&mut path, places);
        Self(path.finish()).drawn(width)
    }

    /// What lies within a line without corners that begins and ends at the first place.
    pub(super) fn blob(places: &[Place]) -> Self {
        let mut path = PathBuilder::new();
        let count = places.len();
        if let Some((x, y)) = places.first() {
            path.move_to(*x, *y);
        }
        for index in 0..count {
            let place = |offset: usize| places[(index + count - 1 + offset) % count];
            bend(&mut path, [place(0), place(1), place(2), place(3)]);
        }
        path.close();
        Self(path.finish())
    }

    /// A leaf or a petal between two tips: `width` at its widest, bent sideways by `bend`.
    pub(super) fn leaf((fx, fy): Place, (tx, ty): Place, width: f32, bend: f32) -> Self {
        let (across, down) = (tx - fx, ty - fy);
        let length = across.hypot(down).max(1.0);
        let (nx, ny) = (-down / length, across / length);
        let at = |along: f32, aside: f32| {
            (nx.mul_add(aside, across.mul_add(along, fx)), ny.mul_add(aside, down.mul_add(along, fy)))
        };
        let mut path = PathBuilder::new();
        path.move_to(fx, fy);
        for (side, from, to, tip) in [(1.0, 0.12, 0.75, (tx, ty)), (-1.0, 0.75, 0.12, (fx, fy))] {
            let (first, second) = (at(from, width.mul_add(side, bend)), at(to, (width * 0.85).mul_add(side, bend)));
            path.cubic_to(first.0, first.1, second.0, second.1, tip.0, tip.1);
        }
        path.close();
        Self(path.finish())
    }

    /// The outline of a thing with an upright axis at `x`, seen from a little above: its half widths at heights from top to
    /// bottom, and how round its horizontal circles look, 0 from the side and 1 from above.
    pub(super) fn turned(x: f32, profile: &[(f32, f32)], tilt: f32) -> Self {
        let (Some((top, upper)), Some((bottom, lower))) = (profile.first(), profile.last()) else { return Self(None) };
        let left: Vec<Place> = profile.iter().map(|(y, radius)| (x - radius, *y)).collect();
        let right: Vec<Place> = profile.iter().rev().map(|(y, radius)| (x + radius, *y)).collect();
        let mut path = PathBuilder::new();
        path.move_to(x - upper, *top);
        through(&mut path, &left);
        half_oval(&mut path, (x, *bottom), (-lower, lower * tilt));
        through(&mut path, &right);
        half_oval(&mut path, (x, *top), (*upper, -upper * tilt));
        path.close();
        Self(path.finish())
    }

    /// This line, as thick as `width`.
    fn drawn(&self, width: f32) -> Self {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        Self(self.0.as_ref().and_then(|path| path.stroke(&stroke, 1.0)))
    }

    /// Its border, as thick as `width`.
    pub(super) fn border(&self, width: f32) -> Self {
        self.drawn(width)
    }

    pub(super) fn moved(&self, across: f32, down: f32) -> Self {
        self.changed(Transform::from_translate(across, down))
    }

    /// Turned clockwise around a place.
    pub(super) fn rotated(&self, degrees: f32, (x, y): Place) -> Self {
        self.changed(Transform::from_rotate_at(degrees, x, y))
    }

    fn changed(&self, change: Transform) -> Self {
        Self(self.0.clone().and_then(|path| path.transform(change)))
    }

    pub(super) const fn path(&self) -> Option<&Path> {
        self.0.as_ref()
    }
}

/// Goes on from the first place through all others without a corner.
fn through(path: &mut PathBuilder, places: &[Place]) {
    for index in 1..places.len() {
        let place = |index: usize| places[index.min(places.len() - 1)];
        bend(path, [place(index.saturating_sub(2)), place(index - 1), place(index), place(index + 1)]);
    }
}

/// Goes from the second of four places to the third, on the way from the first to the fourth.
fn bend(path: &mut PathBuilder, [before, from, to, after]: [Place; 4]) {
    let leaving = (from.0 + (to.0 - before.0) / 6.0, from.1 + (to.1 - before.1) / 6.0);
    let coming = (to.0 - (after.0 - from.0) / 6.0, to.1 - (after.1 - from.1) / 6.0);
    path.cubic_to(leaving.0, leaving.1, coming.0, coming.1, to.0, to.1);
}

/// Goes half around an ellipse, from one side (`across` to the right of its centre) to the other, by way of `down` below it.
fn half_oval(path: &mut PathBuilder, (x, y): Place, (across, down): (f32, f32)) {
    let (wide, high) = (across * QUARTER, down * QUARTER);
    path.cubic_to(x + across, y + high, x + wide, y + down, x, y + down);
    path.cubic_to(x - wide, y + down, x - across, y + high, x - across, y);
}

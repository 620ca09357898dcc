//! A desk lamp with a jointed arm.

use super::super::backdrop::{lamp_on, standing_shadow};
use super::super::shape::Place;
use super::super::turned::round_shade;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const MUSTARD: Colour = Colour::of(222, 164, 62);
const BRASS: Colour = Colour::of(196, 158, 96);
const GLOW: Colour = Colour::of(255, 236, 186);

const FOOT: Place = (980.0, 930.0);
const ELBOW: Place = (1090.0, 560.0);
const HEAD: Place = (760.0, 330.0);

/// By day, switched off.
pub(crate) fn day(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(214, 222, 222), table: Colour::of(222, 214, 202) }.standing(canvas);
    canvas.closer((830.0, 610.0), 1.1, |canvas| {
        standing_shadow(canvas, FOOT, 190.0, 0.2, 260.0);
        lamp(canvas, MUSTARD, false);
    });
}

/// In the evening, switched on.
pub(crate) fn evening(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(62, 70, 92), table: Colour::of(112, 86, 72) }.standing(canvas);
    lamp_on(canvas, (560.0, 560.0), 760.0, 0.3);
    let pool = Shape::oval((530.0, 985.0), (400.0, 92.0));
    canvas.soft(&pool, Colour::of(255, 206, 128).alpha(0.62), 90.0);
    canvas.soft(&Shape::oval((530.0, 985.0), (230.0, 46.0)), GLOW.alpha(0.6), 60.0);
    standing_shadow(canvas, FOOT, 190.0, 0.2, 380.0);
    lamp(canvas, MUSTARD, true);
    let beam = Shape::polygon(&[(486.0, 462.0), (690.0, 574.0), (940.0, 1010.0), (150.0, 1010.0)]);
    canvas.soft(&beam, GLOW.alpha(0.16), 90.0);
}

fn lamp(canvas: &mut Canvas, colour: Colour, on: bool) {
    let (x, y) = FOOT;
    let foot = [(y - 34.0, 176.0), (y - 26.0, 188.0), (y, 190.0)];
    Turned { x, profile: &foot, tilt: 0.2, colour, gloss: 0.7 }.draw(canvas);
    let plate = [(0.0, colour.lit(0.4)), (0.5, colour.lit(0.12)), (1.0, colour.shaded(0.16))];
    canvas.fill(&Shape::oval((x, y - 34.0), (176.0, 35.0)), Ink::across(x - 176.0, x + 176.0, &plate));
    canvas.soft(&Shape::oval((x + 24.0, y - 30.0), (50.0, 11.0)), Colour::of(50, 30, 20).alpha(0.5), 12.0);
    rod(canvas, (x, y - 40.0), ELBOW);
    rod(canvas, ELBOW, (HEAD.0 + 30.0, HEAD.1 + 8.0));
    joint(canvas, (x, y - 52.0), 26.0);
    joint(canvas, ELBOW, 30.0);
    canvas.rotated(29.0, HEAD, |canvas| head(canvas, colour, on));
    joint(canvas, (HEAD.0 + 26.0, HEAD.1 + 6.0), 24.0);
}

/// A brass tube between two joints.
fn rod(canvas: &mut Canvas, from: Place, to: Place) {
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    let length = across.hypot(down);
    let (aside, along) = (-down / length * 11.0, across / length * 11.0);
    let (left, right) = ((from.0 + aside, from.1 + along), (from.0 - aside, from.1 - along));
    let (left, right) = if left.0 < right.0 { (left, right) } else { (right, left) };
    canvas.fill(&Shape::curve(&[from, to], 22.0), Ink::line(left, right, &round_shade(BRASS)));
}

fn joint(canvas: &mut Canvas, centre: Place, radius: f32) {
    canvas.soft(&Shape::disc((centre.0 + 6.0, centre.1 + 8.0), radius), Colour::of(30, 20, 16).alpha(0.3), 10.0);
    canvas.fill(&Shape::disc(centre, radius), Ink::ball(centre, radius, BRASS));
    let slot = Shape::disc(centre, radius * 0.32);
    canvas.fill(&slot, Ink::from(BRASS.shaded(0.5)));
}

/// The shade, upright, with its joint at [`HEAD`].
fn head(canvas: &mut Canvas, colour: Colour, on: bool) {
    let (x, y) = (HEAD.0 - 90.0, HEAD.1);
    let neck = [(y - 118.0, 36.0), (y - 108.0, 44.0), (y - 60.0, 46.0)];
    let shade =
        [(y - 74.0, 66.0), (y - 56.0, 96.0), (y, 146.0), (y + 90.0, 196.0), (y + 170.0, 226.0), (y + 196.0, 232.0)];
    let outline = Turned { x, profile: &shade, tilt: 0.26, colour, gloss: 0.85 };
    Turned { x, profile: &neck, tilt: 0.26, colour: BRASS, gloss: 0.6 }.draw(canvas);
    outline.draw(canvas);
    let opening = Shape::oval((x, y + 196.0), (232.0, 60.0));
    let inside = Shape::oval((x, y + 198.0), (222.0, 53.0));
    canvas.fill(&opening, Ink::from(colour.lit(0.3)));
    if on {
        let glow = [(0.0, Colour::WHITE), (0.4, GLOW), (1.0, Colour::of(250, 196, 104))];
        canvas.fill(&inside, Ink::round((x, y + 204.0), 220.0, &glow));
        canvas.soft(&Shape::oval((x, y + 206.0), (250.0, 90.0)), GLOW.alpha(0.42), 80.0);
    } else {
        let dark = [(0.0, colour.shaded(0.72)), (0.6, colour.shaded(0.5)), (1.0, colour.shaded(0.3))];
        canvas.fill(&inside, Ink::down(y + 144.0, y + 250.0, &dark));
        canvas.within(&inside, |canvas| {
            let bulb = (x, y + 186.0);
            canvas.fill(&Shape::disc(bulb, 52.0), Ink::ball(bulb, 52.0, Colour::of(240, 236, 224)));
        });
    }
}

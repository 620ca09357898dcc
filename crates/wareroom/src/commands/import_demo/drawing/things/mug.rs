//! A stoneware mug, half dipped in glaze.

use super::super::backdrop::{Dice, standing_shadow, window};
use super::super::shape::Place;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const CLAY: Colour = Colour::of(190, 150, 116);
const OAT: Colour = Colour::of(236, 226, 208);
const BLUE: Colour = Colour::of(82, 112, 140);
const ROSE: Colour = Colour::of(204, 142, 128);
const COFFEE: Colour = Colour::of(74, 44, 28);

/// Oat, from the side.
pub(crate) fn side(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(164, 178, 176), table: Colour::of(182, 190, 184) }.standing(canvas);
    window(canvas, (120.0, 60.0), 0.24);
    canvas.closer((830.0, 700.0), 1.08, |canvas| mug(canvas, (790.0, 940.0), OAT, 7));
}

/// Full of coffee, from above.
pub(crate) fn above(canvas: &mut Canvas) {
    Backdrop { wall: OAT, table: Colour::of(202, 170, 140) }.lying(canvas);
    let (x, y) = (780.0, 610.0);
    let dark = Colour::of(44, 30, 38);
    let ear = Shape::curve(&[(1010.0, 740.0), (1130.0, 806.0), (1196.0, 842.0)], 66.0);
    canvas.soft(&ear.moved(26.0, 30.0), dark.alpha(0.5), 30.0);
    canvas.soft(&Shape::disc((x + 70.0, y + 80.0), 330.0), dark.alpha(0.4), 90.0);
    canvas.soft(&Shape::disc((x + 16.0, y + 18.0), 326.0), dark.alpha(0.5), 24.0);
    let across = [(0.0, OAT.lit(0.3)), (0.5, OAT), (1.0, OAT.shaded(0.35))];
    canvas.fill(&ear, Ink::line((1040.0, 700.0), (1000.0, 800.0), &across));
    canvas.fill(&Shape::disc((x, y), 324.0), Ink::ball((x, y), 324.0, OAT));
    let inside = [(0.0, OAT.shaded(0.5)), (0.5, OAT.shaded(0.2)), (1.0, OAT.lit(0.2))];
    canvas.fill(&Shape::disc((x, y), 292.0), Ink::line((x - 200.0, y - 200.0), (x + 220.0, y + 220.0), &inside));
    let coffee = Shape::disc((x + 4.0, y + 4.0), 268.0);
    let brew = [(0.0, COFFEE.lit(0.12)), (0.7, COFFEE), (0.93, COFFEE.shaded(0.3)), (1.0, COFFEE.lit(0.24))];
    canvas.fill(&coffee, Ink::round((x - 30.0, y - 10.0), 300.0, &brew));
    canvas.within(&coffee, |canvas| {
        let rim = Shape::disc((x, y), 292.0).border(120.0).moved(50.0, 56.0);
        canvas.soft(&rim, Colour::of(20, 10, 8).alpha(0.32), 40.0);
        let gleam = Shape::curve(&[(x - 190.0, y + 20.0), (x - 150.0, y - 110.0), (x - 40.0, y - 190.0)], 26.0);
        canvas.soft(&gleam, Colour::WHITE.alpha(0.28), 24.0);
    });
}

/// All three colours.
pub(crate) fn family(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(228, 214, 196), table: Colour::of(216, 198, 174) }.standing(canvas);
    window(canvas, (760.0, 40.0), 0.26);
    canvas.closer((1000.0, 770.0), 0.84, |canvas| {
        mug(canvas, (460.0, 840.0), BLUE, 3);
        mug(canvas, (1420.0, 850.0), ROSE, 5);
        mug(canvas, (930.0, 1040.0), OAT, 7);
    });
}

fn mug(canvas: &mut Canvas, (x, foot): Place, glaze: Colour, seed: u32) {
    standing_shadow(canvas, (x, foot + 4.0), 205.0, 0.2, 300.0);
    let top = foot - 460.0;
    ear(canvas, (x, top), glaze);
    let profile = [
        (top, 228.0),
        (top + 10.0, 229.0),
        (top + 150.0, 230.0),
        (top + 290.0, 228.0),
        (top + 400.0, 222.0),
        (top + 440.0, 208.0),
        (foot - 4.0, 186.0),
    ];
    let body = Turned { x, profile: &profile, tilt: 0.19, colour: CLAY, gloss: 0.0 };
    body.draw(canvas);
    canvas.within(&dipped((x, foot)), |canvas| {
        Turned { colour: glaze, gloss: 0.7, ..body }.draw(canvas);
        speckle(canvas, (x, top), seed);
    });
    canvas.within(&body.outline(), |canvas| {
        canvas.soft(&dipped((x, foot)).border(5.0), glaze.lit(0.5).alpha(0.5), 5.0);
    });
    mouth(canvas, (x, top), glaze);
}

/// As far as the glaze went.
fn dipped((x, foot): Place) -> Shape {
    Shape::blob(&[
        (x - 300.0, foot - 560.0),
        (x + 300.0, foot - 560.0),
        (x + 300.0, foot - 190.0),
        (x + 150.0, foot - 128.0),
        (x + 60.0, foot - 112.0),
        (x - 40.0, foot - 120.0),
        (x - 150.0, foot - 108.0),
        (x - 300.0, foot - 170.0),
    ])
}

fn speckle(canvas: &mut Canvas, (x, top): Place, seed: u32) {
    let mut dice = Dice::new(seed * 7919);
    for _ in 0..70 {
        let place = (dice.between(x - 220.0, x + 220.0), dice.between(top + 20.0, top + 390.0));
        let spot = Shape::disc(place, dice.between(1.2, 3.6));
        canvas.fill(&spot, Ink::from(Colour::of(96, 66, 44).alpha(dice.between(0.2, 0.6))));
    }
}

fn mouth(canvas: &mut Canvas, (x, top): Place, glaze: Colour) {
    let rim = [(0.0, glaze.lit(0.5)), (0.5, glaze.lit(0.3)), (1.0, glaze.shaded(0.12))];
    canvas.fill(&Shape::oval((x, top), (228.0, 43.5)), Ink::across(x - 228.0, x + 228.0, &rim));
    let inside = Shape::oval((x, top + 3.0), (212.0, 36.0));
    let depth = [(0.0, glaze.shaded(0.62)), (0.5, glaze.shaded(0.36)), (1.0, glaze.shaded(0.05))];
    canvas.fill(&inside, Ink::across(x - 212.0, x + 212.0, &depth));
    canvas.within(&inside, |canvas| {
        canvas.fill(&Shape::oval((x, top + 26.0), (206.0, 34.0)), Ink::from(COFFEE));
        canvas.soft(&Shape::oval((x + 90.0, top + 22.0), (90.0, 10.0)), COFFEE.lit(0.5).alpha(0.6), 14.0);
    });
}

fn ear(canvas: &mut Canvas, (x, top): Place, glaze: Colour) {
    let line = [
        (x + 205.0, top + 92.0),
        (x + 290.0, top + 78.0),
        (x + 372.0, top + 126.0),
        (x + 382.0, top + 220.0),
        (x + 320.0, top + 306.0),
        (x + 205.0, top + 330.0),
    ];
    let loops = Shape::curve(&line, 54.0);
    let shade = [(0.0, glaze.lit(0.2)), (0.45, glaze.shaded(0.06)), (1.0, glaze.shaded(0.42))];
    canvas.fill(&loops, Ink::line((x + 220.0, top + 60.0), (x + 380.0, top + 330.0), &shade));
    canvas.within(&loops, |canvas| {
        canvas.soft(&Shape::curve(&line, 10.0).moved(-4.0, -14.0), Colour::WHITE.alpha(0.4), 10.0);
        let inner = Shape::curve(&line, 12.0).moved(-22.0, 2.0);
        canvas.soft(&inner, Colour::of(30, 20, 26).alpha(0.3), 14.0);
        let root = Shape::rectangle((x + 180.0, top), (56.0, 400.0));
        canvas.soft(&root, Colour::of(30, 20, 26).alpha(0.4), 18.0);
    });
}

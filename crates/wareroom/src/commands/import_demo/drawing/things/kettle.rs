//! An enamelled kettle.

use super::super::backdrop::{standing_shadow, window};
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const SAGE: Colour = Colour::of(126, 154, 134);
const CREAM: Colour = Colour::of(238, 226, 200);
const OAK: Colour = Colour::of(176, 124, 76);
const STEEL: Colour = Colour::of(120, 118, 116);

/// Green, whole, by a window.
pub(crate) fn whole(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(226, 208, 186), table: Colour::of(214, 190, 160) }.standing(canvas);
    window(canvas, (920.0, 80.0), 0.3);
    canvas.closer((790.0, 640.0), 1.15, |canvas| kettle(canvas, SAGE));
}

/// Green, its spout and handle.
pub(crate) fn near(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(206, 214, 202), table: Colour::of(186, 196, 182) }.standing(canvas);
    canvas.closer((690.0, 540.0), 1.75, |canvas| kettle(canvas, SAGE));
}

/// Cream.
pub(crate) fn cream(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(126, 142, 156), table: Colour::of(150, 160, 168) }.standing(canvas);
    canvas.closer((760.0, 640.0), 1.15, |canvas| kettle(canvas, CREAM));
}

fn kettle(canvas: &mut Canvas, colour: Colour) {
    standing_shadow(canvas, (800.0, 962.0), 250.0, 0.2, 330.0);
    spout(canvas, colour);
    Turned {
        x: 800.0,
        profile: &[
            (548.0, 150.0),
            (566.0, 196.0),
            (620.0, 252.0),
            (720.0, 292.0),
            (830.0, 300.0),
            (910.0, 284.0),
            (946.0, 256.0),
        ],
        tilt: 0.2,
        colour,
        gloss: 0.9,
    }
    .draw(canvas);
    lid(canvas, colour);
    handle(canvas);
}

fn lid(canvas: &mut Canvas, colour: Colour) {
    let seam = Shape::oval((800.0, 552.0), (152.0, 32.0));
    canvas.fill(&seam, Ink::from(colour.shaded(0.5)));
    Turned {
        x: 800.0,
        profile: &[(492.0, 40.0), (500.0, 84.0), (520.0, 124.0), (544.0, 146.0)],
        tilt: 0.2,
        colour: colour.lit(0.06),
        gloss: 0.8,
    }
    .draw(canvas);
    Turned { x: 800.0, profile: &[(462.0, 14.0), (496.0, 20.0)], tilt: 0.24, colour: STEEL, gloss: 0.6 }.draw(canvas);
    let knob = Shape::oval((800.0, 446.0), (38.0, 29.0));
    canvas.fill(&knob, Ink::ball((800.0, 446.0), 38.0, OAK));
}

fn spout(canvas: &mut Canvas, colour: Colour) {
    let outline = Shape::blob(&[
        (566.0, 690.0),
        (500.0, 640.0),
        (456.0, 560.0),
        (424.0, 520.0),
        (390.0, 512.0),
        (372.0, 528.0),
        (392.0, 566.0),
        (424.0, 660.0),
        (480.0, 770.0),
        (560.0, 850.0),
        (640.0, 850.0),
        (640.0, 700.0),
    ]);
    let shade = [
        (0.0, colour.shaded(0.42)),
        (0.2, colour.shaded(0.22)),
        (0.5, colour),
        (0.72, colour.lit(0.24)),
        (1.0, colour.shaded(0.1)),
    ];
    canvas.fill(&outline, Ink::line((430.0, 790.0), (560.0, 640.0), &shade));
    canvas.within(&outline, |canvas| {
        let gleam = Shape::curve(&[(430.0, 556.0), (470.0, 640.0), (530.0, 712.0)], 16.0);
        canvas.soft(&gleam, Colour::WHITE.alpha(0.6), 12.0);
        let root = Shape::oval((640.0, 760.0), (100.0, 130.0));
        canvas.soft(&root, Colour::of(30, 24, 30).alpha(0.42), 44.0);
    });
    let mouth = Shape::oval((390.0, 521.0), (25.0, 9.0)).rotated(-24.0, (390.0, 521.0));
    canvas.fill(&mouth, Ink::from(colour.shaded(0.72)));
}

fn handle(canvas: &mut Canvas) {
    let arch: [(f32, f32); 7] = [
        (604.0, 612.0),
        (590.0, 470.0),
        (650.0, 336.0),
        (800.0, 286.0),
        (950.0, 336.0),
        (1010.0, 470.0),
        (996.0, 612.0),
    ];
    let shadow = Shape::curve(&arch, 18.0).moved(26.0, 22.0);
    canvas.soft(&shadow, Colour::of(30, 24, 30).alpha(0.12), 26.0);
    let steel = [
        (0.0, STEEL.lit(0.4)),
        (0.3, STEEL),
        (0.5, STEEL.lit(0.5)),
        (0.75, STEEL.shaded(0.2)),
        (1.0, STEEL.shaded(0.55)),
    ];
    canvas.fill(&Shape::curve(&arch, 18.0), Ink::across(590.0, 1010.0, &steel));
    for end in [(604.0, 614.0), (996.0, 614.0)] {
        canvas.soft(&Shape::disc((end.0 + 6.0, end.1 + 9.0), 18.0), Colour::of(30, 24, 30).alpha(0.4), 10.0);
        canvas.fill(&Shape::disc(end, 18.0), Ink::ball(end, 18.0, STEEL.lit(0.2)));
    }
    let grip = [(664.0, 324.0), (725.0, 297.0), (800.0, 287.0), (875.0, 297.0), (936.0, 324.0)];
    let wood = [(0.0, OAK.lit(0.35)), (0.45, OAK), (1.0, OAK.shaded(0.5))];
    let outline = Shape::curve(&grip, 46.0);
    canvas.fill(&outline, Ink::down(264.0, 338.0, &wood));
    canvas.within(&outline, |canvas| {
        let gleam = Shape::curve(&grip, 8.0).moved(-4.0, -11.0);
        canvas.soft(&gleam, Colour::WHITE.alpha(0.4), 8.0);
    });
}

//! A wide bowl, with lemons in it.

use super::super::backdrop::{Dice, standing_shadow, window};
use super::super::shape::Place;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const INDIGO: Colour = Colour::of(64, 84, 122);
const INSIDE: Colour = Colour::of(226, 226, 218);
const LEMON: Colour = Colour::of(244, 204, 66);
const LEAF: Colour = Colour::of(86, 120, 68);
const DARK: Colour = Colour::of(44, 30, 38);

/// From the side.
pub(crate) fn side(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(222, 196, 174), table: Colour::of(204, 174, 148) }.standing(canvas);
    window(canvas, (140.0, 50.0), 0.26);
    canvas.closer((800.0, 690.0), 1.16, full);
}

fn full(canvas: &mut Canvas) {
    standing_shadow(canvas, (790.0, 936.0), 210.0, 0.2, 420.0);
    let (x, top) = (790.0, 620.0);
    let outside = [
        (top, 430.0),
        (top + 14.0, 430.0),
        (top + 90.0, 408.0),
        (top + 180.0, 344.0),
        (top + 250.0, 250.0),
        (top + 276.0, 200.0),
        (top + 312.0, 190.0),
    ];
    Turned { x, profile: &outside, tilt: 0.2, colour: INDIGO, gloss: 0.75 }.draw(canvas);
    canvas.fill(&Shape::oval((x, top), (430.0, 86.0)), Ink::across(x - 430.0, x + 430.0, &rim()));
    let mouth = Shape::oval((x, top + 2.0), (414.0, 77.0));
    canvas.fill(&mouth, Ink::across(x - 414.0, x + 414.0, &hollow()));
    let heap = Shape::blob(&[
        (x - 400.0, top),
        (x - 330.0, top - 220.0),
        (x, top - 330.0),
        (x + 330.0, top - 220.0),
        (x + 400.0, top),
        (x + 270.0, top + 56.0),
        (x, top + 78.0),
        (x - 270.0, top + 56.0),
    ]);
    canvas.within(&heap, |canvas| {
        let dim = Shape::oval((x + 40.0, top + 10.0), (330.0, 50.0));
        canvas.soft(&dim, DARK.alpha(0.5), 30.0);
        lemon(canvas, (x - 40.0, top - 78.0), -14.0);
        leaf(canvas, (x + 60.0, top - 140.0), (x + 190.0, top - 220.0));
        lemon(canvas, (x + 200.0, top - 46.0), 32.0);
        lemon(canvas, (x - 216.0, top - 20.0), 18.0);
        lemon(canvas, (x + 10.0, top + 16.0), 4.0);
    });
}

/// From above.
pub(crate) fn above(canvas: &mut Canvas) {
    Backdrop { wall: INSIDE, table: Colour::of(196, 206, 202) }.lying(canvas);
    let (x, y) = (800.0, 600.0);
    canvas.soft(&Shape::disc((x + 80.0, y + 90.0), 440.0), DARK.alpha(0.36), 110.0);
    canvas.soft(&Shape::disc((x + 18.0, y + 22.0), 446.0), DARK.alpha(0.45), 26.0);
    canvas.fill(&Shape::disc((x, y), 450.0), Ink::ball((x, y), 450.0, INDIGO));
    let inside = Shape::disc((x, y), 428.0);
    let depth = [(0.0, INSIDE.shaded(0.34)), (0.5, INSIDE.shaded(0.06)), (1.0, INSIDE.lit(0.5))];
    canvas.fill(&inside, Ink::line((x - 330.0, y - 330.0), (x + 330.0, y + 330.0), &depth));
    canvas.within(&inside, |canvas| {
        canvas.soft(&Shape::disc((x + 10.0, y + 10.0), 230.0), DARK.alpha(0.16), 90.0);
        canvas.soft(&Shape::disc((x - 36.0, y - 40.0), 440.0).border(80.0), DARK.alpha(0.3), 60.0);
    });
    leaf(canvas, (x - 60.0, y - 100.0), (x - 210.0, y - 250.0));
    leaf(canvas, (x + 30.0, y - 120.0), (x + 30.0, y - 320.0));
    for (place, degrees) in
        [((x - 130.0, y + 20.0), -40.0), ((x + 120.0, y - 60.0), 30.0), ((x + 40.0, y + 150.0), 80.0)]
    {
        canvas.soft(&Shape::disc((place.0 + 36.0, place.1 + 42.0), 120.0), DARK.alpha(0.4), 50.0);
        lemon(canvas, place, degrees);
    }
}

fn rim() -> [(f32, Colour); 3] {
    [(0.0, INDIGO.lit(0.5)), (0.5, INDIGO.lit(0.3)), (1.0, INDIGO.shaded(0.1))]
}

fn hollow() -> [(f32, Colour); 3] {
    [(0.0, INSIDE.shaded(0.5)), (0.5, INSIDE.shaded(0.26)), (1.0, INSIDE)]
}

fn lemon(canvas: &mut Canvas, (x, y): Place, degrees: f32) {
    let outline = Shape::blob(&[
        (x - 178.0, y + 2.0),
        (x - 150.0, y - 26.0),
        (x - 84.0, y - 100.0),
        (x + 20.0, y - 122.0),
        (x + 112.0, y - 84.0),
        (x + 160.0, y - 22.0),
        (x + 174.0, y + 4.0),
        (x + 152.0, y + 34.0),
        (x + 100.0, y + 94.0),
        (x + 4.0, y + 122.0),
        (x - 96.0, y + 90.0),
        (x - 152.0, y + 30.0),
    ])
    .rotated(degrees, (x, y));
    canvas.soft(&outline.moved(8.0, 12.0), DARK.alpha(0.4), 20.0);
    let peel = [
        (0.0, LEMON.lit(0.6)),
        (0.3, LEMON.lit(0.1)),
        (0.62, LEMON.mixed(Colour::of(214, 150, 30), 0.5)),
        (0.9, Colour::of(168, 112, 28)),
        (1.0, Colour::of(190, 134, 44)),
    ];
    canvas.fill(&outline, Ink::round((x - 52.0, y - 58.0), 235.0, &peel));
    canvas.within(&outline, |canvas| {
        let mut dice = Dice::new(977);
        for _ in 0..110 {
            let pore = (x + dice.between(-150.0, 150.0), y + dice.between(-110.0, 110.0));
            canvas.fill(&Shape::disc(pore, dice.between(1.2, 2.6)), Ink::from(Colour::of(150, 100, 20).alpha(0.2)));
        }
        canvas.soft(&Shape::oval((x - 56.0, y - 62.0), (40.0, 22.0)), Colour::WHITE.alpha(0.7), 26.0);
    });
}

fn leaf(canvas: &mut Canvas, from: Place, to: Place) {
    let blade = Shape::leaf(from, to, 62.0, 10.0);
    canvas.soft(&blade.moved(10.0, 16.0), DARK.alpha(0.4), 16.0);
    canvas.fill(&blade, Ink::line(from, to, &[(0.0, LEAF.shaded(0.3)), (0.6, LEAF), (1.0, LEAF.lit(0.3))]));
    canvas.within(&blade, |canvas| {
        canvas.soft(&Shape::curve(&[from, to], 5.0), LEAF.lit(0.6).alpha(0.7), 4.0);
    });
}

//! A notebook bound in linen.

use super::super::backdrop::Dice;
use super::super::shape::Place;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape};

const RUST: Colour = Colour::of(176, 86, 58);
const NAVY: Colour = Colour::of(52, 70, 102);
const MOSS: Colour = Colour::of(116, 128, 86);
const PAPER: Colour = Colour::of(246, 238, 220);
const DARK: Colour = Colour::of(44, 30, 38);

/// Closed, with a pencil beside it.
pub(crate) fn closed(canvas: &mut Canvas) {
    Backdrop { wall: PAPER, table: Colour::of(222, 208, 188) }.lying(canvas);
    canvas.rotated(-8.0, (760.0, 600.0), |canvas| cover(canvas, (480.0, 190.0), RUST, 11));
    canvas.rotated(14.0, (1220.0, 600.0), |canvas| pencil(canvas, (1220.0, 270.0)));
}

/// All three colours, fanned out.
pub(crate) fn fanned(canvas: &mut Canvas) {
    Backdrop { wall: PAPER, table: Colour::of(178, 190, 194) }.lying(canvas);
    for (degrees, across, colour, seed) in [(17.0, 170.0, MOSS, 5), (3.0, 20.0, NAVY, 7), (-11.0, -150.0, RUST, 11)] {
        canvas.rotated(degrees, (800.0 + across, 700.0), |canvas| {
            cover(canvas, (540.0 + across, 190.0), colour, seed);
        });
    }
}

const SIDES: (f32, f32) = (560.0, 800.0);

fn cover(canvas: &mut Canvas, (left, top): Place, colour: Colour, seed: u32) {
    let book = Shape::rounded((left, top), SIDES, 22.0);
    canvas.soft(&book.moved(40.0, 46.0), DARK.alpha(0.3), 70.0);
    canvas.soft(&book.moved(12.0, 14.0), DARK.alpha(0.5), 18.0);
    let pages = Shape::rounded((left + 12.0, top + 12.0), (SIDES.0, SIDES.1), 16.0);
    canvas.fill(&pages, Ink::from(PAPER.shaded(0.16)));
    for line in [4.0, 7.0, 10.0] {
        canvas.fill(&pages.border(1.4).moved(-line, -line), Ink::from(PAPER.shaded(0.42)));
    }
    let cloth = [(0.0, colour.lit(0.16)), (0.45, colour), (1.0, colour.shaded(0.22))];
    canvas.fill(&book, Ink::line((left, top), (left + SIDES.0, top + SIDES.1), &cloth));
    canvas.within(&book, |canvas| {
        weave(canvas, (left, top), colour, seed);
        let groove = Shape::rectangle((left + 66.0, top), (7.0, SIDES.1));
        canvas.soft(&groove, DARK.alpha(0.55), 6.0);
        canvas.soft(&groove.moved(9.0, 0.0), Colour::WHITE.alpha(0.22), 5.0);
        canvas.soft(&book.border(5.0).moved(3.0, 3.0), Colour::WHITE.alpha(0.3), 6.0);
    });
    label(canvas, (left + 200.0, top + 170.0), colour);
    band(canvas, (left + 478.0, top), colour);
}

/// Threads of the linen.
fn weave(canvas: &mut Canvas, (left, top): Place, colour: Colour, seed: u32) {
    let mut dice = Dice::new(seed * 104_729);
    for _ in 0..420 {
        let (x, y) = (dice.between(left, left + SIDES.0), dice.between(top, top + SIDES.1));
        let long = dice.between(30.0, 130.0);
        let (sides, shade) = if dice.roll(2) == 0 {
            ((long, 1.6), colour.lit(0.4).alpha(0.3))
        } else {
            ((1.6, long), colour.shaded(0.5).alpha(0.22))
        };
        canvas.fill(&Shape::rectangle((x, y), sides), Ink::from(shade));
    }
}

fn label(canvas: &mut Canvas, (left, top): Place, colour: Colour) {
    let paper = Shape::rounded((left, top), (220.0, 130.0), 6.0);
    canvas.soft(&paper.moved(2.0, 3.0), DARK.alpha(0.45), 6.0);
    canvas.fill(&paper, Ink::from(PAPER));
    let frame = Shape::rectangle((left + 12.0, top + 12.0), (196.0, 106.0)).border(2.0);
    canvas.fill(&frame, Ink::from(colour.shaded(0.2)));
    for line in [52.0, 86.0] {
        let line = Shape::rectangle((left + 40.0, top + line), (140.0, 2.5));
        canvas.fill(&line, Ink::from(colour.shaded(0.3).alpha(0.7)));
    }
}

/// The elastic band that keeps it shut.
fn band(canvas: &mut Canvas, (x, top): Place, colour: Colour) {
    let band = Shape::rectangle((x, top - 3.0), (24.0, SIDES.1 + 6.0));
    canvas.soft(&band.moved(5.0, 3.0), DARK.alpha(0.5), 8.0);
    let shade = [(0.0, colour.shaded(0.3)), (0.35, colour.shaded(0.42)), (1.0, colour.shaded(0.66))];
    canvas.fill(&band, Ink::across(x, x + 24.0, &shade));
}

fn pencil(canvas: &mut Canvas, (x, top): Place) {
    let (half, body) = (19.0, 560.0);
    let tip = top + body + 92.0;
    let whole =
        Shape::polygon(&[(x - half, top), (x + half, top), (x + half, top + body), (x, tip), (x - half, top + body)]);
    canvas.soft(&whole.moved(20.0, 16.0), DARK.alpha(0.42), 22.0);
    let wood = Colour::of(226, 184, 136);
    canvas.fill(&whole, Ink::across(x - half, x + half, &[(0.0, wood.lit(0.2)), (1.0, wood.shaded(0.3))]));
    let paint = Colour::of(44, 60, 70);
    for (from, width, colour) in [(-half, 12.0, paint.lit(0.2)), (-7.0, 14.0, paint), (7.0, 12.0, paint.shaded(0.5))] {
        canvas.fill(&Shape::rectangle((x + from, top), (width, body)), Ink::from(colour));
    }
    canvas.soft(&Shape::rectangle((x - 9.0, top + 20.0), (3.0, body - 40.0)), Colour::WHITE.alpha(0.5), 3.0);
    let lead = Shape::polygon(&[(x - 6.0, tip - 29.0), (x + 6.0, tip - 29.0), (x, tip)]);
    canvas.fill(&lead, Ink::from(Colour::of(50, 46, 50)));
    let cap = Shape::rectangle((x - half, top - 8.0), (half * 2.0, 46.0));
    let brass = Colour::of(200, 164, 100);
    canvas
        .fill(&cap, Ink::across(x - half, x + half, &[(0.0, brass.lit(0.4)), (0.5, brass), (1.0, brass.shaded(0.5))]));
}

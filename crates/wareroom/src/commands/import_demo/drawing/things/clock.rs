//! A wall clock.

use super::super::backdrop::window;
use super::super::shape::Place;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape};

const ASH: Colour = Colour::of(206, 170, 126);
const BLACK: Colour = Colour::of(52, 50, 54);
const FACE: Colour = Colour::of(248, 244, 234);
const RED: Colour = Colour::of(200, 82, 58);
const DARK: Colour = Colour::of(40, 30, 40);

const CENTRE: Place = (800.0, 590.0);

/// In ash wood.
pub(crate) fn ash(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(150, 172, 166), table: FACE }.hanging(canvas);
    window(canvas, (860.0, 330.0), 0.2);
    clock(canvas, ASH, FACE);
}

/// In black, from nearer by.
pub(crate) fn black(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(224, 206, 188), table: FACE }.hanging(canvas);
    canvas.closer((880.0, 500.0), 1.5, |canvas| clock(canvas, BLACK, FACE.shaded(0.02)));
}

fn clock(canvas: &mut Canvas, frame: Colour, face: Colour) {
    let (x, y) = CENTRE;
    canvas.soft(&Shape::disc((x + 90.0, y + 100.0), 400.0), DARK.alpha(0.28), 100.0);
    canvas.soft(&Shape::disc((x + 20.0, y + 24.0), 416.0), DARK.alpha(0.45), 28.0);
    let wood = [(0.0, frame.lit(0.4)), (0.45, frame), (1.0, frame.shaded(0.45))];
    canvas.fill(&Shape::disc(CENTRE, 420.0), Ink::line((x - 300.0, y - 300.0), (x + 300.0, y + 300.0), &wood));
    let bevel = [(0.0, frame.shaded(0.5)), (0.5, frame.shaded(0.2)), (1.0, frame.lit(0.4))];
    canvas.fill(&Shape::disc(CENTRE, 380.0), Ink::line((x - 270.0, y - 270.0), (x + 270.0, y + 270.0), &bevel));
    let dial = Shape::disc(CENTRE, 366.0);
    let paper = [(0.0, face.lit(0.4)), (0.6, face), (1.0, face.shaded(0.12))];
    canvas.fill(&dial, Ink::line((x - 260.0, y - 260.0), (x + 260.0, y + 260.0), &paper));
    canvas.within(&dial, |canvas| {
        canvas.soft(&Shape::disc((x - 22.0, y - 26.0), 386.0).border(44.0), DARK.alpha(0.34), 36.0);
        marks(canvas);
    });
    hand(canvas, 305.0, (-46.0, 190.0), 20.0, BLACK);
    hand(canvas, 54.0, (-60.0, 290.0), 14.0, BLACK);
    hand(canvas, 164.0, (-90.0, 310.0), 5.0, RED);
    canvas.fill(&Shape::disc(CENTRE, 20.0), Ink::ball(CENTRE, 20.0, RED));
    canvas.within(&dial, |canvas| {
        let glass = Shape::polygon(&[
            (x - 330.0, y - 90.0),
            (x + 60.0, y - 380.0),
            (x + 210.0, y - 380.0),
            (x - 380.0, y + 70.0),
        ]);
        canvas.soft(&glass, Colour::WHITE.alpha(0.16), 8.0);
    });
}

fn marks(canvas: &mut Canvas) {
    let (x, y) = CENTRE;
    for minute in 0_u8..60 {
        let (length, width) = match minute {
            0 | 15 | 30 | 45 => (58.0, 13.0),
            _ if minute % 5 == 0 => (44.0, 8.0),
            _ => (15.0, 3.0),
        };
        let mark = Shape::rectangle((x - width / 2.0, y - 336.0), (width, length));
        canvas.fill(&mark.rotated(f32::from(minute) * 6.0, CENTRE), Ink::from(BLACK));
    }
}

/// A hand that points so many degrees clockwise from twelve, from behind the centre to its tip.
fn hand(canvas: &mut Canvas, degrees: f32, (behind, tip): (f32, f32), width: f32, colour: Colour) {
    let (x, y) = CENTRE;
    let length = tip - behind;
    let outline = Shape::rounded((x - width / 2.0, y - tip), (width, length), width / 2.0).rotated(degrees, CENTRE);
    canvas.soft(&outline.moved(10.0, 13.0), DARK.alpha(0.4), 12.0);
    canvas.fill(&outline, Ink::from(colour));
}

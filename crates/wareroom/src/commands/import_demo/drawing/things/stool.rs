//! A stool with three legs.

use super::super::backdrop::{Dice, window};
use super::super::shape::{Place, middle};
use super::super::turned::round_shade;
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const OAK: Colour = Colour::of(200, 150, 98);
const DARK: Colour = Colour::of(44, 30, 38);

const SEAT: Place = (800.0, 400.0);

/// In a bright room.
pub(crate) fn whole(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(216, 200, 190), table: Colour::of(190, 164, 146) }.standing(canvas);
    window(canvas, (1000.0, 60.0), 0.34);
    let (x, y) = SEAT;
    let shadow = Shape::oval((x + 190.0, y + 590.0), (330.0, 60.0));
    canvas.soft(&shadow, DARK.alpha(0.34), 70.0);
    for foot in [(560.0, 1040.0), (1040.0, 1040.0), (850.0, 946.0)] {
        let trail = Shape::curve(&[foot, (foot.0 + 170.0, foot.1 - 26.0)], 24.0);
        canvas.soft(&trail, DARK.alpha(0.4), 20.0);
    }
    leg(canvas, (x + 24.0, y + 40.0), (850.0, 946.0), 0.24);
    rung(canvas, (598.0, 812.0), (841.0, 770.0));
    rung(canvas, (841.0, 770.0), (1002.0, 812.0));
    leg(canvas, (x - 150.0, y + 40.0), (560.0, 1040.0), 0.0);
    leg(canvas, (x + 150.0, y + 40.0), (1040.0, 1040.0), 0.1);
    seat(canvas);
}

fn leg(canvas: &mut Canvas, (tx, ty): Place, (fx, fy): Place, dim: f32) {
    let outline = Shape::polygon(&[(tx - 31.0, ty), (tx + 31.0, ty), (fx + 19.0, fy), (fx - 19.0, fy + 5.0)]);
    let colour = OAK.shaded(dim);
    let (x, y) = middle((tx, ty), (fx, fy));
    let slope = (fx - tx) / (fy - ty);
    canvas.fill(&outline, Ink::line((x - 30.0, y), (x + 30.0, y - slope * 60.0), &round_shade(colour)));
    canvas.within(&outline, |canvas| {
        canvas.soft(&Shape::oval((tx, ty), (120.0, 130.0)), DARK.alpha(0.5), 60.0);
    });
}

fn rung(canvas: &mut Canvas, from: Place, to: Place) {
    let colour = OAK.shaded(0.16);
    let shade = [(0.0, colour.lit(0.3)), (0.5, colour), (1.0, colour.shaded(0.5))];
    let high = from.1.min(to.1);
    canvas.fill(&Shape::curve(&[from, to], 26.0), Ink::down(high - 14.0, high + 50.0, &shade));
}

fn seat(canvas: &mut Canvas) {
    let (x, y) = SEAT;
    let slab = [(y, 318.0), (y + 8.0, 322.0), (y + 44.0, 322.0), (y + 54.0, 316.0)];
    Turned { x, profile: &slab, tilt: 0.22, colour: OAK, gloss: 0.2 }.draw(canvas);
    let top = Shape::oval((x, y), (318.0, 70.0));
    let wood = [(0.0, OAK.lit(0.44)), (0.5, OAK.lit(0.18)), (1.0, OAK.shaded(0.08))];
    canvas.fill(&top, Ink::across(x - 318.0, x + 318.0, &wood));
    canvas.within(&top, |canvas| {
        let mut dice = Dice::new(31);
        for line in 0_u8..17 {
            let down = f32::from(line).mul_add(8.6, y - 68.0);
            let bow = dice.between(-9.0, 9.0);
            let grain = [(x - 330.0, down), (x - 90.0, down + bow), (x + 120.0, down - bow), (x + 330.0, down + 2.0)];
            let shade = OAK.shaded(0.5).alpha(dice.between(0.12, 0.34));
            canvas.fill(&Shape::curve(&grain, dice.between(1.2, 3.0)), Ink::from(shade));
        }
        let dip = Shape::oval((x + 20.0, y + 8.0), (220.0, 40.0));
        canvas.soft(&dip, OAK.shaded(0.5).alpha(0.22), 40.0);
        canvas.soft(&Shape::oval((x - 130.0, y - 26.0), (130.0, 18.0)), Colour::WHITE.alpha(0.4), 30.0);
    });
}

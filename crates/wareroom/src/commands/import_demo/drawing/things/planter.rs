//! A pot of terracotta with a saucer, and a plant to show it with.

use super::super::backdrop::{standing_shadow, window};
use super::super::shape::{Place, middle};
use super::super::{Backdrop, Canvas, Colour, Ink, Shape, Turned};

const TERRACOTTA: Colour = Colour::of(198, 110, 76);
const CHALK: Colour = Colour::of(232, 226, 216);
const LEAF: Colour = Colour::of(70, 112, 78);
const EARTH: Colour = Colour::of(66, 46, 36);
const DARK: Colour = Colour::of(30, 34, 30);

/// In terracotta.
pub(crate) fn terracotta(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(232, 222, 200), table: Colour::of(222, 206, 182) }.standing(canvas);
    window(canvas, (880.0, 60.0), 0.34);
    pot(canvas, TERRACOTTA, true);
}

/// In chalk white, empty.
pub(crate) fn chalk(canvas: &mut Canvas) {
    Backdrop { wall: Colour::of(118, 138, 124), table: Colour::of(140, 156, 140) }.standing(canvas);
    canvas.closer((800.0, 830.0), 1.35, |canvas| pot(canvas, CHALK, false));
}

fn pot(canvas: &mut Canvas, colour: Colour, planted: bool) {
    let (x, top) = (800.0, 700.0);
    standing_shadow(canvas, (x, 1010.0), 236.0, 0.2, if planted { 420.0 } else { 250.0 });
    let saucer = [(984.0, 246.0), (992.0, 248.0), (1016.0, 214.0)];
    Turned { x, profile: &saucer, tilt: 0.2, colour: colour.shaded(0.06), gloss: 0.1 }.draw(canvas);
    let hollow = [(0.0, colour.shaded(0.5)), (0.5, colour.shaded(0.3)), (1.0, colour)];
    canvas.fill(&Shape::oval((x, 985.0), (236.0, 45.0)), Ink::across(x - 236.0, x + 236.0, &hollow));
    canvas.soft(&Shape::oval((x + 20.0, 984.0), (180.0, 34.0)), DARK.alpha(0.6), 14.0);
    let body = [(top + 60.0, 208.0), (top + 80.0, 206.0), (top + 180.0, 186.0), (top + 282.0, 160.0)];
    Turned { x, profile: &body, tilt: 0.19, colour, gloss: 0.05 }.draw(canvas);
    let under = Shape::oval((x + 6.0, top + 72.0), (214.0, 44.0)).moved(0.0, 14.0);
    let outline = Shape::turned(x, &body, 0.19);
    canvas.within(&outline, |canvas| canvas.soft(&under, DARK.alpha(0.42), 22.0));
    let collar = [(top, 238.0), (top + 8.0, 240.0), (top + 66.0, 232.0), (top + 74.0, 224.0)];
    Turned { x, profile: &collar, tilt: 0.19, colour: colour.lit(0.05), gloss: 0.05 }.draw(canvas);
    let rim = [(0.0, colour.lit(0.4)), (0.5, colour.lit(0.22)), (1.0, colour.shaded(0.1))];
    canvas.fill(&Shape::oval((x, top), (238.0, 45.0)), Ink::across(x - 238.0, x + 238.0, &rim));
    let mouth = Shape::oval((x, top + 3.0), (216.0, 37.0));
    let inside = [(0.0, colour.shaded(0.68)), (0.5, colour.shaded(0.5)), (1.0, colour.shaded(0.15))];
    canvas.fill(&mouth, Ink::across(x - 216.0, x + 216.0, &inside));
    if planted {
        canvas.within(&mouth, |canvas| {
            canvas.fill(&Shape::oval((x, top + 20.0), (212.0, 34.0)), Ink::from(EARTH));
        });
        plant(canvas, (x, top + 14.0));
    }
}

/// A rubber plant: leaves on stems out of one root, those behind first.
fn plant(canvas: &mut Canvas, root: Place) {
    let leaves: [(Place, Place, f32, f32, f32); 11] = [
        ((700.0, 380.0), (560.0, 150.0), 84.0, -20.0, 0.3),
        ((890.0, 390.0), (1010.0, 130.0), 84.0, 24.0, 0.3),
        ((800.0, 330.0), (810.0, 50.0), 88.0, 10.0, 0.22),
        ((640.0, 500.0), (400.0, 330.0), 86.0, -20.0, 0.2),
        ((960.0, 500.0), (1210.0, 320.0), 86.0, 24.0, 0.24),
        ((720.0, 460.0), (640.0, 220.0), 82.0, 14.0, 0.08),
        ((880.0, 470.0), (950.0, 240.0), 80.0, -10.0, 0.1),
        ((640.0, 590.0), (380.0, 540.0), 78.0, -26.0, 0.06),
        ((960.0, 590.0), (1220.0, 520.0), 80.0, 30.0, 0.12),
        ((770.0, 540.0), (730.0, 320.0), 74.0, -12.0, 0.0),
        ((840.0, 560.0), (900.0, 390.0), 66.0, 14.0, 0.0),
    ];
    for (base, tip, width, bend, dim) in leaves {
        let (x, y) = middle(root, base);
        let stem = Shape::curve(&[root, (x + bend, y), base], 9.0);
        canvas.fill(&stem, Ink::from(LEAF.mixed(EARTH, 0.3).shaded(dim)));
        leaf(canvas, (base, tip), width, bend, dim);
    }
}

fn leaf(canvas: &mut Canvas, (base, tip): (Place, Place), width: f32, bend: f32, dim: f32) {
    let colour = LEAF.shaded(dim);
    let blade = Shape::leaf(base, tip, width, bend);
    canvas.soft(&blade.moved(16.0, 26.0), DARK.alpha(0.34), 30.0);
    let shade = [(0.0, colour.shaded(0.34)), (0.4, colour), (1.0, colour.lit(0.26))];
    canvas.fill(&blade, Ink::line(base, tip, &shade));
    let (x, y) = middle(base, tip);
    let rib = [base, (x + bend * 0.4, y), tip];
    canvas.within(&blade, |canvas| {
        canvas.soft(&Shape::curve(&rib, width * 0.5).moved(width * 0.42, width * 0.3), DARK.alpha(0.26), 18.0);
        let gleam = Shape::curve(&rib, width * 0.22).moved(width * -0.34, width * -0.14);
        canvas.soft(&gleam, Colour::WHITE.alpha(0.26), 16.0);
        canvas.soft(&Shape::curve(&rib, 6.0), colour.lit(0.55).alpha(0.75), 4.0);
    });
}

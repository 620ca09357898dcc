//! Shadows, glows and highlights: shapes whose edges are lost. The library has no blur, so they are drawn small, blurred there,
//! and enlarged.

use super::{Colour, shape::Shape};
use tiny_skia::{FillRule, Mask, Path, Pixmap, Rect, Transform};

/// A blurred shape on its own small ground.
pub(super) struct Soft {
    pub(super) pixels: Pixmap,
    /// From the small ground to the picture.
    pub(super) place: Transform,
}

/// How many small pixels a blur reaches at least: with fewer it looks like stairs.
const REACH: f32 = 4.0;

/// How much smaller the small ground is at most.
const SMALLEST: f32 = 12.0;

/// How often each line is averaged: three times a box is close to a bell.
const PASSES: usize = 3;

/// This shape as seen through `view`, blurred by so many pixels of the picture; `None` when nothing of it is on the ground.
pub(super) fn soft(shape: &Shape, view: Transform, blur: f32, colour: Colour, ground: Rect) -> Option<Soft> {
    let path = shape.path()?.clone().transform(view)?;
    let blur = blur * view.get_scale().0;
    let area = path.bounds().outset(blur * 2.0, blur * 2.0)?.intersect(&ground)?;
    let scale = (blur / REACH).clamp(1.0, SMALLEST);
    let (width, height) = (pixels(area.width() / scale)?, pixels(area.height() / scale)?);
    let cover = blurred(&path, (width, height), (area.left(), area.top(), scale), blur)?;

    let (shades, mut pixels) = (colour.covering(), Pixmap::new(width, height)?);
    for (pixel, cover) in pixels.pixels_mut().iter_mut().zip(cover.data()) {
        *pixel = shades[usize::from(*cover)];
    }
    let place = Transform::from_scale(scale, scale).post_translate(area.left(), area.top());
    Some(Soft { pixels, place })
}

/// How many whole pixels such a length takes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths on a picture are small")]
fn pixels(length: f32) -> Option<u32> {
    (length > 0.0).then_some(length.ceil() as u32)
}

fn blurred(path: &Path, (width, height): (u32, u32), (left, top, scale): (f32, f32, f32), blur: f32) -> Option<Mask> {
    let mut cover = Mask::new(width, height)?;
    let view = Transform::from_translate(-left, -top).post_scale(1.0 / scale, 1.0 / scale);
    cover.fill_path(path, FillRule::Winding, true, view);
    let reach = usize::try_from(pixels(blur / scale / 2.0)?).ok()?;
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let mut line = vec![];
    for _ in 0..PASSES {
        for row in 0..height {
            average(cover.data_mut(), row * width, 1, width, reach, &mut line);
        }
        for column in 0..width {
            average(cover.data_mut(), column, width, height, reach, &mut line);
        }
    }
    Some(cover)
}

/// Makes each of `count` values the average of those up to `reach` away, where the first and last value go on for ever.
fn average(values: &mut [u8], first: usize, step: usize, count: usize, reach: usize, line: &mut Vec<u32>) {
    line.clear();
    line.extend(values[first..].iter().step_by(step).take(count).map(|value| u32::from(*value)));
    let at = |index: usize| line[index.saturating_sub(reach).min(count - 1)];
    let span = 2 * reach + 1;
    let mut sum: u32 = (0..span).map(at).sum();
    let whole = u32::try_from(span).unwrap_or(u32::MAX);
    for index in 0..count {
        values[first + index * step] = u8::try_from((sum + whole / 2) / whole).unwrap_or(u8::MAX);
        sum = sum + at(index + span) - at(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_the_light_and_spreads_it_evenly() {
        let mut values = [0, 0, 0, 0, 250, 0, 0, 0, 0];
        average(&mut values, 0, 1, 9, 2, &mut vec![]);
        assert_eq!(values, [0, 0, 50, 50, 50, 50, 50, 0, 0]);
    }

    #[test]
    fn a_blur_of_one_value_stays_as_it_is_up_to_the_edges() {
        let mut values = [200; 12];
        average(&mut values, 1, 3, 4, 5, &mut vec![]);
        assert_eq!(values, [200; 12]);
    }
}

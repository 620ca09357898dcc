//! Pictures drawn by code: still lifes of the things that the demo sells. A thing is a few shaded shapes in soft light from the
//! upper left. Knows nothing of products, files or the application.

mod backdrop;
mod canvas;
mod colour;
mod ink;
mod shape;
mod soft;
pub(super) mod things;
mod turned;

use backdrop::{Backdrop, finish};
use canvas::Canvas;
use colour::Colour;
use ink::Ink;
use shape::Shape;
use turned::Turned;

/// Width and height of every picture in pixels, which are also the units that shapes are told in.
const SIZE: (u32, u32) = (1600, 1200);

/// What draws a picture.
pub(super) type Scene = fn(&mut Canvas);

/// Draws a scene; answers it as a PNG file. The same scene gives the same bytes.
pub(super) fn draw(scene: Scene) -> Result<Vec<u8>, png::EncodingError> {
    let mut canvas = Canvas::new();
    scene(&mut canvas);
    finish(&mut canvas);
    canvas.into_png()
}

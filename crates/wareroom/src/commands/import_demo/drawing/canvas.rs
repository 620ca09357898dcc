//! The ground that a picture is drawn on.

use super::shape::Place;
use super::soft::soft;
use super::{Colour, Ink, SIZE, Shape};
use tiny_skia::{FillRule, FilterQuality, Mask, Paint, Pattern, Pixmap, PixmapPaint, Rect, SpreadMode, Transform};

/// A picture while it is drawn.
pub(crate) struct Canvas {
    pixels: Pixmap,
    view: Transform,
    within: Option<Mask>,
}

impl Canvas {
    #[expect(clippy::expect_used, reason = "the size is a constant, which is not 0")]
    pub(super) fn new() -> Self {
        let pixels = Pixmap::new(SIZE.0, SIZE.1).expect("a picture has pixels");
        Self { pixels, view: Transform::identity(), within: None }
    }

    /// Fills a shape.
    pub(super) fn fill(&mut self, shape: &Shape, ink: impl Into<Ink>) {
        let (Some(path), Some(shader)) = (shape.path(), ink.into().shader()) else { return };
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        self.pixels.fill_path(path, &paint, FillRule::Winding, self.view, self.within.as_ref());
    }

    /// Fills a shape whose edges are lost over about `blur` pixels to each side.
    pub(super) fn soft(&mut self, shape: &Shape, colour: Colour, blur: f32) {
        let Some(ground) = ground() else { return };
        let Some(soft) = soft(shape, self.view, blur, colour, ground) else { return };
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        self.pixels.draw_pixmap(0, 0, soft.pixels.as_ref(), &paint, soft.place, self.within.as_ref());
    }

    /// Draws with nothing beyond this shape.
    pub(super) fn within(&mut self, shape: &Shape, draw: impl FnOnce(&mut Self)) {
        let (Some(path), Some(mut mask)) = (shape.path(), Mask::new(SIZE.0, SIZE.1)) else { return };
        if let Some(outer) = &self.within {
            mask = outer.clone();
            mask.intersect_path(path, FillRule::Winding, true, self.view);
        } else {
            mask.fill_path(path, FillRule::Winding, true, self.view);
        }
        let outer = self.within.replace(mask);
        draw(self);
        self.within = outer;
    }

    /// Draws closer: this place becomes the middle of the picture, and everything so many times larger.
    pub(super) fn closer(&mut self, (x, y): Place, times: f32, draw: impl FnOnce(&mut Self)) {
        let (across, down) = centre();
        let view = Transform::from_translate(-x, -y).post_scale(times, times).post_translate(across, down);
        self.through(view, draw);
    }

    /// Draws turned clockwise around a place.
    pub(super) fn rotated(&mut self, degrees: f32, (x, y): Place, draw: impl FnOnce(&mut Self)) {
        self.through(Transform::from_rotate_at(degrees, x, y), draw);
    }

    fn through(&mut self, view: Transform, draw: impl FnOnce(&mut Self)) {
        let before = self.view;
        self.view = before.pre_concat(view);
        draw(self);
        self.view = before;
    }

    /// Covers everything with a repeated pattern.
    pub(super) fn cover(&mut self, pattern: &Pixmap) {
        let Some(ground) = ground() else { return };
        let still = Transform::identity();
        let shader = Pattern::new(pattern.as_ref(), SpreadMode::Repeat, FilterQuality::Nearest, 1.0, still);
        self.pixels.fill_rect(ground, &Paint { shader, ..Paint::default() }, still, None);
    }

    /// The picture as a PNG file. It covers everything, so no transparency is written.
    pub(super) fn into_png(self) -> Result<Vec<u8>, png::EncodingError> {
        let mut colours = self.pixels.take();
        let count = colours.len() / 4;
        for pixel in 0..count {
            colours.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
        }
        colours.truncate(count * 3);
        let mut file = vec![];
        let mut encoder = png::Encoder::new(&mut file, SIZE.0, SIZE.1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header()?.write_image_data(&colours)?;
        Ok(file)
    }
}

/// The whole picture.
pub(super) fn ground() -> Option<Rect> {
    let (x, y) = centre();
    Rect::from_xywh(0.0, 0.0, x * 2.0, y * 2.0)
}

#[expect(clippy::cast_precision_loss, reason = "the size is a constant of a few thousand")]
fn centre() -> Place {
    (SIZE.0 as f32 / 2.0, SIZE.1 as f32 / 2.0)
}

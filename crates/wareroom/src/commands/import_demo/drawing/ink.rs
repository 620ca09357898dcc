//! What shapes are filled with.

use super::Colour;
use tiny_skia::{GradientStop, LinearGradient, Point, RadialGradient, Shader, SpreadMode, Transform};

/// One colour, or several that run into each other. A stop is a place from 0 to 1 with its colour.
pub(super) enum Ink {
    Flat(Colour),
    Line { from: (f32, f32), to: (f32, f32), stops: Vec<(f32, Colour)> },
    Round { centre: (f32, f32), radius: f32, stops: Vec<(f32, Colour)> },
}

impl Ink {
    /// From left to right.
    pub(super) fn across(from: f32, to: f32, stops: &[(f32, Colour)]) -> Self {
        Self::line((from, 0.0), (to, 0.0), stops)
    }

    /// From top to bottom.
    pub(super) fn down(from: f32, to: f32, stops: &[(f32, Colour)]) -> Self {
        Self::line((0.0, from), (0.0, to), stops)
    }

    pub(super) fn line(from: (f32, f32), to: (f32, f32), stops: &[(f32, Colour)]) -> Self {
        Self::Line { from, to, stops: stops.to_vec() }
    }

    /// From a centre outwards.
    pub(super) fn round(centre: (f32, f32), radius: f32, stops: &[(f32, Colour)]) -> Self {
        Self::Round { centre, radius, stops: stops.to_vec() }
    }

    /// A ball or a disc of this colour, lit from the upper left.
    pub(super) fn ball(centre: (f32, f32), radius: f32, colour: Colour) -> Self {
        let lit = (radius.mul_add(-0.35, centre.0), radius.mul_add(-0.4, centre.1));
        let stops = [
            (0.0, colour.lit(0.45)),
            (0.35, colour.lit(0.08)),
            (0.7, colour.shaded(0.14)),
            (0.92, colour.shaded(0.38)),
            (1.0, colour.shaded(0.3)),
        ];
        Self::round(lit, radius * 1.5, &stops)
    }

    /// The same for the library; `None` for a gradient of no extent.
    pub(super) fn shader(&self) -> Option<Shader<'static>> {
        let point = |(x, y): (f32, f32)| Point::from_xy(x, y);
        let gradient = |stops: &[(f32, Colour)]| {
            stops.iter().map(|(place, colour)| GradientStop::new(*place, (*colour).into())).collect()
        };
        let (pad, still) = (SpreadMode::Pad, Transform::identity());
        match self {
            Self::Flat(colour) => Some(Shader::SolidColor((*colour).into())),
            Self::Line { from, to, stops } => {
                LinearGradient::new(point(*from), point(*to), gradient(stops), pad, still)
            }
            Self::Round { centre, radius, stops } => {
                RadialGradient::new(point(*centre), 0.0, point(*centre), *radius, gradient(stops), pad, still)
            }
        }
    }
}

impl From<Colour> for Ink {
    fn from(colour: Colour) -> Self {
        Self::Flat(colour)
    }
}

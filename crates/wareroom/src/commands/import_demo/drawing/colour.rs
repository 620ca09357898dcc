//! Colours, and how light and shade change them.

/// A colour with how much it covers, each part from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour {
    red: f32,
    green: f32,
    blue: f32,
    alpha: f32,
}

/// What lit parts turn to: sunlight is not white.
const LIGHT: Colour = Colour::of(255, 250, 238);

/// What shaded parts turn to: shadows are not black.
const SHADE: Colour = Colour::of(38, 28, 40);

impl Colour {
    pub(super) const WHITE: Self = Self::of(255, 255, 255);

    /// A colour that covers, by its parts from 0 to 255.
    pub(super) const fn of(red: u8, green: u8, blue: u8) -> Self {
        Self { red: red as f32 / 255.0, green: green as f32 / 255.0, blue: blue as f32 / 255.0, alpha: 1.0 }
    }

    /// The same colour, covering that much.
    pub(super) const fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// This colour with a share of another.
    pub(super) fn mixed(self, other: Self, share: f32) -> Self {
        let part = |own: f32, other: f32| (other - own).mul_add(share, own);
        Self {
            red: part(self.red, other.red),
            green: part(self.green, other.green),
            blue: part(self.blue, other.blue),
            alpha: part(self.alpha, other.alpha),
        }
    }

    pub(super) fn lit(self, share: f32) -> Self {
        self.mixed(LIGHT.alpha(self.alpha), share)
    }

    pub(super) fn shaded(self, share: f32) -> Self {
        self.mixed(SHADE.alpha(self.alpha), share)
    }

    /// What covers a part of a pixel of this colour, for each eighth bit of that part.
    pub(super) fn covering(self) -> Vec<tiny_skia::PremultipliedColorU8> {
        let colour = tiny_skia::Color::from(self);
        let covering = |cover: u8| {
            let mut part = colour;
            part.apply_opacity(f32::from(cover) / 255.0);
            part.premultiply().to_color_u8()
        };
        (0..=u8::MAX).map(covering).collect()
    }
}

impl From<Colour> for tiny_skia::Color {
    fn from(colour: Colour) -> Self {
        let Colour { red, green, blue, alpha } = colour;
        let [red, green, blue, alpha] = [red, green, blue, alpha].map(|part| part.clamp(0.0, 1.0));
        Self::from_rgba(red, green, blue, alpha).unwrap_or(Self::TRANSPARENT)
    }
}

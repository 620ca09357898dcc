//! Files of every format that a codec meets, sound ones and bad ones, made on the spot: no picture of a stranger's lies in this
//! repository.
//!
//! Whatever no encoder writes (metadata, headers that lie, animations, checksums that hold over damage) is put together by
//! hand. Knows nothing of the codec that will read it.

mod damage;
mod declaring;
mod foreign;
mod gif;
mod jpeg;
mod metadata;
mod pixels;
mod png;
mod profiles;
mod sound;
mod webp;

pub use damage::{Damage, png_resealed};
pub use declaring::{gif_declaring, jpeg_declaring, png_declaring, webp_declaring};
pub use foreign::{FOREIGN, HTML};
pub use gif::gif_animated;
pub use jpeg::{Inks, StoredInks, jpeg_in, jpeg_in_inks, jpeg_of_inks, jpeg_progressive};
pub use metadata::{Metadata, gif_with, jpeg_with, png_with, webp_with};
pub use pixels::{decoded, distance, file, half_transparent, picture, turned};
pub use png::{PngLayout, png_chunk, png_in, png_interlaced, png_of, png_unpacking, png_with_palette};
pub use profiles::{cyan_is_red, display_p3, green_is_red, linear_grey};
pub use sound::sound;
pub use webp::{webp_animated, webp_in, webp_lossy};

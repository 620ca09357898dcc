//! Pictures that are made here: PNG files of one shade, as they travel within JSON.

use base64::{Engine, prelude::BASE64_STANDARD};

/// So many pixels in one shade of grey, in base64.
pub fn picture(width: u32, height: u32, shade: u8) -> Result<String, png::EncodingError> {
    let pixels: Vec<u8> = std::iter::repeat_n(shade, width as usize * height as usize).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(BASE64_STANDARD.encode(file))
}

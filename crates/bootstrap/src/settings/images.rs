//! What an image may be, and what making renditions of it may take.

use super::{COUNT, DURATION, SIZE, Theme, row};

pub(super) const THEME: Theme = Theme {
    title: "Images",
    about: "What an image may be, and what making renditions of it may take.",
    settings: &[
        row("image_max_bytes", "20MB", SIZE, "the largest image file").when(
            "photographs come larger; upload_memory must be at least twice it, and the sizes of requests must fit it",
        ),
        row("image_max_pixels", "50000000", COUNT, "the most pixels of an image, width times height"),
        row("image_max_per_product", "20", "a number from 1 to 10000", "the most images of a product"),
        row("codec_timeout", "60s", DURATION, "how long decoding and encoding one image may take"),
        row(
            "codec_memory",
            "256MiB",
            SIZE,
            "how much all images being decoded may take together; one that needs more goes alone",
        )
        .when("memory is short, or large photographs are to be processed side by side"),
    ],
};

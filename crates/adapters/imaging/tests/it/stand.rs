//! The codec under test, and what it is asked for.

use std::time::Duration;
use wareroom_domain::{Format, RenditionSpec};
use wareroom_imaging::{Imaging, ImagingConfig};
use wareroom_ports::CodecLimits;

pub(crate) const LIMITS: CodecLimits = CodecLimits { pixels: 50_000_000, time: Duration::from_mins(1) };

pub(crate) fn codec() -> Imaging {
    Imaging::new(ImagingConfig { threads: 2, memory: 64 << 20 })
}

pub(crate) fn spec(max_side: u32, format: Format) -> RenditionSpec {
    RenditionSpec { name: "sample".to_owned(), max_side, format, quality: 90 }
}

//! Inspects and renders images.

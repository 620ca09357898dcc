//! What the codec is told at start.

/// How the codec may use the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImagingConfig {
    /// How many sources are rendered at a time, each on a thread of its own; 0 is taken as 1. A source takes up to
    /// twelve bytes a pixel while it is rendered.
    pub threads: usize,
}

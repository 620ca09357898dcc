//! What the codec is told at start.

/// How the codec may use the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImagingConfig {
    /// How many sources are rendered at a time, each on a thread of its own; 0 is taken as 1.
    pub threads: usize,
    /// How many bytes all sources that are being rendered may take together, as estimated from their headers. Others
    /// wait; one that would take more than all is rendered alone.
    pub memory: u64,
}

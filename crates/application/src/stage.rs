//! The stages that an image passes, as debug events of one target: for whoever traces a job, and for the crash test, which
//! stops the process at a named one.

/// The target of the stages' log events.
pub const STAGE: &str = "wareroom::stage";

/// An image passes a stage.
macro_rules! stage {
    ($name:literal) => {
        tracing::debug!(target: $crate::STAGE, stage = $name)
    };
}
pub(crate) use stage;

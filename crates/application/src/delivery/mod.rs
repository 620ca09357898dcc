//! What follows a commit: jobs reach the queue, events get their order, caches hear of them. Each file is one step, which a
//! worker repeats.

pub(crate) mod announce_events;
pub(crate) mod relay_outbox;
pub(crate) mod sequence_events;

//! The job loop.

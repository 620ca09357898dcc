//! End-to-end, architecture and fault tests.

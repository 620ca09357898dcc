//! Behaviour wrapped around ports.

//! One conformance suite per port.

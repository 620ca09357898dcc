//! Wareroom.
fn main() {}

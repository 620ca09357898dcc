//! Programs that embed Wareroom: run one with `cargo run -p wareroom-examples --example embed`.

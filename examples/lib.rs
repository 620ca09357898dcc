//! Programs that embed Wareroom: run one with `cargo run -p wareroom-examples --example embed`. This file is here and empty
//! because cargo asks every package for a library or a program.

//! What the generator wrote.

include!(concat!(env!("OUT_DIR"), "/client.rs"));

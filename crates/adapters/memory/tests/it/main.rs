//! Memory, held to account as every store is.

mod contract;

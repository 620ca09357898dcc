//! The machine's clock and ids, held to account.

mod contract;

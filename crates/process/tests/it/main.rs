//! The operator's listener over real sockets, and every figure of a process at work.

mod figures;
mod listener;
mod walk;

//! End-to-end, architecture and fault tests. They are in `tests/system/`; this file is here and empty because cargo asks every
//! package for a library or a program.

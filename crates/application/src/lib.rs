//! The use cases of Wareroom, one file each.

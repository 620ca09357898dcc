//! Blobs in local files or in memory.

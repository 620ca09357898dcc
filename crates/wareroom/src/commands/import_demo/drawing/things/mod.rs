//! The things, one file each, with the pictures that are taken of them.

pub(crate) mod bowl;
pub(crate) mod clock;
pub(crate) mod kettle;
pub(crate) mod lamp;
pub(crate) mod mug;
pub(crate) mod notebook;
pub(crate) mod planter;
pub(crate) mod stool;

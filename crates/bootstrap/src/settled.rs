//! What every setting comes to, and why.

use crate::Origin;
use crate::settings::Setting;

/// What a setting comes to.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which.
    pub setting: &'static Setting,
    /// Its value as anybody may see it, what is secret in it hidden; empty when there is none.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

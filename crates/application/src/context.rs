//! Who asks, and where the request came from.

use wareroom_domain::{Trace, UserId};

/// Who asks. Accounts join this enum later; until then every caller is the local operator, who may do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever runs this Wareroom.
    Operator,
}

impl Caller {
    /// Whether the caller may act for this user.
    pub(crate) const fn may_act_for(self, _user: UserId) -> bool {
        match self {
            Self::Operator => true,
        }
    }
}

/// What an edge knows of a request besides its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who asks.
    pub caller: Caller,
    /// Carried into every job and event that the request causes.
    pub trace: Trace,
}

impl Context {
    /// The local operator, without a request: for commands, embedders and tests.
    pub fn operator() -> Self {
        Self { caller: Caller::Operator, trace: Trace::default() }
    }
}

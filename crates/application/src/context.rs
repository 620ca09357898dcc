//! Who asks, and where the request came from.

use crate::Error;
use wareroom_domain::{Product, Revision, Trace, UserId};
use wareroom_ports::IdempotencyKey;

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
    /// What names the request, when it may come again: then it takes effect once.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// What a caller says that a product must be, for a write to take effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever it is.
    #[default]
    None,
    /// There at all.
    Exists,
    /// At one of these revisions.
    Revisions(Vec<Revision>),
}

impl Precondition {
    /// An error unless the product is what it must be.
    pub(crate) fn check(&self, product: &Product) -> Result<(), Error> {
        match self {
            Self::None | Self::Exists => Ok(()),
            Self::Revisions(revisions) if revisions.contains(&product.revision) => Ok(()),
            Self::Revisions(_) => Err(Error::precondition_failed(product)),
        }
    }
}

impl Context {
    /// The local operator, without a request: for commands, embedders and tests.
    pub fn operator() -> Self {
        Self { caller: Caller::Operator, trace: Trace::default(), idempotency_key: None }
    }
}

//! What can go wrong, from the driver's terms into those of the port.

use amqprs::error::Error;
use wareroom_ports::{BoxError, QueueError};

/// Why a RabbitMQ is not used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL or the prefix is none that can be used.
    #[error("the URL of RabbitMQ cannot be used: {0}")]
    Url(String),
    /// The roots by which the broker's certificate is to be judged cannot be read.
    #[error("the root certificates for RabbitMQ cannot be used: {0}")]
    Roots(String),
    /// Nobody answers, or not in time. It may be there later.
    #[error("RabbitMQ cannot be reached")]
    Unreachable(#[source] BoxError),
    /// Somebody answers, and does not let us in, or not do what is needed. Waiting changes nothing.
    #[error("RabbitMQ refuses; look at user, password, vhost and the rights to configure, write and read: {0}")]
    Refused(String),
    /// Something of the same name is there, and is not what would be declared.
    #[error("RabbitMQ has something else by a name that is needed; take another prefix, or delete it: {0}")]
    Contradiction(String),
}

/// What became of something that was asked of a broker.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// It was refused, and the channel closed for it.
    #[error("{code} {text}")]
    Refused {
        /// The reply code, such as 404.
        code: u16,
        /// What the broker says to it.
        text: String,
    },
    /// There was no answer and will be none.
    #[error("the connection is gone: {0}")]
    Gone(String),
    /// There was no answer in time.
    #[error("there was no answer in time")]
    Late,
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            // ACCESS_REFUSED, NOT_ALLOWED
            Trouble::Refused { code: 403 | 530, text } => Self::Refused(text),
            // RESOURCE_LOCKED, PRECONDITION_FAILED, INVALID, NOT_IMPLEMENTED
            Trouble::Refused { code: 405 | 406 | 503 | 540, text } => Self::Contradiction(text),
            trouble => Self::Unreachable(Box::new(trouble)),
        }
    }
}

impl From<Trouble> for QueueError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { .. } => Self::Backend(Box::new(trouble)),
            Trouble::Gone(_) | Trouble::Late => Self::Unavailable(Box::new(trouble)),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Gone(error.to_string())
    }
}

/// Why nobody is asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Absent {
    #[error("there is no connection; it is tried again meanwhile")]
    Lost,
    #[error("the broker takes nothing at the moment; it may be short of disk or memory")]
    Stalled,
    #[error("the broker did not confirm the message")]
    Unconfirmed,
}

impl From<Absent> for QueueError {
    fn from(absent: Absent) -> Self {
        Self::Unavailable(Box::new(absent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_unreachable() {
        let refused = |code| OpenError::from(Trouble::Refused { code, text: "NO".to_owned() });
        assert!(matches!(refused(403), OpenError::Refused(_)));
        assert!(matches!(refused(530), OpenError::Refused(_)));
        assert!(matches!(refused(406), OpenError::Contradiction(_)));
        assert!(matches!(refused(541), OpenError::Unreachable(_)), "an internal error of the broker");
        assert!(matches!(OpenError::from(Trouble::Late), OpenError::Unreachable(_)));
    }
}

//! Which dead letters are meant, as the parameters of a request say it.

use crate::cursor::{Binding, Cursor};
use crate::problem::Problem;
use crate::query::{HostName, Limit, Parameter, ordered};
use jiff::Timestamp;
use wareroom_application::ListDeadLetters;
use wareroom_domain::{DeadLetterId, ProductId, Reason, UserId};
use wareroom_ports::DeadLetterFilter;

/// The parameters of the filter as they came.
pub(super) struct LetterQuery {
    pub(super) product: Parameter<ProductId>,
    pub(super) owner: Parameter<UserId>,
    pub(super) host: Parameter<HostName>,
    pub(super) reason: Parameter<Reason>,
    pub(super) from: Parameter<Timestamp>,
    pub(super) to: Parameter<Timestamp>,
}

impl LetterQuery {
    pub(super) fn filter(self) -> Result<DeadLetterFilter, Problem> {
        ordered(("from", self.from.0), ("to", self.to.0))?;
        Ok(DeadLetterFilter {
            product: self.product.0,
            owner: self.owner.0,
            host: self.host.0.map(|host| host.0),
            reason: self.reason.0,
            from: self.from.0,
            to: self.to.0,
        })
    }

    /// The command that the parameters ask for, and what the next cursor is bound to.
    pub(super) fn command(
        self,
        limit: &Parameter<Limit>,
        cursor: Parameter<Cursor>,
    ) -> Result<(ListDeadLetters, Binding), Problem> {
        let filter = self.filter()?;
        let binding = Binding::to("dead_letters")
            .with(filter.product)
            .with(filter.owner)
            .with(filter.host.as_ref())
            .with(filter.reason.map(Reason::code))
            .with(filter.from)
            .with(filter.to);
        let after = cursor.0.map(|given| binding.read(&given, place)).transpose()?;
        Ok((ListDeadLetters { filter, after, limit: Limit::of(limit) }, binding))
    }
}

/// A place in the list, as the bytes of a cursor.
pub(super) fn bytes((at, id): (Timestamp, DeadLetterId)) -> Vec<u8> {
    [at.as_nanosecond().to_be_bytes().as_slice(), id.to_string().as_bytes()].concat()
}

fn place(bytes: &[u8]) -> Option<(Timestamp, DeadLetterId)> {
    let (at, id) = bytes.split_first_chunk()?;
    let at = Timestamp::from_nanosecond(i128::from_be_bytes(*at)).ok()?;
    Some((at, str::from_utf8(id).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_bytes() {
        let id = "01920000-0000-7000-8000-000000000001".parse().unwrap();
        let expected = (Timestamp::from_nanosecond(1_790_000_000_123_456_789).unwrap(), id);
        assert_eq!(place(&bytes(expected)), Some(expected));
        for other in [&[][..], &[0; 16], &[0; 31], &[0; 33], &[0xff; 8]] {
            assert_eq!(place(other), None);
        }
        let mut beyond_the_calendar = bytes(expected);
        beyond_the_calendar[0] = 0x7f;
        assert_eq!(place(&beyond_the_calendar), None);
    }
}

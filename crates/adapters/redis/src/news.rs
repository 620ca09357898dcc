//! What processes tell each other, and how one that heard of it finds out that it missed something.
//!
//! A message names its sender and counts: `1 <sender> <number> [<product>:<version> | *]...`, the first figure being the
//! form. A sender counts on also for what it could not tell, so whoever hears the next number but one knows. What cannot be
//! read means everything: a newer release may have said it.

use std::collections::HashMap;
use std::fmt::Write;
use uuid::Uuid;
use wareroom_domain::{ProductId, Version};
use wareroom_ports::Invalidation;

const FORM: &str = "1";
/// How many senders are remembered. Forgetting one costs an `Everything`.
const SENDERS: usize = 4096;

/// Something that a process told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) sender: Uuid,
    /// From 1 on. Nothing else is told by the same number.
    pub(crate) number: u64,
    /// None: a sign of life.
    pub(crate) changes: Vec<Invalidation>,
}

impl News {
    pub(crate) fn encode(&self) -> String {
        let mut text = format!("{FORM} {} {}", self.sender.simple(), self.number);
        for change in &self.changes {
            let written = match change {
                Invalidation::Product(id, version) => write!(text, " {id}:{}", version.0),
                Invalidation::Everything => write!(text, " *"),
            };
            debug_assert!(written.is_ok(), "writing to a string");
        }
        text
    }

    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (FORM, sender, number) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?) else {
            return None;
        };
        let changes = words.map(change).collect::<Option<_>>()?;
        Some(Self { sender, number, changes })
    }
}

fn change(word: &str) -> Option<Invalidation> {
    if word == "*" {
        return Some(Invalidation::Everything);
    }
    let (id, version) = word.split_once(':')?;
    Some(Invalidation::Product(id.parse::<ProductId>().ok()?, Version(version.parse().ok()?)))
}

/// What one process has heard so far.
pub(crate) struct Heard {
    own: Uuid,
    /// The last of our own numbers that came back.
    echoed: u64,
    others: HashMap<Uuid, u64>,
}

impl Heard {
    pub(crate) fn by(own: Uuid) -> Self {
        Self { own, echoed: 0, others: HashMap::new() }
    }

    /// The last of our own numbers that came back to us: up to there, all that was told is heard.
    pub(crate) fn echoed(&self) -> u64 {
        self.echoed
    }

    /// What there is to forget after a message. What we told ourselves, our listeners know.
    pub(crate) fn hear(&mut self, text: Option<&str>) -> Vec<Invalidation> {
        let Some(News { sender, number, changes }) = text.and_then(News::decode) else {
            return vec![Invalidation::Everything];
        };
        if sender == self.own {
            self.echoed = self.echoed.max(number);
            return vec![];
        }
        if self.others.len() >= SENDERS && !self.others.contains_key(&sender) {
            self.others.clear();
        }
        let last = self.others.entry(sender).or_default();
        let missed = number > last.saturating_add(1);
        *last = number.max(*last);
        if missed { vec![Invalidation::Everything] } else { changes }
    }

    /// Something may have been missed: numbers are no proof any more.
    pub(crate) fn forget_others(&mut self) {
        self.others.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn product(id: i64, version: u64) -> Invalidation {
        Invalidation::Product(ProductId::new(id).unwrap(), Version(version))
    }

    fn hear(heard: &mut Heard, sender: Uuid, number: u64, changes: &[Invalidation]) -> Vec<Invalidation> {
        heard.hear(Some(&News { sender, number, changes: changes.to_vec() }.encode()))
    }

    fn invalidation() -> impl Strategy<Value = Invalidation> {
        prop_oneof![
            Just(Invalidation::Everything),
            (1..=wareroom_domain::ids::MAX_INTEGER_ID, any::<u64>()).prop_map(|(id, version)| product(id, version)),
        ]
    }

    proptest! {
        #[test]
        fn what_was_told_is_heard(sender: u128, number: u64, changes in prop::collection::vec(invalidation(), 0..5)) {
            let news = News { sender: Uuid::from_u128(sender), number, changes };
            prop_assert_eq!(News::decode(&news.encode()), Some(news));
        }

        #[test]
        fn whatever_comes_is_read_without_panic(text: String) {
            Heard::by(OWN).hear(Some(&text));
        }
    }

    #[test]
    fn numbers_that_follow_each_other_miss_nothing_and_a_gap_means_everything() {
        let mut heard = Heard::by(OWN);
        assert_eq!(hear(&mut heard, OTHER, 1, &[product(1, 2)]), [product(1, 2)]);
        assert_eq!(hear(&mut heard, OTHER, 2, &[]), []);
        assert_eq!(hear(&mut heard, OTHER, 4, &[product(1, 3)]), [Invalidation::Everything]);
        assert_eq!(hear(&mut heard, OTHER, 5, &[product(1, 4)]), [product(1, 4)]);
        assert_eq!(hear(&mut heard, OTHER, 5, &[product(1, 4)]), [product(1, 4)], "told twice is told");
    }

    #[test]
    fn a_sender_that_is_heard_for_the_first_time_in_the_middle_may_have_said_something_before() {
        let mut heard = Heard::by(OWN);
        assert_eq!(hear(&mut heard, OTHER, 7, &[]), [Invalidation::Everything]);
        assert_eq!(hear(&mut heard, OTHER, 8, &[]), []);
        heard.forget_others();
        assert_eq!(hear(&mut heard, OTHER, 9, &[]), [Invalidation::Everything]);
    }

    #[test]
    fn what_comes_back_to_its_sender_is_not_told_twice() {
        let mut heard = Heard::by(OWN);
        assert_eq!(hear(&mut heard, OWN, 3, &[product(1, 2), Invalidation::Everything]), []);
        assert_eq!(heard.echoed(), 3);
    }

    #[test]
    fn what_cannot_be_read_means_everything() {
        let sender = OTHER.simple();
        let wrong =
            ["", "1", &format!("2 {sender} 1"), &format!("1 {sender} x"), &format!("1 {sender} 1 0:1"), "1 x 1 1:1"];
        for text in wrong {
            assert_eq!(Heard::by(OWN).hear(Some(text)), [Invalidation::Everything], "{text}");
        }
        assert_eq!(Heard::by(OWN).hear(None), [Invalidation::Everything]);
    }

    #[test]
    fn senders_without_end_do_not_fill_the_memory() {
        let mut heard = Heard::by(OWN);
        for sender in 2..20_000 {
            hear(&mut heard, Uuid::from_u128(sender), 1, &[]);
            assert!(heard.others.len() <= SENDERS);
        }
    }
}

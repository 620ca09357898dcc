//! Collects everything that is wrong with an input, as far as one answer tells it. Knows no format of an input.

use std::fmt::Display;
use wareroom_application::Fault;

/// As many faults as one answer lists.
pub(crate) const MOST_FAULTS: usize = 100;

/// The most characters of a client's own text in a pointer.
const LONGEST_NAME: usize = 128;

/// The faults of an input: all are counted, the first [`MOST_FAULTS`] are kept.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) listed: Vec<Fault>,
    pub(crate) count: usize,
}

impl Faults {
    /// Notes that something is wrong. What is beyond the most that is kept costs next to nothing.
    pub(crate) fn add(&mut self, pointer: impl FnOnce() -> String, detail: impl Display) {
        self.count += 1;
        if self.listed.len() < MOST_FAULTS {
            self.listed.push(Fault { pointer: pointer(), detail: detail.to_string() });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether what is found from here on is counted only.
    pub(crate) fn is_full(&self) -> bool {
        self.listed.len() == MOST_FAULTS
    }
}

/// The JSON pointer to a member.
pub(crate) fn pointer(name: &str) -> String {
    let name: String = name.chars().take(LONGEST_NAME).collect();
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_without_end_are_counted_and_not_kept() {
        let mut faults = Faults::default();
        for index in 0..MOST_FAULTS + 7 {
            assert_eq!(faults.is_full(), index >= MOST_FAULTS);
            faults.add(|| if index < MOST_FAULTS { pointer("a") } else { panic!("it was worked out") }, "is wrong");
        }
        assert_eq!((faults.listed.len(), faults.count), (MOST_FAULTS, MOST_FAULTS + 7));
    }
}

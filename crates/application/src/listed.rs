//! A part of a list, and where it goes on.

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<Item, Place> {
    /// What is in it, in order.
    pub items: Vec<Item>,
    /// Behind what the list goes on; `None` at its end.
    pub next: Option<Place>,
}

impl<Item, Place> Listed<Item, Place> {
    /// The first `limit` of what was found by looking for one more, which tells whether the list goes on.
    pub(crate) fn first(limit: usize, mut found: Vec<Item>, place: impl FnOnce(&Item) -> Place) -> Self {
        let goes_on = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| goes_on).map(place);
        Self { items: found, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_only_when_there_is_more() {
        let first = |limit, found: &[u8]| Listed::first(limit, found.to_vec(), |item| *item);
        assert_eq!(first(2, &[5, 6, 7]), Listed { items: vec![5, 6], next: Some(6) });
        assert_eq!(first(2, &[5, 6]), Listed { items: vec![5, 6], next: None });
        assert_eq!(first(2, &[]), Listed { items: vec![], next: None });
    }
}

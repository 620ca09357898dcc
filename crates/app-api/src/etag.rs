//! Validators: `ETag` and `If-None-Match`.

use wareroom_domain::{Revision, Version};

/// The strong validator of a product's answer: the opaque pair of what clients and what anybody wrote.
pub(crate) fn of(revision: Revision, version: Version) -> String {
    format!("\"{revision}.{version}\"")
}

/// Whether an `If-None-Match` names this validator, so that the client has the answer already. Compares weakly, as
/// RFC 9110 asks for here: a `W/` in front does not matter.
pub(crate) fn none_match(header: Option<&str>, etag: &str) -> bool {
    header.is_some_and(|list| list.trim() == "*" || Tags(list).any(|tag| tag == etag))
}

/// The entity tags of a list, quotes included. Ends at the first thing that is none.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let rest = rest.strip_prefix("W/").unwrap_or(rest);
        let end = rest.strip_prefix('"')?.find('"')? + 2;
        let (tag, rest) = rest.split_at(end);
        self.0 = rest;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_searched_and_weakness_does_not_matter() {
        let etag = of(Revision(2), Version(5));
        assert_eq!(etag, "\"2.5\"");
        for header in ["\"2.5\"", "W/\"2.5\"", "\"1.1\", W/\"2.5\"", "\"a,b\",\"2.5\"", " * ", "\"2.5"] {
            assert_eq!(none_match(Some(header), &etag), header != "\"2.5", "{header}");
        }
        for header in ["", "2.5", "\"2.50\"", "\"1.1\" garbage \"2.5\"", "w/\"2.5\""] {
            assert!(!none_match(Some(header), &etag), "{header}");
        }
        assert!(!none_match(None, &etag));
    }
}

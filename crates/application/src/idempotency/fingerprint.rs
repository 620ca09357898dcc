//! The content of a request as a hash, by which a request that comes again is told from another one.

use sha2::Digest;
use wareroom_domain::Sha256;

/// The content of a request as a hash: every field with its name and length, so that no two contents read the same. Files
/// count by their own hashes. How the content was written on the wire does not matter.
pub(crate) struct Fingerprint(sha2::Sha256);

impl Fingerprint {
    /// Of a command to this use case.
    pub(crate) fn of(use_case: &str) -> Self {
        Self(sha2::Sha256::new()).field("use_case", use_case)
    }

    /// Adds a field.
    pub(crate) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a field that may be absent.
    pub(crate) fn optional(self, name: &str, value: Option<impl AsRef<[u8]>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds a list: how many there are, then each.
    pub(crate) fn list<V: AsRef<[u8]>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V, IntoIter: ExactSizeIterator>,
    ) -> Self {
        let values = values.into_iter();
        let counted = self.field(name, (values.len() as u64).to_be_bytes());
        values.fold(counted, |content, value| content.field(name, value))
    }

    pub(super) fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_contents_have_one_fingerprint() {
        let of = || Fingerprint::of("create");
        let contents = [
            of(),
            Fingerprint::of("delete"),
            of().field("a", "bc"),
            of().field("ab", "c"),
            of().field("a", "b").field("c", ""),
            of().field("c", "").field("a", "b"),
            of().optional("a", Some("")),
            of().list("a", [""; 0]),
            of().list("a", ["b", "c"]),
            of().list("a", ["bc"]),
            of().list("a", ["c", "b"]),
            of().list("a", ["b"]).list("a", ["c"]),
        ];
        let prints: Vec<Sha256> = contents.into_iter().map(Fingerprint::finish).collect();
        for (index, print) in prints.iter().enumerate() {
            assert!(!prints[..index].contains(print), "content {index}");
        }
        assert_eq!(of().optional("a", None::<&str>).finish(), prints[0]);
        assert_eq!(of().optional("a", Some("bc")).finish(), prints[2]);
    }
}

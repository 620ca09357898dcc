//! The variables by which every program reaches its buckets: no settings of ours, so they are handed on as they are.

use std::fmt;

/// Pairs of a name and a value, which may be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BucketVariables(Vec<(String, String)>);

impl BucketVariables {
    /// Keeps a variable if it is one of them.
    pub(crate) fn take(&mut self, name: &str, value: &str) {
        if is_known(name) {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    /// All of them.
    #[cfg(any(feature = "s3", test))]
    pub(crate) fn reveal(&self) -> Vec<(String, String)> {
        self.0.clone()
    }
}

#[cfg(feature = "s3")]
fn is_known(name: &str) -> bool {
    wareroom_object_store::VARIABLES.contains(&name)
}

/// Without the adapter nobody asks for them.
#[cfg(not(feature = "s3"))]
fn is_known(_name: &str) -> bool {
    false
}

impl fmt::Debug for BucketVariables {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(all(test, feature = "s3"))]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_a_bucket_is_kept_and_not_shown() {
        let mut variables = BucketVariables::default();
        for (name, value) in [("AWS_SECRET_ACCESS_KEY", "hunter2"), ("PATH", "/bin")] {
            variables.take(name, value);
        }
        assert_eq!(variables.reveal(), [("AWS_SECRET_ACCESS_KEY".to_owned(), "hunter2".to_owned())]);
        assert_eq!(format!("{variables:?}"), "[\"AWS_SECRET_ACCESS_KEY\"]");
    }
}

//! What can be set for a bucket. Where settings come from is not known here.

use crate::OpenError;
use object_store::path::Path as Location;
use std::{fmt, time::Duration};

/// The variables that a bucket is reached by, called as everywhere: whoever reads the environment takes these of it. The
/// first that is there of each pair counts.
pub const VARIABLES: [&str; 16] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// The smallest part that services take, in bytes, but for the last one.
const SMALLEST_PART: usize = 5 << 20;

/// For as long as the protocol lets a signature be good.
const LONGEST_LINK: Duration = Duration::from_hours(7 * 24);

/// How to use a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Config {
    /// `s3://bucket`, or `s3://bucket/prefix` where several share one.
    pub url: String,
    /// Pairs of a name out of [`VARIABLES`] and its value; others are left alone. Without keys among them, a role is looked
    /// for: of a web identity, of a container, of the machine.
    pub variables: Vec<(String, String)>,
    /// How long a connection may take.
    pub connect_time: Duration,
    /// How long the service may keep silent: from a request, its body included, to its answer, and between two pieces of
    /// that. The whole may take longer. A part has to get through within it, and so does a blob that is sent as one.
    pub answer_time: Duration,
    /// How often a request is tried again, when the service cannot now or the connection was lost.
    pub retries: usize,
    /// How long after the first attempt at a request another one is made. With `answer_time`, the longest that it takes to
    /// give up, and so far less than the deadline of a job.
    pub retry_time: Duration,
    /// How long a health check may take.
    pub check_time: Duration,
    /// Blobs of as many bytes and more are sent in parts.
    pub parts_from: usize,
    /// The size of a part, in bytes: at least 5 MiB.
    pub part_bytes: usize,
    /// How long a link to a rendition works: at most 7 days, and no longer than the credentials that it was signed with.
    pub link_time: Duration,
}

impl S3Config {
    /// The usual settings: 5 s for a connection, 30 s of silence, 3 more attempts within 20 s, 5 s for a health check, parts of
    /// 5 MiB from 8 MiB on, links for 15 minutes.
    pub fn at(url: impl Into<String>, variables: Vec<(String, String)>) -> Self {
        Self {
            url: url.into(),
            variables,
            connect_time: Duration::from_secs(5),
            answer_time: Duration::from_secs(30),
            retries: 3,
            retry_time: Duration::from_secs(20),
            check_time: Duration::from_secs(5),
            parts_from: 8 << 20,
            part_bytes: SMALLEST_PART,
            link_time: Duration::from_mins(15),
        }
    }

    /// The value of a variable, if it is there and says something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Where it is, when a service other than Amazon's is meant.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.variable("AWS_ENDPOINT_URL_S3").or_else(|| self.variable("AWS_ENDPOINT_URL"))
    }

    /// Whether connections may go without TLS.
    pub(crate) fn may_be_plain(&self) -> bool {
        self.variable("AWS_ALLOW_HTTP").is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The bucket, and the prefix of every name in it.
    pub(crate) fn place(&self) -> Result<(String, Location), OpenError> {
        let wrong = |what: &str| OpenError::Setting(format!("{what}; write s3://bucket or s3://bucket/prefix"));
        let place = self.url.strip_prefix("s3://").ok_or_else(|| wrong("its URL does not begin with s3://"))?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(fits) {
            return Err(wrong("its name is not 3 to 63 lower-case letters, digits, hyphens and dots"));
        }
        if prefix.contains(['?', '#', '%']) {
            return Err(wrong("its prefix has a character out of ?, # and %"));
        }
        let prefix = Location::parse(prefix).map_err(|_| wrong("its prefix is no path"))?;
        Ok((bucket.to_owned(), prefix))
    }

    /// Finds what could never work.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if self.endpoint().is_some_and(|endpoint| endpoint.starts_with("http://")) && !self.may_be_plain() {
            let what = "the endpoint is without TLS; set AWS_ALLOW_HTTP=true if that is meant";
            return Err(OpenError::Setting(what.to_owned()));
        }
        if self.part_bytes < SMALLEST_PART {
            return Err(OpenError::Setting("a part is at least 5 MiB".to_owned()));
        }
        if self.link_time < Duration::from_secs(1) || self.link_time > LONGEST_LINK {
            return Err(OpenError::Setting("a link works for 1 second to 7 days".to_owned()));
        }
        Ok(())
    }
}

/// Without the variables, which have secrets among them.
impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Config").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> S3Config {
        S3Config::at(url, vec![])
    }

    #[test]
    fn a_url_names_a_bucket_and_perhaps_a_prefix() {
        for (url, bucket, prefix) in [
            ("s3://photos", "photos", ""),
            ("s3://photos/", "photos", ""),
            ("s3://my.photos-2/shop/a b", "my.photos-2", "shop/a b"),
            ("s3://photos/shop/", "photos", "shop"),
        ] {
            let (found, below) = at(url).place().unwrap();
            assert_eq!((found.as_str(), below.as_ref()), (bucket, prefix), "{url}");
        }
        for url in ["", "s3:photos", "http://photos", "s3://", "s3://ab", "s3://Photos", "s3://a/b", "s3://user@photos"]
            .into_iter()
            .chain(["s3://photos/a/../b", "s3://photos/a?region=x", "s3://photos:9000/a", "s3://photos/a//b"])
        {
            assert!(matches!(at(url).place(), Err(OpenError::Setting(_))), "{url}");
        }
    }

    #[test]
    fn what_could_never_work_is_found_before_anything_is_asked() {
        let endpoint = |extra: &[(&str, &str)]| {
            let variables = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            S3Config::at("s3://photos", variables).check()
        };
        assert!(endpoint(&[("AWS_ENDPOINT_URL", "http://10.0.0.7")]).is_err());
        assert!(endpoint(&[("AWS_ENDPOINT_URL_S3", "http://10.0.0.7"), ("AWS_ALLOW_HTTP", "false")]).is_err());
        assert!(endpoint(&[("AWS_ENDPOINT_URL", "http://10.0.0.7"), ("AWS_ALLOW_HTTP", "true")]).is_ok());
        assert!(endpoint(&[("AWS_ENDPOINT_URL", "https://10.0.0.7")]).is_ok());
        assert!(endpoint(&[]).is_ok());
        assert!(S3Config { part_bytes: 5_000_000, ..at("s3://photos") }.check().is_err());
        for link_time in [Duration::ZERO, LONGEST_LINK + Duration::from_secs(1)] {
            assert!(S3Config { link_time, ..at("s3://photos") }.check().is_err());
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = vec![("AWS_SECRET_ACCESS_KEY".to_owned(), "top secret".to_owned())];
        assert!(!format!("{:?}", S3Config::at("s3://photos", secret)).contains("secret"));
    }
}
